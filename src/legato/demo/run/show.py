"""The run from curtain to verdict: play a day, kill a worker in mid-run, count."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from msgspec import Struct

from legato.core.values.time import Instant
from legato.demo.run.arrived_mail import read_mail
from legato.demo.run.kill import kill
from legato.demo.run.mail_relay import MailRelay
from legato.demo.run.output_reader import OutputReader
from legato.demo.run.people import People
from legato.demo.run.player import Player
from legato.demo.run.spotlight import Spotlight
from legato.demo.run.stage import PARTITIONS, Stage, open_stage
from legato.demo.run.status_poller import StatusPoller
from legato.demo.run.verdict import Mailed, VerdictRules, judge
from legato.demo.run.workers import DemoWorker, Workers, complete, covered
from legato.demo.view.picture import Inbox, Incident, Picture, ThroughputMeter, Ticker
from legato.demo.view.renderers import Face
from legato.demo.view.report import Report
from legato.harness import default_playbook
from legato.local import KafkaKind
from legato.runtime.kafka.topic_layout import clock_name
from legato.simulation.day import simulate
from legato.simulation.world import Json
from legato.verification.logbook import read_logbook

MORNING: Instant = 1_772_434_800_000
"""2026-03-02T07:00:00Z, a Monday: a fixed day, so that a seed always derives the same ids."""
KILL_AT = 0.45
FRAME_S = 0.1
GRIEF_S = 0.7
"""So long the dead worker is left alone, to be seen dead."""
PATIENCE_S = 90.0


class Script(Struct, frozen=True, kw_only=True):
    """What is to be played."""

    kafka: KafkaKind
    customers: int
    events: int
    seconds: float
    seed: int
    workers: int
    begun: float
    """When the program was called, by the monotonic clock."""


class ShowStuck(RuntimeError):
    """Something that had to happen did not; the message says what."""


def play(script: Script, face: Face) -> Report:
    """Play a script to its end; leaves nothing behind, whatever happens."""
    face.say(f"starting {_kafka(script)}, Redis, a mail server and {script.workers} workers")
    try:
        with ExitStack() as stack:
            return _play(script, face, stack)
    except (KeyboardInterrupt, SystemExit):
        face.say("all that was started is stopped")
        raise


def _play(script: Script, face: Face, stack: ExitStack) -> Report:
    day = list(simulate(script.seed, script.customers, script.events, MORNING))
    stage = stack.enter_context(open_stage(script.kafka, face.say))
    crew = Workers(stage)
    stack.callback(crew.stop)
    trial = crew.start(script.workers)
    face.say(f"an API answers at {trial.address}, by the key {trial.token}")
    show = Show(script, stage, crew, day)
    stack.callback(show.stop)
    with face:
        incident = show.run(face)
    face.say("reading all topics back, and following the same log once more")
    show.stop()
    crew.stop()
    return show.report(incident)


class Calm:
    """Nothing has moved for so many rounds: then nothing is on its way any more.

    What one slot tells another changes at least every second of those that it reaches.
    """

    def __init__(self, rounds: int) -> None:
        self._wanted, self._still, self._moved = rounds, 0, -1

    def lasts(self, moved: int) -> bool:
        """Note how much has moved by the end of a round."""
        self._still = self._still + 1 if moved == self._moved else 0
        self._moved = moved
        return self._still >= self._wanted


class Show:
    """One performance, on a stage with its crew."""

    def __init__(
        self, script: Script, stage: Stage, crew: Workers, day: Sequence[Json]
    ) -> None:
        identity = stage.settings.identity
        self._script, self._stage, self._crew = script, stage, crew
        self._people = People(day, identity.identify)
        self._calm = Calm(2)
        self._player = Player(stage.settings, stage.source, day, script.seconds)
        self._relay = MailRelay(stage.mail)
        self._audience = OutputReader(stage.settings, self._people, self._relay)
        spotlight = Spotlight(stage.settings, self._people)
        self._lookout = StatusPoller(crew, spotlight, stage.mails, lambda: self._player.time)
        self._ticker, self._in, self._out = Ticker(), ThroughputMeter(), ThroughputMeter()
        self._inbox = Inbox()
        self._incident: Incident | None = None
        self._phase = "the workers come in"
        self._total = len(day)
        self._played_s = 0.0
        self._counted = 0

    def run(self, face: Face) -> Incident:
        """Play the day, and kill a worker in the middle of it."""
        self._audience.start()
        self._lookout.start()
        self._until(self._whole, face, "the workers to share the partitions")
        self._crew.start_adapter()
        self._phase = "a day in town"
        begun = time.monotonic()
        self._player.start()
        self._until(self._is_midday, face, "the middle of the day")
        incident = self._kill(face)
        self._until(self._player.finished.is_set, face, "the end of the day")
        self._phase = "the tills close"
        self._until(lambda: not self._relay.waits, face, "an email to be delivered")
        self._until(self._is_quiet, face, "the line to follow the whole day")
        self._played_s = time.monotonic() - begun
        return incident

    def _kill(self, face: Face) -> Incident:
        """Kill the worker that has most customers, and wait until all is followed again."""
        busiest = max(self._lookout.sights, key=lambda sight: sight.contexts)
        worker, killed_s = self._crew.workers[busiest.index], time.monotonic()
        self._incident = incident = Incident(
            index=busiest.index,
            pid=kill(worker, self._stage),
            town_time=self._player.time,
            contexts=busiest.contexts,
        )
        self._until(lambda: time.monotonic() > killed_s + GRIEF_S, face, "a moment")
        worker.revive()
        self._until(lambda: self._is_back(worker), face, f"worker {busiest.index} to come back")
        incident.restored_s = time.monotonic() - killed_s
        return incident

    def report(self, incident: Incident) -> Report:
        """Read everything back, and judge."""
        script, stage = self._script, self._stage
        log = read_logbook(stage.settings, stage.source)
        sources = tuple(clock_name((stage.source, number)) for number in range(PARTITIONS))
        rules = VerdictRules(default_playbook(), stage.settings.identity, sources, stage.strict)
        first, mailed = self._audience.first_action, self._mailed()
        return Report(
            events=self._total,
            people=self._people,
            workers=script.workers,
            seed=script.seed,
            kafka=script.kafka,
            strict=stage.strict,
            first_action_s=None if first is None else first - script.begun,
            played_s=self._played_s,
            incident=incident,
            verdict=judge(log, rules, mailed),
            mail=next(iter(mailed.arrived), None),
        )

    def _mailed(self) -> Mailed:
        """Say which email was handed on, and what arrived."""
        handed = () if self._relay.handed is None else (self._relay.handed.action_id,)
        return Mailed(handed, tuple(map(read_mail, self._stage.mails.arrived())))

    def stop(self) -> None:
        """Send everybody home."""
        self._player.stop()
        self._lookout.stop()
        self._audience.stop()

    def _until(self, done: Callable[[], bool], face: Face, what: str) -> None:
        """Show what there is to see until something is done; raises ShowStuck."""
        deadline = time.monotonic() + self._script.seconds + PATIENCE_S
        while not done():
            if time.monotonic() > deadline:
                raise ShowStuck(f"waited in vain for {what}; try fewer events or more seconds")
            for part in (self._player, self._audience, self._lookout):
                part.check()
            self._draw(face)
            time.sleep(FRAME_S)
        self._draw(face)

    def _draw(self, face: Face) -> None:
        elapsed_s = time.monotonic() - self._script.begun
        told = self._ticker.turn(elapsed_s, self._audience.told)
        face.show(self._picture(elapsed_s), told)

    def _picture(self, elapsed_s: float) -> Picture:
        score, player = self._audience.score, self._player
        actions = dict(score.actions)
        return Picture(
            phase=self._phase,
            kafka=_kafka(self._script),
            elapsed_s=elapsed_s,
            town_time=player.time,
            sent=player.sent,
            total=self._total,
            events_rate=self._in.per_second(elapsed_s, player.sent),
            actions_rate=self._out.per_second(elapsed_s, sum(actions.values())),
            situations=dict(score.situations),
            decisions=score.decisions,
            actions=actions,
            reasons=dict(score.reasons),
            revoked=score.revoked,
            done=dict(self._audience.courier.done),
            customers=self._customers(),
            merges=len(self._audience.ties.merges),
            refused=len(self._audience.ties.refused),
            changed_hands=self._audience.ties.changed_hands,
            workers=self._lookout.sights,
            incident=self._incident,
            told=list(self._ticker.shown),
            reading=self._ticker.reading,
            mail=self._inbox.turn(elapsed_s, self._lookout.mail),
            spot=self._lookout.spot,
        )

    def _customers(self) -> int:
        """Count contexts, while all are there, less those that only say where somebody went."""
        sights = self._lookout.sights
        if covered(sights):
            slots = sum(sight.contexts for sight in sights)
            self._counted = max(slots - self._audience.ties.linked, 0)
        return self._counted

    def _whole(self) -> bool:
        return complete(self._lookout.sights)

    def _is_midday(self) -> bool:
        """Is there something to lose?"""
        followed = any(sight.contexts for sight in self._lookout.sights)
        return followed and self._player.sent >= self._total * KILL_AT

    def _is_back(self, worker: DemoWorker) -> bool:
        sights = self._lookout.sights
        return sights[worker.index].pid == worker.child.pid and complete(sights)

    def _is_quiet(self) -> bool:
        """Has all been followed, also what slots told each other since the tills spoke?"""
        if self._relay.waits or not self._audience.has_passed(self._player.closing, PARTITIONS):
            return False
        if self._calm.lasts(self._audience.moved):
            return True
        self._player.go_round()
        return False


def _kafka(script: Script) -> str:
    return "Apache Kafka" if script.kafka == "real" else "the embedded broker"
