"""A day of simulated customers, the same for the same seed."""
