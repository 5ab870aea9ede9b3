"""Pages of customers, tickets, articles, and the public pages of support and help."""
