"""The former release and today's in one group, with merges in flight: each reads the other."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from legato.settings import RENAMED, Settings
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings, toml_text
from tests.integration.line_worker import Worker, worker_of
from tests.integration.people import told_events
from tests.integration.test_line_identity import each_is_one_customer, send

FORMER = Path(__file__).parents[1] / "fixtures" / "former"
EVENTS, PEOPLE, PARTITIONS = 24_000, 3_000, 4


class Releases:
    """Starts workers of either release, which share topics, group and settings."""

    def __init__(self, case: Case, folder: Path) -> None:
        self._case, self._former = case, folder / "former"
        (wheel,) = FORMER.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(self._former)
        assert str(self._former) in self._home_of_legato()

    def _home_of_legato(self) -> str:
        """Where a process that is to run the former release finds it."""
        ask = [sys.executable, "-c", "import legato; print(legato.__file__)"]
        environ = {**os.environ, "PYTHONPATH": str(self._former)}
        return subprocess.run(ask, env=environ, capture_output=True, text=True).stdout

    def former(self, index: int) -> Worker:
        settings, folder = self._case.settings, self._case.folder
        path = self._former / "legato.toml"
        path.write_text(in_old_words(settings))
        environ = {"PYTHONPATH": str(self._former), "LEGATO_SETTINGS": str(path)}
        *command, _, number = worker_of(index)
        return Worker(settings, folder, [*command, "--slot", number], environ)

    def now(self, index: int) -> Worker:
        return self._case.worker(index)


# This, and `--slot` above, go with the next wheel: it knows the new words.
def in_old_words(settings: Settings) -> str:
    """Write settings as the former release reads them, without those that it has not."""
    told = to_builtins(settings)
    del told["touchpoints"], told["references"], told["playbooks"], told["learn"]
    del (
        told["shadow"],
        told["api"],
        told["adapters"],
        told["outbound"],
        told["content"],
        told["unsubscribe"],
        told["pages"],
        told["oidc"],
    )
    for name in ("venue_channels", "queue_channels", "page_channels", "default_queue"):
        del told["view"][name]
    del told["identity"]["ask_addresses"]
    plain = to_builtins(Source(name="", topics=()))
    told["sources"] = [
        {name: value for name, value in source.items() if value != plain[name]}
        for source in told["sources"]
    ]
    for old, new in RENAMED.items():
        section, _, name = old.partition(".")
        told[section][name] = told[section].pop(new.removeprefix(f"{section}."))
    return toml_text(told)


@pytest.mark.long
def test_two_releases_share_a_group_forth_and_back(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",), clock="event_time")
    settings = line_settings(real_kafka.bootstrap, topic_prefix, [source])
    # The former release cannot read what addresses are asked: docs/addresses.md.
    # Nor what situations of events keep: docs/operations.md.
    quiet = replace(
        settings,
        identity=replace(settings.identity, ask_addresses=False),
        playbook=str(FORMER / "playbook.yaml"),
    )
    case = Case(quiet, tmp_path)
    releases, topic = Releases(case, tmp_path), case.create("web", PARTITIONS)
    told = list(told_events(EVENTS, PEOPLE))
    parts = [told[at : at + EVENTS // 4] for at in range(0, EVENTS, EVENTS // 4)]
    with ExitStack() as stack:
        former = stack.enter_context(releases.former(0))
        send(case, topic, parts[0])
        case.wait_until_done(deadline_s=120)
        now = stack.enter_context(releases.now(1))
        send(case, topic, parts[1])
        former.kill()
        former = stack.enter_context(releases.former(2))
        case.wait_until_done(deadline_s=120)
        send(case, topic, parts[2])
        now.kill()
        now = stack.enter_context(releases.now(3))
        case.wait_until_done(deadline_s=120)
        send(case, topic, parts[3])
        assert now.stop() == 0
        case.wait_until_done(deadline_s=120)
        assert former.stop() == 0
    each_is_one_customer(case, told)
