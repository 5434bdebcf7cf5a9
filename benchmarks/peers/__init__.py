"""The same small program once for each engine."""
