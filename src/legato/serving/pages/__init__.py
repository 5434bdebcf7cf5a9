"""Pages for the people who meet the customer: see docs/desk.md."""
