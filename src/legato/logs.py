"""The log of a long-running process: lines on stderr, for a person or as JSON."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec

from legato.settings import Settings, SettingsError

LEVELS = ("debug", "info", "warning", "error")
_PLAIN = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
_OURS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_encode = msgspec.json.Encoder(enc_hook=str).encode


class JsonLines(logging.Formatter):
    """One JSON object a line; what a call gave as `extra` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _OURS},
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return _encode(told).decode()


def start_logging(settings: Settings) -> None:
    """Send the log to stderr as the settings say; raises SettingsError."""
    if settings.log_level not in LEVELS:
        raise SettingsError(
            f"`log_level` is `{settings.log_level}`; write one of {', '.join(LEVELS)}"
        )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_json else _PLAIN)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
