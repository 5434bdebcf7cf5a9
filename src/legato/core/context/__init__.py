"""Everything known of one customer: its value, and how events fold into it."""
