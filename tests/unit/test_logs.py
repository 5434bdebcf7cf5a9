"""The log is for a person, or one JSON object a line."""

import logging

import msgspec
import pytest

from legato.logs import JsonLines, start_logging
from legato.settings import Settings, SettingsError


def record(**extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "legato.runtime", "msg": "took %d", "args": (3,), "levelname": "INFO"}
    )
    vars(made).update(created=1_772_438_400.25, **extra)
    return made


def test_a_line_of_json_holds_the_message_and_what_stands_beside_it() -> None:
    assert msgspec.json.decode(JsonLines().format(record(partition=2))) == {
        "time": "2026-03-02T08:00:00.250+00:00",
        "level": "info",
        "logger": "legato.runtime",
        "message": "took 3",
        "partition": 2,
    }


def test_an_error_brings_its_trace() -> None:
    with pytest.raises(ValueError, match="invalid literal") as failed:
        int("no")
    trace = (failed.type, failed.value, failed.tb)
    line = JsonLines().format(record(exc_info=trace))
    assert "ValueError: invalid literal" in msgspec.json.decode(line)["error"]
    assert "\n" not in line


def test_an_unknown_level_is_told() -> None:
    with pytest.raises(SettingsError, match="`log_level` is `loud`; write one of debug"):
        start_logging(Settings(log_level="loud"))
