"""Reported: nonsense in a playbook, a file of settings or the environment that nobody named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from legato.cli import main
from legato.core.identity.rules import is_blocked
from legato.core.values.time import in_words
from legato.settings import IdentitySettings
from tests.replay.reported.reported import FOLDER, of_kind, run, said

MENDS = [
    ("  remind_by_email:\n    situation: cart_abandoned\n    channel: mobile",
     "  remind_on_mobile:\n    situation: cart_abandoned\n    channel: mobile",
     "`remind_by_email` stands twice"),
    ("99999999999w", "20h", "`99999999999w` is longer than"),
    ("percent: -500", "percent: -50", "`percent: -500`"),
    ("[shop]", "[store]", "nobody knows channel `shop`"),
    ('to: "21:00"', 'to: "08:00"', "quiet_hours: they are empty"),
]  # fmt: skip
"""What is wrong in the playbook of case 40, in which order it is told, and how it is mended."""


def mended() -> Iterator[tuple[str, str]]:
    text = (FOLDER / "40_playbook_nonsense" / "playbook.yaml").read_text()
    for wrong, right, told in MENDS:
        yield text, told
        assert wrong in text
        text = text.replace(wrong, right)
    yield text, ""


@pytest.mark.parametrize(
    ("text", "told"), [*mended()], ids=[*(each[2] for each in MENDS), "good"]
)
def test_40_each_fault_of_a_playbook_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "playbook.yaml"
    path.write_text(text)
    for words in (["check"], ["replay", "events.jsonl"]):
        result = run("40_playbook_nonsense", *words, "--playbook", str(path))
        assert result.exit_code == (2 if told else 0)
        assert told in result.stderr
        assert (str(path) in result.stderr) == bool(told)


def test_40_a_playbook_that_nests_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "playbook.yaml"
    for nested in ("[", "{a: ", "- ", "? "):
        path.write_text("situations: " + nested * 20_000)
        result = run("40_playbook_nonsense", "check", "--playbook", str(path))
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1


SETTINGS = [
    ("dotless", "email_ignore_dots", "`identity.dotless` is called"),
    ("proving", "authenticating_events", "`identity.proving` is called"),
    ("region", "phone_region", "`identity.region` is called `identity.phone_region` now"),
    ("slot", "index", "`worker.slot` is called `worker.index` now"),
    ("email = -5", "email = 5", "`identity.limits` must be at least 0"),
    ("batch_size = 0", "batch_size = 1", "`worker.batch_size` must be at least 1"),
    ("index = -1", "index = 0", "`worker.index` must be at least 0"),
    ("99999999", "9999", "`metrics.port` must be at most 65535"),
    ('"^["', '"^a"', "source `a`: `^[` is no pattern"),
    ("order..id", "order.id", "source `a`: path `order..id` has an empty step"),
    ("event_id", "order_id", "source `a`: `fields` names `event_id`; known are"),
    ("Germany", "DE", "`identity.phone_region` is `Germany`, no ISO code"),
]  # fmt: skip
"""What is wrong in the settings of case 39, in which order it is told, and how it is mended."""


def settings_39() -> Iterator[tuple[str, str]]:
    text = (FOLDER / "39_check_passes_nonsense" / "legato.toml").read_text()
    for wrong, right, told in SETTINGS:
        yield text, told
        assert wrong in text
        text = text.replace(wrong, right)
    yield text, ""


@pytest.mark.parametrize(
    ("text", "told"), [*settings_39()], ids=[*(each[2] for each in SETTINGS), "good"]
)
def test_39_each_fault_of_the_settings_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "legato.toml"
    path.write_text(text)
    result = CliRunner().invoke(main, ["--settings", str(path), "check"])
    assert result.exit_code == (2 if told else 0)
    assert told in result.stderr
    assert (str(path) in result.stderr) == bool(told)
    for advised in (
        "source `a` makes `order.complete`; write `order.completed`",
        "source `a`: path `items[0].channel` takes brackets for a part of a name",
    ):
        assert (advised in result.stderr) == (not told)


def test_39_a_blocked_value_matches_whatever_its_case() -> None:
    for blocked in ("Test@Example.ORG", "EMAIL:test@example.org"):
        rules = IdentitySettings(blocked=(blocked,)).rules
        assert is_blocked(rules, "email", "test@EXAMPLE.org")


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("LEGATO_IDENTITY_BLOCKED", '["x"]', ""),
        ("LEGATO_KAFKA_BOOTSTRAP", "kafka-1:9092", ""),
        ("LEGATO_KAFKA_BOOTSTRAP_SERVERS", "kafka-1:9092",
         "`LEGATO_KAFKA_BOOTSTRAP_SERVERS` is no setting; write `LEGATO_KAFKA_BOOTSTRAP`"),
        ("LEGATO_KAFKA_BOOTSRAP", "kafka-1:9092", "write `LEGATO_KAFKA_BOOTSTRAP`"),
        ("LEGATO_KAFKA_PARTITIONS", "many", "correct it in `LEGATO_KAFKA_PARTITIONS`"),
        ("LEGATO_KAFKA_PROPERTIES", "x=1", "`LEGATO_KAFKA_PROPERTIES` is no JSON object"),
    ],
)  # fmt: skip
def test_46_a_variable_that_is_wrong_is_named(variable: str, value: str, told: str) -> None:
    result = run("46_environment", "check", **{variable: value})
    assert result.exit_code == (2 if told else 0)
    assert told in result.stderr
    assert "legato.toml" not in result.stderr


def test_46_a_wrong_map_ends_with_2(tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.write_text('[[sources]]\nname = "a"\ntopics = ["a"]\nfields = {id = "a..b"}')
    for words in (["check"], ["source", "check", "a", "--sample", "-"]):
        result = CliRunner().invoke(main, ["--settings", str(path), *words])
        assert result.exit_code == 2
        assert f"correct it in `{path}`" in result.stderr


ADVISED = [
    ('fields = {channel = "items[0].channel"}', "items[0].channel"),
    ('fields = {time = "$.event.time"}', "$.event.time"),
    ('identifiers = {email = ["mail", "to[0].email"]}', "to[0].email"),
    ('data = {sku = "lines[].sku"}', "lines[].sku"),
    ('data = {"items[].sku" = "rows[].parts[].sku"}', "rows.parts[].sku"),
    ('when = [{path = "lines[0].op", in = ["c"]}]', "lines[0].op"),
    ('each = "pages[0].events[]"', "pages[0].events"),
    ('per_type."order.completed" = {total = "totals[0]"}', "totals[0]"),
    ('each = "a[].b[]"\ndata = {"items[].sku" = "rows[].sku"}', ""),
]
"""Lines of a source, and the path in it that says something else elsewhere."""


@pytest.mark.parametrize(("line", "path"), ADVISED)
def test_39_a_path_of_another_language_is_told(tmp_path: Path, line: str, path: str) -> None:
    settings = tmp_path / "legato.toml"
    settings.write_text(f'[[sources]]\nname = "a"\ntopics = ["a"]\n{line}')
    told = CliRunner().invoke(main, ["--settings", str(settings), "check"])
    assert told.exit_code == 0
    assert (f"advice    source `a`: path `{path}` takes" in told.stderr) == bool(path)
    assert ("takes" in told.stderr) == bool(path)
    sample = tmp_path / "sample.jsonl"
    sample.write_text("{}")
    words = ["--settings", str(settings), "source", "check", "a", "--sample", str(sample)]
    assert (f"path `{path}` takes" in CliRunner().invoke(main, words).stdout) == bool(path)


def test_45_small_forms_of_a_time_are_read_or_refused_with_a_word() -> None:
    told = said("45_small_forms", "--until", "+2h")
    refused = {each["line"]: each["reason"] for each in of_kind(told, "dead_letter")}
    assert refused == {1: "no_identifier", 3: "bad_time"}  # user 0 is nobody, its time is good
    found = [in_words(each["time"]) for each in of_kind(told, "situation")]
    assert found == ["2026-03-02T11:00:00Z", "2026-03-03T01:00:00Z"]


def test_45_a_byte_order_mark_loses_no_event() -> None:
    result = run("45_small_forms", "replay", "bom.jsonl", "--until", "+2h")
    assert "dead_letter" not in result.stdout
    assert '"remind_by_email"' in result.stdout


@pytest.mark.parametrize("until", ["1772445600", "2026-03-01T00:00:00Z"])
def test_46_until_says_why_nothing_would_be_told(until: str) -> None:
    result = run("46_environment", "replay", "events.jsonl", "--until", until)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"--until: `{until}` " in result.stderr
