"""values.yaml, its schema and the table of the README say the same."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from tests.contract.helm import VALUES, Values
from tests.contract.helm_values import README, SCHEMA, VALUES_FILE, allowed, leaves, page, told

PARTS = ("workers", "view", "api", "learn", "adapterDefaults")
"""What takes all that `pods` takes, in its place."""


def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(VALUES_FILE.read_text())
    return found


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text())
    return found


def test_the_table_is_that_of_the_values() -> None:
    text = README.read_text()
    assert page(text) == text, "stale: run `python -m tests.contract.helm_values`"


def test_each_value_is_told_of_once() -> None:
    places = [each.place for each in told()]
    assert len({*places}) == len(places)
    for leaf in leaves(values()):
        above = [place for place in places if f"{leaf}.".startswith(f"{place}.")]
        assert len(above) == 1, leaf


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_allows_what_is_told_and_nothing_else() -> None:
    places = {each.place for each in told()}
    sections = {place.rpartition(".")[0] for place in places}
    sections |= {each.rpartition(".")[0] for each in sections} - {""}
    shared = {place.removeprefix("pods.") for place in places if place.startswith("pods.")}
    more = {f"{part}.{name}" for part in PARTS for name in shared} | {"global"}
    found = {place for place in allowed(schema()) if not within(place, places | more)}
    assert places <= found
    assert found == places | more | (sections - {""})


def within(place: str, places: set[str]) -> bool:
    """Is it a part of what the table tells of as a whole?"""
    return any(place.startswith(f"{each}.") for each in places)


@pytest.mark.parametrize("name", VALUES)
def test_the_schema_takes_what_the_chart_is_tried_with(name: str) -> None:
    over = VALUES[name]
    jsonschema.Draft202012Validator(schema()).validate(laid_over(values(), over))


@pytest.mark.parametrize("part", ["", "image", "pods", "workers", "api.service", "keda"])
def test_the_schema_refuses_what_is_not_there(part: str) -> None:
    over: dict[str, Any] = {"no such value": 1}
    for name in reversed(part.split(".") if part else []):
        over = {name: over}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(laid_over(values(), over))


def laid_over(under: Values, over: Values) -> dict[str, Any]:
    """Lay values over others as Helm does."""
    laid = dict(under)
    for name, value in over.items():
        below = laid.get(name)
        if isinstance(value, dict) and isinstance(below, dict):
            laid[name] = laid_over(below, value)
        else:
            laid[name] = value
    return laid
