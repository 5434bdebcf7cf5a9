"""Pure translators, one file a channel: an action to a request, an answer to a result."""
