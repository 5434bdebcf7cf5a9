"""Topics: what there is, what is missing, and making it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from legato.core.playbook.definition import Playbook
from legato.runtime.kafka.ends import answer_of
from legato.runtime.kafka.layout import FoundTopic, lay_out, partitions_wanted
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.kafka.transient import is_transient
from legato.runtime.machine.errors import WorkerFatal, said_by
from legato.runtime.machine.liveness import Away
from legato.runtime.machine.pacing import Backoff
from legato.settings import Settings
from legato.wire.topics.names import Topic, Topics

log = logging.getLogger("legato")
T = TypeVar("T")
ANSWER_S = 15.0
REMIND_S = 30.0
PAUSES = Backoff(first=250, longest=5_000)
NEWS_S, NEWS_TRIES = 0.1, 150


class StartUp:
    """What can be seen of a start: that it turns, and since when it waits for Kafka."""

    def __init__(self, beat: Callable[[], None] = lambda: None) -> None:
        self.beat = beat
        self.away: Away | None = None


def wait_for_kafka(step: Callable[[], T], start: StartUp) -> T:
    """Do a step of the start as often as it takes until Kafka answers.

    Raises what the step does if no patience helps. A worker that is started while Kafka is away
    begins when it is back.
    """
    tries, told_at = 0, -REMIND_S
    while True:
        start.beat()
        try:
            done = step()
        except NoAnswer as error:
            since = time.time_ns() // 1_000_000 if start.away is None else start.away.since
            start.away = Away(since, str(error))
            if time.monotonic() - told_at >= REMIND_S:
                told_at = time.monotonic()
                log.warning("%s; we wait for it", error)
        else:
            start.away = None
            return done
        tries += 1
        time.sleep(PAUSES.after(tries) / 1_000)


class NoAnswer(WorkerFatal):
    """Kafka does not answer now, and may later."""


def find_topics(admin: AdminClient) -> dict[str, FoundTopic]:
    """Every topic that Kafka shows us; raises WorkerFatal when it does not answer."""
    try:
        metadata = admin.list_topics(timeout=ANSWER_S)
    except KafkaException as error:
        raise _no_answer(error, "kafka does not answer") from error
    return {
        name: FoundTopic(len(topic.partitions), _least_replicated(topic.partitions.values()))
        for name, topic in metadata.topics.items()
        if topic.error is None
    }


def _no_answer(error: KafkaException, what: str) -> WorkerFatal:
    kind = NoAnswer if is_transient(error.args[0]) else WorkerFatal
    return kind(f"{what}: {said_by(error)}; check `kafka.bootstrap` of the settings")


def prepare(admin: AdminClient, settings: Settings, playbook: Playbook) -> TopicLayout:
    """See that the line can run, and create what is missing if we may; raises WorkerFatal."""
    found = find_topics(admin)
    missing = missing_topics(settings, playbook, found)
    if missing and not settings.kafka.create_topics:
        raise WorkerFatal(
            f"topic `{missing[0].topic}` does not exist; run `legato topics create`, or set "
            "`kafka.create_topics`"
        )
    if missing:
        # Who begins with nothing wants what stands beside the line as well: an API, adapters.
        found = create(admin, missing_topics(settings, playbook, found, beside=True))
    layout = lay_out(settings, found)
    check_topics(admin, settings, layout, found)
    return layout


def missing_topics(
    settings: Settings,
    playbook: Playbook,
    found: Mapping[str, FoundTopic],
    *,
    beside: bool = False,
) -> list[NewTopic]:
    """The topics of Legato that are not there yet, as they should be.

    Those of shadows and adapters no worker needs.
    """
    names = Topics(settings.kafka.prefix)
    also = {name for each in settings.adapters.values() for name in each.channels}
    topics = names.all(
        {*playbook.channels, *(also if beside else ())},
        touchpoints=settings.touchpoints,
        references=settings.references,
        playbooks=settings.playbooks,
        beside=beside,
    )
    ours = {topic.name for topic in topics}
    seen = {**dict.fromkeys(ours, FoundTopic(settings.kafka.partitions, 0)), **found}
    partitions = partitions_wanted(settings, seen)
    return [_new(topic, settings, partitions) for topic in topics if topic.name not in found]


def create(admin: AdminClient, topics: Collection[NewTopic]) -> dict[str, FoundTopic]:
    """Create topics, and return all that there are then; raises WorkerFatal.

    Another worker may do the same at this moment.
    """
    for name, answer in admin.create_topics(list(topics), operation_timeout=ANSWER_S).items():
        try:
            answer_of(answer, ANSWER_S)
        except KafkaException as error:
            if is_transient(error.args[0]):
                raise _no_answer(error, f"topic `{name}` cannot be made yet") from error
            if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
                raise WorkerFatal(f"topic `{name}` cannot be made: {said_by(error)}") from error
    return _found_with(admin, {topic.topic for topic in topics})


def _found_with(admin: AdminClient, made: set[str]) -> dict[str, FoundTopic]:
    """Look until the broker that we ask has heard of the topics that were made."""
    found = find_topics(admin)
    for _ in range(NEWS_TRIES):
        if made <= found.keys():
            return found
        time.sleep(NEWS_S)
        found = find_topics(admin)
    raise WorkerFatal(f"kafka does not show `{min(made - found.keys())}`, which was just made")


def check_topics(
    admin: AdminClient, settings: Settings, layout: TopicLayout, found: Mapping[str, FoundTopic]
) -> None:
    """See that nothing we write can be lost by the way its topic is set; raises WorkerFatal."""
    least = settings.kafka.min_replication
    topics = layout.topics
    live = (topics.playbooks,) if settings.playbooks else ()
    tables = (topics.customer_contexts, topics.identity_aliases, *live)
    for name in (*tables, topics.customer_events, topics.dead_letters):
        if name in found and found[name].replication < least:
            raise WorkerFatal(
                f"topic `{name}` has {found[name].replication} replicas, and "
                f"`kafka.min_replication` asks for {least}; raise the one or lower the other"
            )
    for name in tables:
        policy = configuration(admin, name).get("cleanup.policy")
        if policy != "compact":
            raise WorkerFatal(
                f"topic `{name}` has `cleanup.policy={policy}`, which loses what is in it; "
                "set it to `compact`"
            )


def configuration(admin: AdminClient, topic: str) -> dict[str, str]:
    """The settings of a topic."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    answer = admin.describe_configs([resource], request_timeout=ANSWER_S)[resource]
    try:
        found = answer_of(answer, ANSWER_S)
    except KafkaException as error:
        raise _no_answer(error, f"kafka does not tell how `{topic}` is set") from error
    return {name: entry.value for name, entry in found.items()}


def _new(topic: Topic, settings: Settings, partitions: int) -> NewTopic:
    together = topic.partitions == "as_customer_events"
    return NewTopic(
        topic.name,
        num_partitions=partitions if together else settings.kafka.partitions,
        replication_factor=settings.kafka.replication,
        config=dict(topic.config),
    )


def _least_replicated(partitions: Iterable[object]) -> int:
    return min((len(getattr(each, "replicas", ())) for each in partitions), default=0)
