"""What brings actions to customers, and reports on them."""
