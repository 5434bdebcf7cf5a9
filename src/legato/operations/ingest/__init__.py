"""Files of history, read, checked and sent to the topic of a source."""
