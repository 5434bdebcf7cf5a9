"""Bytes to core values and back; the only room that knows formats."""
