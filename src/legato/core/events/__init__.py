"""Channel events: what one is, its types, and what it may carry."""
