"""Why files are not ingested, in a sentence for a person."""

from __future__ import annotations

from legato.operations.errors import OperationFailed


class IngestRefused(OperationFailed):
    """What was asked for makes no sense as it is; the message says what to do."""
