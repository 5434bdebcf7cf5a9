"""Conditions: what people write in a playbook to be judged, in a part of CEL."""
