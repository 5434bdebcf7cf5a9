"""The schemas that Legato ships: what was ever written stays readable; they fit the core."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato.core.events.event import Event
from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.outputs import Action, Consent, Factors, JourneyTouchpoint, Revoked
from legato.wire.formats.registry import shipped_folder
from legato.wire.formats.schema import parse, schema_id
from legato.wire.topics.outcomes import STATUSES, Outcome
from tests.contract.avro_compatibility import faults

FOLDER = shipped_folder()
NAMES = sorted(path.stem for path in FOLDER.glob("*.avsc"))
HISTORY = sorted((FOLDER / "history").glob("*.avsc"))


def _definition(path: Path) -> dict[str, Any]:
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])


def _today(name: str) -> dict[str, Any]:
    return _definition(FOLDER / f"{name}.avsc")


def _fields(definition: dict[str, Any]) -> set[str]:
    return {field["name"] for field in definition["fields"]}


def _type_of(definition: dict[str, Any], field: str) -> Any:  # noqa: ANN401 - a piece of a schema
    return next(each["type"] for each in definition["fields"] if each["name"] == field)


@pytest.mark.parametrize("path", HISTORY, ids=lambda path: path.stem)
def test_what_was_ever_written_is_read_today(path: Path) -> None:
    name = path.stem.partition(".")[0]
    assert faults(_today(name), _definition(path)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_of_today_is_the_last_of_its_history(name: str) -> None:
    versions = [path for path in HISTORY if path.stem.partition(".")[0] == name]
    last = max(versions, key=lambda path: int(path.stem.partition(".")[2]))
    assert schema_id(_definition(last)) == schema_id(_today(name)), (
        f"copy schemas/{name}.avsc to schemas/history/{name}.{len(versions) + 1}.avsc"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_stands_alone(name: str) -> None:
    definition = _today(name)
    assert parse(1, definition).name == f"legato.{definition['name']}"
    assert definition["doc"].endswith(".")


@pytest.mark.parametrize(
    ("name", "kind", "not_sent"),
    [
        (
            "channel_event",
            Event,
            {"received", "source", "clamped", "initiated", "key", "before"},
        ),
        ("action", Action, set()),
        ("action_revoked", Revoked, set()),
        ("handoff", Handoff, set()),
        ("outcome", Outcome, set()),
        ("touchpoint", JourneyTouchpoint, set()),
    ],
)
def test_a_schema_has_the_fields_of_its_value(
    name: str, kind: type[msgspec.Struct], not_sent: set[str]
) -> None:
    assert _fields(_today(name)) == {*kind.__struct_fields__} - not_sent


def test_inner_records_have_the_fields_of_their_values() -> None:
    handoff = _today("handoff")
    assert _fields(_type_of(handoff, "items")["items"]) == {*HandoffItem.__struct_fields__}
    assert _fields(_type_of(_today("action"), "factors")) == {*Factors.__struct_fields__}
    consent = _type_of(_today("action"), "consent")[1]
    assert _fields(consent) == {*Consent.__struct_fields__}
    assert tuple(_type_of(_today("outcome"), "status")["symbols"]) == STATUSES


def test_an_action_carries_the_handoff_of_its_own_schema() -> None:
    carried = _type_of(_today("action"), "handoff")[1]
    assert carried == {name: x for name, x in _today("handoff").items() if name != "namespace"}


def test_words_for_people_do_not_change_an_id() -> None:
    definition = _today("action")
    told = deepcopy(definition)
    told["fields"][0]["doc"] = "other words"
    assert schema_id(told) == schema_id(definition)
    told["fields"][0]["default"] = ""
    assert schema_id(told) != schema_id(definition)


def _changed(**change: Any) -> dict[str, Any]:  # noqa: ANN401 - a piece of a schema
    definition = deepcopy(_today("outcome"))
    for field in definition["fields"]:
        if field["name"] in change:
            field |= change[field["name"]]
    return definition


def test_the_check_tells_good_changes_from_bad() -> None:
    before = _today("outcome")
    extra: dict[str, Any] = {"name": "cost", "type": "double"}
    bare = {**before, "fields": [*before["fields"], extra]}
    defaulted = {**before, "fields": [*before["fields"], {**extra, "default": 0.0}]}
    fewer = {**before, "fields": before["fields"][1:]}
    assert faults(defaulted, before) == faults(fewer, before) == []
    assert faults(bare, before) == [".cost: a new field without default"]
    assert faults(_changed(reason={"type": "string"}), before) == [
        ".reason: null became string"
    ]
    assert faults(_changed(channel={"type": "long"}), before) == [
        ".channel: string became long"
    ]
    enum = {**_type_of(before, "status"), "symbols": ["delivered"]}
    assert faults(_changed(status={"type": enum}), before) == [".status: a symbol is gone"]
