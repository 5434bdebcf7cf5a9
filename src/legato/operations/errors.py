"""Why an operation did not come to its end, in a sentence for a person."""

from __future__ import annotations

from legato.queries.errors import RequestError


class OperationFailed(RequestError):
    """An operation cannot begin or go on; the message says why and what to do."""


class NotSent(OperationFailed):
    """A record did not arrive; the message says why and what to do."""
