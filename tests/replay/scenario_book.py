"""The golden scenarios, replayed; run it to write what they expect and docs/scenarios.md.

`python -m tests.replay.scenario_book`, then read the difference before you keep it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.playbook.yaml_file import read_yaml
from legato.core.values.time import in_words, span_in_words
from legato.harness import Harness, playbook_at, playbook_text
from legato.replay import read_log, replay, until_when

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "scenarios"
BOOK = ROOT / "docs" / "scenarios.md"
HEAD = """# Scenarios

What Legato is for, told as stories and replayed by the default playbook with no code of their
own; where a story asks for more, it says what is laid over that. This page is written from the
real outputs by `python -m tests.replay.scenario_book`; `tests/replay/test_scenarios.py` fails
when it is no longer true. The events and all that Legato says of them lie in
`tests/replay/scenarios/`. What reaches somebody on a channel is also played on real parts, from
the API to the adapters: `tests/integration/test_journeys.py`.

Times are UTC. Each event carries only the identifiers that its channel knows: a cookie on the
web, a device in the app, a card at the till, a number in the call centre, an address in an
email. What links them is an event that would tell it: a login, a card scan, an order with an
address, a caller who was verified ([identity.md](identity.md)).
"""


class Scenario(msgspec.Struct, frozen=True):
    """One story; its folder also holds `events.jsonl` and `expected.jsonl`.

    With `timeline`, it is also told what the contexts keep of everybody's way. `opts_in` is
    laid over the default playbook, key by key.
    """

    number: str
    title: str
    until: str
    story: str
    timeline: bool = False
    folder: str = ""
    shelf: Path = FOLDER
    opts_in: Json = {}

    @property
    def playbook(self) -> Playbook | None:
        """The playbook of its own, if it has one; or the default one, as it changes that."""
        path = self.shelf / self.folder / "playbook.yaml"
        if self.opts_in:
            default: Any = read_yaml(playbook_text(""))
            return read_playbook(msgspec.yaml.encode(_laid_over(default, self.opts_in)))
        return playbook_at(path) if path.exists() else None

    @property
    def events(self) -> list[bytes]:
        """The log, one event a line."""
        return (self.shelf / self.folder / "events.jsonl").read_bytes().splitlines()

    @property
    def expected(self) -> Path:
        """Where what Legato must say is kept."""
        return self.shelf / self.folder / "expected.jsonl"


def _laid_over(below: Json, above: Json) -> Json:
    both = {key: _laid_over(below[key], above[key]) for key in above if _is_map(above[key])}
    return {**below, **above, **both}


def _is_map(value: object) -> bool:
    return isinstance(value, dict)


def scenarios(shelf: Path = FOLDER) -> list[Scenario]:
    """Read all stories of a folder in order."""
    return [
        msgspec.structs.replace(
            msgspec.yaml.decode((folder / "story.yaml").read_bytes(), type=Scenario),
            folder=folder.name,
            shelf=shelf,
        )
        for folder in sorted(shelf.iterdir())
    ]


def play(scenario: Scenario) -> tuple[Harness, list[bytes]]:
    """Replay a story, with the default playbook unless it has its own.

    Return where it ended and what was said.
    """
    harness, log = Harness(scenario.playbook), read_log(scenario.events)
    return harness, list(replay(harness, log, until_when(scenario.until, log), identity=True))


def book() -> str:
    """Tell all stories with what Legato did in each."""
    return "\n".join([HEAD, *("\n".join(chapter(each)) for each in scenarios())])


def chapter(scenario: Scenario) -> Iterator[str]:
    """Tell a story with what Legato did in it."""
    harness, lines = play(scenario)
    said = [msgspec.json.decode(line) for line in lines]
    yield f"## {scenario.number}. {scenario.title}\n"
    yield f"{scenario.story.strip()}\n"
    if scenario.opts_in:
        yield f"```yaml\n{yaml.safe_dump(scenario.opts_in, sort_keys=False).strip()}\n```\n"
    yield "| when | channel | event | known by |"
    yield "|---|---|---|---|"
    for line in scenario.events:
        yield _row(msgspec.json.decode(line))
    yield "\nWhat Legato said:\n"
    for output in said:
        yield _told(output)
    if scenario.timeline:
        yield "\nWhat it keeps of everybody's way:\n"
        yield from _ways(harness)
    yield ""


def _ways(harness: Harness) -> Iterator[str]:
    """Tell the timelines, in the order in which they begin."""
    ways = [each.timeline for each in harness.contexts.values() if each.touches]
    for way in sorted(ways, key=lambda way: [(each.time, each.type) for each in way]):
        steps = (f"{_clock(in_words(each.time))} {each.channel}: {each.type}" for each in way)
        yield f"- {' → '.join(steps)}"


def _row(event: Json) -> str:
    if "reference" in event:
        return _reference(event)
    if "text" in event:
        paused = ", ".join(event.get("paused", ()))
        told = f"version {event['version']} of the playbook" + (
            f", paused: {paused}" * bool(paused)
        )
        return f"| {_clock(event['from'])} | | {told} | |"
    parts = [f"{name}: {_short(value)}" for name, value in event.get("data", {}).items()]
    parts += _place(event.get("location", {}))
    told = " · ".join([event["type"], ", ".join(parts)] if parts else [event["type"]])
    known = ", ".join(f"{kind} `{value}`" for kind, value in event["identifiers"].items())
    if event.get("authenticated"):
        known += " (verified)"
    when = f"{_clock(event['time'])}{_delay(event)}"
    return f"| {when} | {event['channel']} | {told} | {known} |"


def _place(location: Json) -> list[str]:
    if "venue" in location:
        return [f"at {location['venue']}"]
    return [f"in {location['region']}"] if "region" in location else []


def _reference(told: Json) -> str:
    value = told["value"] or {"": "gone"}
    parts = ", ".join(f"{name}: {each}" if name else str(each) for name, each in value.items())
    return f"| {_clock(told['time'])} | | {told['reference']} `{told['key']}` · {parts} | |"


def _delay(event: Json) -> str:
    """Say when it was received, if that was another minute."""
    received = _clock(event.get("received") or event["time"])
    return f" (received {received})" if received != _clock(event["time"]) else ""


def _short(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_short(each) for each in value)
    return " ".join(map(str, value.values())) if isinstance(value, dict) else str(value)


def _clock(time: str) -> str:
    return f"{int(time[8:10])} March {time[11:16]}"


def _told(output: Json) -> str:
    when = _clock(in_words(output["time"]))
    match output["kind"]:
        case str(kind) if kind.startswith("identity."):
            return f"- {when} {_identity(output)}"
        case "retracted" | "situation":
            return f"- {when} **{output['situation']}**{_evidence(output)}"
        case "decision":
            return (
                f"  - decided: {output.get('action') or 'nothing'}{_held_out(output)}. "
                f"Lost by {_losers(output)}"
            )
        case "action":
            return (
                f"  - action **{output['action']}** to {_addressed(output)}{_handoff(output)}"
            )
        case "resolution" | "conversion":
            return f"- {when} {_came_out(output)}"
        case _:
            late = " too late" if output.get("too_late") else ""
            return f"- {when} the action was **revoked{late}**: {output['reason']}"


def _identity(output: Json) -> str:
    word = f"**{output['kind'].partition('.')[2]}**"
    match output["kind"]:
        case "identity.linked":
            return f"{output['type']} {word} by {output['evidence']['type']}"
        case "identity.merged":
            return f"{word}, with all that was known by it"
        case _:
            return f"{output['type']} {word}: {output['reason']}"


def _came_out(output: Json) -> str:
    if output["kind"] == "resolution":
        until = "for good" if output["final"] else "so far"
        number = output["contacts"]
        return f"{output['case_id']}: **{output['grade']}** {until}, in {number} contact(s)"
    about = output.get("order_id") or output.get("case_id")
    led = "led no more to" if output.get("void") else "led to"
    return f"{output['action']} on {output['channel']} **{led}** {about}"


def _evidence(output: Json) -> str:
    if output["kind"] == "retracted":
        return f" was none: {output['reason']}"
    told, stage = output["evidence"], output.get("stage")
    if "from" in told:
        minutes = told["gap"] // 60_000
        goals = ", ".join(told["goals"])
        return f" from {told['from']} to {told['to']} after {minutes} min, open: {goals}"
    at = f", stage {stage}" if stage else ""
    if "items" in told:
        return f"{at}: {told['items']} article(s) worth {told['value']}"
    waited = f" after {span_in_words(told['waited_ms'])}" if told.get("waited_ms") else ""
    about = f", about {told['key']}" if "key" in told else ""
    return f"{at}{waited}{about}"


def _held_out(output: Json) -> str:
    return f", held out by {output['held_out']}" if output.get("held_out") else ""


def _losers(output: Json) -> str:
    lost = [each for each in output["candidates"] if each["reason"] != "won"]
    reasons = dict.fromkeys(each["reason"] for each in lost)
    names = {
        reason: ", ".join(each["action"] for each in lost if each["reason"] == reason)
        for reason in reasons
    }
    return "; ".join(f"{reason}: {told}" for reason, told in names.items())


def _addressed(output: Json) -> str:
    waits = output["not_before"] > output["time"]
    until = f", not before {_clock(in_words(output['not_before']))}" if waits else ""
    said = {**output.get("params", {})}
    said |= {name: output[name] for name in ("offer", "variant") if output.get(name)}
    told = "".join(f", {name}: {value}" for name, value in said.items() if value)
    return f"`{output['address']}` on {output['channel']}{until}{told}"


def _handoff(output: Json) -> str:
    handoff = output.get("handoff")
    if handoff is None:
        return ""
    lines = [handoff["goal"]]
    lines += [f"Items: {_priced(handoff)}"] if handoff.get("items") else []
    lines += [f"Stopped: {handoff['stopped_at']}"]
    lines += [f"Last seen: {each}" for each in handoff["touchpoints"]]
    lines += [f"Tried: {each}" for each in handoff.get("tried", ())]
    lines += [f"Do not ask: {', '.join(handoff['do_not_ask'])}"]
    lines += [f"Language: {handoff['language']}"] if handoff.get("language") else []
    return "".join(f"\n    > {line}  " for line in lines)


def _priced(handoff: Json) -> str:
    items = (
        f"{each['quantity']:g} × {each['sku']}"
        + (f" at {each['price']:g}" if "price" in each else f" ({each.get('name')})")
        for each in handoff["items"]
    )
    if not handoff.get("value"):
        return ", ".join(items)
    return f"{', '.join(items)}; together {handoff['value']:g} {handoff['currency']}"


if __name__ == "__main__":
    for scenario in scenarios():
        scenario.expected.write_bytes(b"".join(line + b"\n" for line in play(scenario)[1]))
    BOOK.write_text(book())
