"""Reports on sales: each a list with its filters, its chart and its export, out of the summaries."""
