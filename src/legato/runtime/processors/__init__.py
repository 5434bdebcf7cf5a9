"""What a task works on: events to resolve, customers to follow."""
