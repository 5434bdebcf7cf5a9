"""Formats that many topics share, and the schemas that they need."""
