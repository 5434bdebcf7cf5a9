"""The contexts of all customers as JSON in Redis."""
