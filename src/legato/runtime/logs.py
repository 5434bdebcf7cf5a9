"""What the process says while it runs: lines for people, or one JSON object a line."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime

import msgspec


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[2]:
            frames = traceback.format_tb(record.exc_info[2])
            said["traceback"] = "".join(frames)
        return msgspec.json.encode(said).decode()


def set_up(level: str, *, as_json: bool) -> None:
    """Send all logs to stderr; other people's only when they are warnings."""
    handler = logging.StreamHandler()
    plain = "%(asctime)s %(levelname)s %(message)s"
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(plain))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("legato").setLevel(level.upper())
