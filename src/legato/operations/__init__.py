"""What an operator sets going: commands and records to topics, and what came of them."""
