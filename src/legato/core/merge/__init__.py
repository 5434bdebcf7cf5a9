"""Two contexts of one customer become one, as if they had never been two."""
