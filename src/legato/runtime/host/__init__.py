"""The process around the machine: its loop, its life, what it tells."""
