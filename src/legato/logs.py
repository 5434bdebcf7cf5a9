"""The log of a long-running process: lines on stderr, for a person or as JSON."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from legato.settings import Settings, SettingsError

LEVELS = ("debug", "info", "warning", "error")
_OURS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_encode = msgspec.json.Encoder(enc_hook=str).encode


_log = logging.getLogger("legato.kafka")
_EVERY_S = 60.0
"""How often librdkafka may say something of one kind in one process."""
_CONNECTIONS = frozenset(("FAIL", "ERROR", "REQTMOUT", "SESSTMOUT", "GETPID", "DECOMMISSION"))
"""What librdkafka says when brokers go and come; that, we tell once ourselves."""


class Seldom:
    """A filter that lets one line of each kind of librdkafka's through a minute."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def __call__(self, record: logging.LogRecord) -> bool:
        """Tell whether a record may pass; one that may says how many before it did not."""
        kind: str | None = getattr(record, "facility", None)
        if kind is None:
            return True
        if record.created < self._next.get(kind, 0.0):
            self._left_out[kind] += 1
            return False
        self._next[kind] = record.created + _EVERY_S
        if before := self._left_out.get(kind, 0):
            record.msg = f"{record.msg} (and {before} like it since the last)"
        self._left_out[kind] = 0
        return True


class ClientLog:
    """Takes what librdkafka says of one client to our log, and nothing once `silent`.

    `on_failure` is called for each line about a connection that broke.
    """

    def __init__(self, client: str, on_failure: Callable[[], None] = lambda: None) -> None:
        self.silent = False
        self._client, self._on_failure = client, on_failure

    def log(self, level: int, pattern: str, *values: object) -> None:
        """Take a line: librdkafka gives its facility, its name for the client and the text."""
        facility = str(values[0]) if values else pattern
        if facility == "FAIL":
            self._on_failure()
        if self.silent:
            return
        if facility in _CONNECTIONS:
            level = min(level, logging.INFO)
        told = {"client": self._client, "facility": facility}
        _log.log(level, "%s", values[-1] if values else pattern, extra=told)


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


def check_level(settings: Settings) -> None:
    """See that the log level is one; raises SettingsError."""
    if settings.log_level not in LEVELS:
        raise SettingsError(
            f"`log_level` is `{settings.log_level}`; write one of {', '.join(LEVELS)}"
        )


def start_logging(settings: Settings, process: str = "") -> None:
    """Send the log to stderr as the settings say; raises SettingsError.

    `process` names this one among several that write to the same place.
    """
    check_level(settings)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_json else _plain(process))
    handler.addFilter(Seldom())
    if process and settings.log_json:
        handler.addFilter(_naming(process))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)


def _plain(process: str) -> logging.Formatter:
    name = f"%(name)s[{process}]" if process else "%(name)s"
    return logging.Formatter(f"%(asctime)s %(levelname)s {name}: %(message)s")


def _naming(process: str) -> Callable[[logging.LogRecord], bool]:
    def name(record: logging.LogRecord) -> bool:
        record.worker = process
        return True

    return name
