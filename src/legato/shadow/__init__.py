"""A playbook beside the live one, over what the line follows; it sends nothing."""
