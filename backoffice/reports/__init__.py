"""What reports of all modules share: periods, and the page with its bar above a list."""
