"""The one error of this room."""


class ServiceUnavailable(RuntimeError):
    """A local service cannot be had here; the message is one sentence for a person."""
