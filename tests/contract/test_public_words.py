"""Nothing that users read or copy says a setting, a flag or a metric by its former name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.settings import RENAMED, flag_of, variable_of
from tests.contract.compose import ROOT
from tests.contract.exported import exported

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
METRICS = dict(re.findall(r"^\| `(legato_\w+)` \| `(legato_\w+)` \|$", CHANGELOG, re.M))
SETTINGS = dict(re.findall(r"^\| `(\w+\.\w+)` \| `(\w+\.\w+)` \|$", CHANGELOG, re.M))
PLACES = (
    "README.md",
    "docker-compose.yml",
    "deploy",
    "docs",
    "examples",
    "benchmarks",
)


def former_words() -> Iterator[str]:
    """Write each former name as a pattern, so that words of prose do not look like one."""
    for old in RENAMED:
        section, _, name = old.partition(".")
        yield rf"\b{section}\.{name}\b"
        yield rf"\b{variable_of(old)}\b"
        yield rf"(?<![\w-]){flag_of(old)}\b"
        yield rf"^\[{section}\]$(?:\n(?!\[).*)*?\n#?{name} ="
    for old in METRICS:
        yield rf"\b{old}(?:_bucket|_count|_sum)?\b"


FORMER = [re.compile(each, re.M) for each in former_words()]


def found_in(text: str) -> list[str]:
    return [match[0] for former in FORMER for match in former.finditer(text)]


def files() -> Iterator[Path]:
    """Yield every file of text that users read or copy."""
    for place in (ROOT / each for each in PLACES):
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and path.suffix not in (".pyc", ".png", ".gz", ".jar", ".class"):
                yield path


def test_no_former_name_is_left() -> None:
    read = [*files()]
    found = {str(path.relative_to(ROOT)): found_in(path.read_text()) for path in read}
    assert len(read) > 50
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "text",
    [
        "more than `identity.fan_out` customers",
        "      LEGATO_WORKER_SLOT: 1",
        "legato worker --slot 1",
        "[worker]\n# Which it is.\n#slot = 0",
        '[identity]\nlimits = {email = 2}\n\nregion = "DE"',
        "rate(legato_latency_seconds_bucket[5m])",
        'legato_lanes{state="running"}',
    ],
)
def test_a_former_name_would_be_found(text: str) -> None:
    assert len(found_in(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "`identity.split` says `fan_out`",
        "a customer's slot, proving who it is, in `location.region`",
        '[metrics]\nslot = 45\n[[sources]]\nregion = "x"',
        "[worker]\nindex = 1\n[other]\nslot = 1",
        "legato_event_latency_seconds_bucket",
    ],
)
def test_words_that_mean_something_else_stay(text: str) -> None:
    assert found_in(text) == []


def test_the_changelog_tells_all_that_was_renamed() -> None:
    assert SETTINGS == RENAMED
    assert all(f"{old}`" in CHANGELOG for old in map(flag_of, ["worker.slot"]))
    assert len(METRICS) == 7
    assert METRICS.keys().isdisjoint(exported())
    assert {*METRICS.values()} <= exported().keys()
