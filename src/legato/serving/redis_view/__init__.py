"""The contexts of all customers as JSON in Redis, with what was decided and is to be done."""
