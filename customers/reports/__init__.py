"""Reports on service: each a list with its filters, its chart and its export, out of the summaries of tickets."""
