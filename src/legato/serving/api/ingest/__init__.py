"""What a request holds, as records for the topic of a source."""
