"""Verbs that need no Kafka: source check, simulate, replay; the guess and dump of others."""

from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from legato.cli import main
from legato.cli.dlq.show import as_text
from legato.cli.infer_mapping import infer_source
from legato.settings import Settings

GOOD = (
    '{"id":"1","type":"a.b","channel":"web","time":"2026-03-02T08:00:00Z",'
    '"identifiers":{"user_id":"7"}}'
)
TILL = """
[[sources]]
name = "till"
topics = ["pos"]
identifiers = {loyalty_id = "card"}
fields = {id = "receipt", time = "at"}
defaults = {type = "order.completed", channel = "store"}
"""


def run(folder: Path, *words: str, told: str = "") -> Result:
    return CliRunner().invoke(
        main, ["--settings", str(folder / "legato.toml"), *words], input=told
    )


def test_a_sample_that_fits_is_shown_as_events(tmp_path: Path) -> None:
    (tmp_path / "legato.toml").write_text(TILL)
    sample = tmp_path / "receipts.jsonl"
    sample.write_text('{"receipt": 9, "at": "2026-03-02T08:00:00Z", "card": "42"}\n')
    told = run(tmp_path, "source", "check", "till", "--sample", str(sample))
    assert told.exit_code == 0, told.output
    assert "order.completed" in told.output
    assert "loyalty_id:42" in told.output
    assert "1 of 1 records make events" in told.output


def test_a_bad_record_is_told_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "legato.toml").write_text("")
    told = run(tmp_path, "source", "check", "events", "--sample", "-", told=f"{GOOD}\n{{\n")
    assert told.exit_code == 1
    assert "not_json" in told.output
    assert "1 of 2 records make events" in told.output
    assert "correct the source `events`" in told.stderr


def test_an_unknown_source_is_told_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "legato.toml").write_text(TILL)
    told = run(tmp_path, "source", "check", "web", "--sample", "-")
    assert (told.exit_code, told.stderr) == (
        2,
        "legato: no source `web` in the settings; there is `till`\n",
    )


EACH = """
[[sources]]
name = "hooks"
topics = ["hooks"]
each = "events[]"
when = [{path = "kind", not_in = ["ping"]}]
identifiers = {user_id = "$key", email = "mail"}
fields = {id = "n", time = "^.at", brand = "$header.Shop"}
defaults = {type = "a.b", channel = "web"}
"""
HOOKS = (
    '{"at": "2026-03-02T08:00:00Z", "events": [{"n": 1}, {"kind": "ping"}, {"n": ""}]}\n'
    '{"at": "2026-03-02T08:00:00Z",\n "events": []}\n'
)


def test_what_is_left_out_is_told_with_the_reason_and_paths_that_lead_nowhere(
    tmp_path: Path,
) -> None:
    (tmp_path / "legato.toml").write_text(EACH)
    words = (
        "source",
        "check",
        "hooks",
        "--sample",
        "-",
        "--key",
        "ada",
        "--header",
        "shop=x=y",
    )
    told = run(tmp_path, *words, told=HOOKS)
    assert told.exit_code == 1
    assert "1 of 2 records make events\nleft out: 2\n" in told.stdout
    assert "warning: `identifiers.email`: nothing was ever found under `mail`" in told.stdout
    assert "`when` does not hold" in " ".join(told.stdout.split())
    lines = run(tmp_path, *words, "--json", told=HOOKS).stdout.splitlines()
    first, second = map(msgspec.json.decode, lines)
    (event,) = first["events"]
    assert (event["identifiers"], event["brand"]) == ({"user_id": "ada"}, "x=y")
    assert [first["line"], first["left_out"], second["line"], second["left_out"]] == [
        *(1, "when"),
        *(2, "each"),
    ]
    assert first["dead_letters"][0]["message"].startswith("event 3 of 3: ")
    assert (first["warnings"], len(second["warnings"])) == ([], 1)


def test_a_header_that_is_no_pair_is_refused(tmp_path: Path) -> None:
    (tmp_path / "legato.toml").write_text(EACH)
    told = run(tmp_path, "source", "check", "hooks", "--sample", "-", "--header", "x")
    assert (told.exit_code, told.stderr) == (
        2,
        "legato: --header: `x` is not `NAME=VALUE`\n",
    )


def test_a_replay_takes_each_event_of_a_line_and_none_that_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "legato.toml").write_text(EACH.replace("$key", "u"))
    line = HOOKS.splitlines()[0].replace('"n": 1', '"n": 1, "u": "ada"')
    told = run(tmp_path, "replay", "-", "--source", "hooks", told=line)
    (letter,) = map(msgspec.json.decode, told.stdout.splitlines())
    assert (letter["kind"], letter["line"]) == ("dead_letter", 1)


DESK = """
[[sources]]
name = "desk"
topics = ["calls"]
authenticates = "always"
"""
VERIFIED = (
    '{"id":"1","type":"contact.started","channel":"call","time":"2026-03-02T08:00:00Z",'
    '"identifiers":{"phone":"+4930901820","email":"ada@example.org"}}'
)


def test_a_replay_tells_identity_if_asked_and_believes_its_source(tmp_path: Path) -> None:
    (tmp_path / "legato.toml").write_text(DESK)
    asked = ("replay", "-", "--identity")
    told = run(tmp_path, *asked, "--source", "desk", told=VERIFIED)
    assert msgspec.json.decode(told.stdout)["kind"] == "identity.linked"
    assert "ada@example.org" not in told.stdout
    assert run(tmp_path, *asked, told=VERIFIED).stdout == ""
    assert run(tmp_path, "replay", "-", "--source", "desk", told=VERIFIED).stdout == ""


def test_a_simulated_day_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    words = ("simulate", "--customers", "5", "--events", "60", "--seed", "7", "--out")
    days = [tmp_path / name for name in ("first.jsonl", "second.jsonl")]
    for day in days:
        told = CliRunner().invoke(main, [*words, str(day)])
        assert told.exit_code == 0, told.output
    first, second = (day.read_bytes() for day in days)
    assert first == second
    assert len(first.splitlines()) == 60
    assert all(msgspec.json.decode(line)["identifiers"] for line in first.splitlines())


def test_a_guess_names_what_it_found_and_leaves_out_what_is_there_anyway() -> None:
    value = b"""{"messageId": "m", "event": "Product Added", "timestamp": "t", "userId": "u",
        "context": {"traits": {"email": "e"}}, "properties": {"id": "deep"}}"""
    text = infer_source("web.shop-events", value)
    [source] = msgspec.convert(msgspec.toml.decode(text), Settings).sources
    assert source.name == "web_shop_events"
    assert source.topics == ("web.shop-events",)
    assert source.identifiers == {"user_id": "userId", "email": "context.traits.email"}
    assert source.fields["time"] == "timestamp"
    assert source.fields["type"] == "event"
    assert source.defaults == {"channel": "web"}


def test_a_guess_about_an_envelope_maps_nothing() -> None:
    [source] = msgspec.convert(
        msgspec.toml.decode(infer_source("events", GOOD.encode())), Settings
    ).sources
    assert source.fields == {}
    assert source.defaults == {}


def test_payloads_are_shown_as_json_as_text_or_as_a_dump() -> None:
    assert as_text(b'{"a":1}') == '{\n  "a": 1\n}'
    assert as_text('{"a": “ü'.encode()) == '{"a": “ü'
    dump = as_text(b"\x00\x00\x00\x01\x02hello")
    assert dump.startswith("000000  00 00 00 01 02 68 65 6c 6c 6f")
    assert dump.endswith("·····hello")


def test_a_long_text_is_cut_even_within_a_letter() -> None:
    assert as_text("ü".encode() * 5_000) == "ü" * 2_048
    assert as_text(b"x" + "ü".encode() * 5_000).startswith("xüü")


def test_check_tells_what_vendors_may_post_to(tmp_path: Path) -> None:
    webhook = '[sources.webhook]\nscheme = "shopify"\nsecrets = ["hush-hush"]\n'
    (tmp_path / "legato.toml").write_text(TILL + webhook)
    told = run(tmp_path, "check")
    assert "webhook   POST /v1/sources/till (shopify)" in told.output
    assert "hush-hush" not in told.output
    (tmp_path / "legato.toml").write_text(TILL + webhook.replace("shopify", "stirpe"))
    told = run(tmp_path, "check")
    assert (told.exit_code, "`scheme` is `stirpe`" in told.stderr) == (2, True)
