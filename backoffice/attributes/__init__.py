"""Values of a kind that staff define: attributes of products, custom fields of customers."""
