"""The log is for a person, or one JSON object a line."""

import logging

import msgspec
import pytest

from legato.logs import ClientLog, JsonLines, Seldom, start_logging
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


def said_by_kafka(facility: str, at: float) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": "%s", "args": ("it broke",), "facility": facility})
    made.created = at
    return made


def test_librdkafka_says_one_thing_of_a_kind_a_minute_and_what_was_left_out_is_counted() -> (
    None
):
    seldom = Seldom()
    times = [0.0, 1.0, 59.0, 61.0, 62.0, 200.0]
    records = [said_by_kafka("FAIL", 1_000 + at) for at in times]
    assert [seldom(each) for each in records] == [True, False, False, True, False, True]
    assert [each.getMessage() for each in records if "like it" in each.getMessage()] == [
        "it broke (and 2 like it since the last)",
        "it broke (and 1 like it since the last)",
    ]
    assert seldom(said_by_kafka("ERROR", 1_001))
    assert all(seldom(record()) for _ in range(3))


def test_a_client_of_kafka_is_named_and_a_broken_connection_is_no_error_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken: list[str] = []
    log = ClientLog("feed", lambda: broken.append("once"))
    with caplog.at_level(logging.DEBUG, "legato.kafka"):
        log.log(logging.ERROR, "%s [%s] %s", "FAIL", "rdkafka#consumer-1", "refused")
        log.log(logging.WARNING, "%s [%s] %s", "CONFWARN", "rdkafka#consumer-1", "odd")
        log.silent = True
        log.log(logging.ERROR, "%s [%s] %s", "FAIL", "rdkafka#consumer-1", "refused")
    told = [
        (each.levelname, each.getMessage(), vars(each)["client"]) for each in caplog.records
    ]
    assert told == [("INFO", "refused", "feed"), ("WARNING", "odd", "feed")]
    assert broken == ["once", "once"]
