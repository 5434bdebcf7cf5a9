"""Legato: channel events in, next best actions out, one live context per customer between."""

__version__ = "0.1.0"
