"""What changes without any customer doing anything: prices, stock, queues."""
