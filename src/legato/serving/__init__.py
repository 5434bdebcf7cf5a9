"""Processes beside the line, which read its topics: views and adapters."""
