"""`legato identity`: who is one customer, why, and how to part them."""
