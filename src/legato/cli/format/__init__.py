"""How things are told on a terminal."""
