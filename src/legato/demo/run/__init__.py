"""A run of the demo: what it starts, plays, kills and counts."""
