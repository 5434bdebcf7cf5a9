"""Puts an adapter together: its module, what it is given, its process and its port."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiokafka.errors import KafkaConnectionError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from msgspec import Struct
from msgspec.structs import replace

from legato.adapter import Content, Deliver, Setup
from legato.adapter_module import AdapterError, AdapterModule, find_adapter
from legato.hanging import HangWatch, Leave, ended_if_hung
from legato.kafka import client_config
from legato.probes import Pages, Probes
from legato.queries.errors import KafkaAway
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.serving.adapters.plan import AdapterPlan, Watcher
from legato.serving.adapters.process import AdapterProcess
from legato.serving.adapters.ready_made import READY_MADE
from legato.settings import AdapterSettings, ContentSettings, Settings
from legato.wire.topics.names import Topic, Topics

log = logging.getLogger(__name__)
ANSWER_S = 10.0


class PlannedAdapter(Struct, frozen=True):
    """An adapter that can be run: its plan, its module, and its options as it reads them."""

    plan: AdapterPlan
    module: AdapterModule
    options: object


def plan_adapter(
    settings: Settings,
    name: str,
    channels: tuple[str, ...] = (),
    watch: Watcher | None = None,
) -> PlannedAdapter:
    """Find an adapter by its table, its name or its file, and read its options.

    A file has the table, and the group, that is called as it is without its ending.

    Raises AdapterError if there is none, if its options make no sense, or if nobody says whose
    actions it takes.
    """
    is_file = name.endswith(".py")
    called = Path(name).stem if is_file else name
    table = settings.adapters.get(called, AdapterSettings())
    use = name if is_file else table.use or name
    module = find_adapter(use, READY_MADE)
    wanted = channels or table.channels or module.channels
    if not wanted and use != "log":
        raise AdapterError(
            f"nobody says whose actions `{name}` takes; set its `channels`, or name --channels"
        )
    options = module.options(table.options)
    return PlannedAdapter(AdapterPlan(called, settings, table, wanted, watch), module, options)


def run_adapter(planned: PlannedAdapter, leave: Leave | None = None) -> int:
    """Run it until SIGTERM; `leave` ends it where it hangs.

    Raises KafkaAway, AdapterError, ContentError, SettingsError.
    """
    gc.freeze()  # what stands now lives as long as we do: no collection need walk it
    _see_topics(planned.plan)
    try:
        asyncio.run(_run(planned, leave))
    except KafkaConnectionError:
        raise KafkaAway.at(planned.plan.settings.kafka.bootstrap) from None
    log.info("stopped; what was under way is reported, and committed")
    return 0


async def _run(planned: PlannedAdapter, leave: Leave | None) -> None:
    plan = planned.plan
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with opened_adapter(planned) as deliver:
        process = AdapterProcess(plan)
        watch = HangWatch(process.health.not_alive, stop.is_set)
        with _probes(process, plan.adapter, plan.name), ended_if_hung(watch, leave):
            log.info("delivering as `%s`", plan.group)
            await process.run(deliver, stop)


@asynccontextmanager
async def opened_adapter(planned: PlannedAdapter) -> AsyncIterator[Deliver]:
    """Have an adapter ready to deliver, with content where `[content]` or itself asks for it.

    Raises ContentError, SettingsError, and what its `connect` does.
    """
    plan, module = planned.plan, planned.module
    async with AsyncExitStack() as stack:
        content: Content | None = None
        if module.wants_content or plan.settings.content != ContentSettings():
            from legato.serving.adapters.content_source import open_content_source

            content = await open_content_source(plan.settings, stack)
        setup = Setup(plan.name, plan.channels, planned.options, content, plan.settings)
        yield await stack.enter_async_context(module.open(setup))


def _probes(process: AdapterProcess, adapter: AdapterSettings, name: str) -> Probes:
    checks = {"/livez": process.health.not_alive, "/readyz": process.health.not_ready}
    pages = Pages(process.metrics.registry, checks)
    remedy = f"set `port` of `[adapters.{name}]` to another, or to 0"
    return Probes(adapter.host, adapter.port, pages, remedy)


def _see_topics(plan: AdapterPlan) -> None:
    """See that Kafka is there, and what long waits need; raises KafkaAway, AdapterError."""
    settings = plan.settings
    wanted = topics_of(settings).adapter_holds
    with TopicReader(settings) as reader:
        if reader.partitions(wanted.__eq__):
            return
    if not settings.kafka.create_topics:
        raise AdapterError(
            f"the topic `{wanted}` is missing; create it with `legato topics create`"
        )
    _create(settings, _holds_topic(settings, wanted))


def _holds_topic(settings: Settings, wanted: str) -> Topic:
    topics = Topics(settings.kafka.prefix).all((), beside=True)
    return next(each for each in topics if each.name == wanted)


def _create(settings: Settings, topic: Topic) -> None:
    kafka = settings.kafka
    config: Mapping[str, str] = topic.config
    new = NewTopic(topic.name, kafka.partitions, kafka.replication, config=dict(config))
    admin = AdminClient(client_config(settings, **{"log_level": 0}))
    try:
        for answer in admin.create_topics([new]).values():
            answer.result(ANSWER_S)
    except KafkaException as error:
        if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
            raise


def with_table(settings: Settings, name: str, adapter: AdapterSettings) -> Settings:
    """Return the settings with a table for an adapter that has none."""
    if name in settings.adapters:
        return settings
    return replace(settings, adapters={**settings.adapters, name: adapter})
