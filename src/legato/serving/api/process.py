"""The process of `legato api`: its clients, its port, its start and its end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import uvicorn
import uvloop
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from legato.hanging import HangWatch, Leave, ended_if_hung
from legato.kafka import client_config
from legato.logs import ClientLog
from legato.probes import Pages, Probes
from legato.serving.api.access import Access
from legato.serving.api.app import make_app
from legato.serving.api.beside import MakeBeside, Refreshed, ServedBeside
from legato.serving.api.keys import KeyRing
from legato.serving.api.notices import STREAMS_MOST
from legato.serving.api.open_files import let_files_open
from legato.serving.api.producer import EventProducer
from legato.serving.api.state import ApiState
from legato.settings import ApiSettings, Settings, SettingsError
from legato.wire.formats.registry import FileRegistry

log = logging.getLogger(__name__)

KEYS_EVERY_S = 2.0
KAFKA_S = 10.0
END_S = 20
"""How long requests may still run after SIGTERM."""
KEEP_ALIVE_S = 75
"""Longer than balancers keep what is idle (60 s): else they send on closed connections."""
BACKLOG = 1_024
METRICS_PORT = "set `api.metrics_port` to another, or to 0"


def run(
    settings: Settings, leave: Leave | None = None, beside: MakeBeside | None = None
) -> int:
    """Answer until SIGTERM or ctrl-c; returns the exit code. What hangs, `leave` ends.

    `beside` makes what else is served.

    Raises SettingsError for what makes no sense, such as a port that is taken. Avro is read by
    the schemas that Legato ships alone: to ask a registry would keep all others waiting.
    """
    api = settings.api
    let_files_open(STREAMS_MOST)
    keys = KeyRing(Path(api.keys_file))
    with closing(listen(api)) as listening, closing(EventProducer(settings)) as producer:
        state = ApiState(settings, Access(keys, api.rate), FileRegistry(), producer)
        served = beside(state) if beside else ServedBeside()
        see_topics(settings, state.sources.topics | {state.audit.topic})
        checks = {"/livez": state.not_alive, "/readyz": state.not_ready}
        pages = Pages(state.metrics.registry, checks)
        with (
            Probes(api.metrics_host, api.metrics_port, pages, METRICS_PORT),
            ended_if_hung(HangWatch(state.not_alive, lambda: state.ending), leave),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            state_files: list[Refreshed] = [keys, state.sources.secrets, *served.files]
            failed = runner.run(_serve(state, state_files, listening, served))
    log.info("stopped; what was promised is in kafka")
    return int(failed)


async def _serve(
    state: ApiState,
    files: Sequence[Refreshed],
    listening: socket.socket,
    served: ServedBeside,
) -> bool:
    """Answer on this socket until told to end; says whether it ended by a fault."""
    api = state.settings.api
    config = uvicorn.Config(
        make_app(state, served.routes),
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(api.proxies),
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=END_S,
        backlog=BACKLOG,
    )
    server = _ApiServer(config, state)
    beside = [
        asyncio.ensure_future(each)
        for each in (
            _refresh(state, files),
            state.notices.run(),
            *(run() for run in served.running),
        )
    ]
    for task in beside:
        task.add_done_callback(server.lose)
    try:
        await server.serve([listening])
    finally:
        for task in beside:
            task.cancel()
        await state.customers.close()
    return server.failed


class _ApiServer(uvicorn.Server):
    """uvicorn's server, that says when it answers, and leaves the end to who runs it."""

    def __init__(self, config: uvicorn.Config, state: ApiState) -> None:
        super().__init__(config)
        self.failed = False
        self._state = state

    def lose(self, task: asyncio.Future[None]) -> None:
        """End where something beside the requests ended by itself."""
        if not task.cancelled():
            log.error("the API itself failed", exc_info=task.exception())
            self.failed = self.should_exit = True

    def end(self, number: int) -> None:
        """Take no new requests; streams end at once, since they would never by themselves."""
        self._state.ending = True
        self._state.notices.let_all_go()
        self.handle_exit(number, None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            host, port = each.getsockname()[:2]
            log.info("answering on `http://%s:%s`", host, port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGTERM and ctrl-c; uvicorn's own would send them once more at the end."""
        loop, signals = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self.end, number)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


async def _refresh(state: ApiState, files: Sequence[Refreshed]) -> None:
    """Look every few seconds whether keys or secrets changed; it turns as the loop does."""
    while True:
        await asyncio.sleep(KEYS_EVERY_S)
        state.beat()
        for each in files:
            each.refresh()


def listen(api: ApiSettings) -> socket.socket:
    """Take the port; raises SettingsError where it cannot be had."""
    family = socket.AF_INET6 if ":" in api.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((api.host, api.port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"cannot listen on `{api.host}:{api.port}`: {error.strerror}; "
            "set `api.port` to another"
        ) from None
    return listening


def see_topics(settings: Settings, topics: set[str]) -> None:
    """See that the topics are there; raises SettingsError if one is not, or Kafka is away."""
    admin = AdminClient(client_config(settings), logger=ClientLog("api"))
    try:
        known = admin.list_topics(timeout=KAFKA_S).topics
    except KafkaException as error:
        raise SettingsError(
            f"no Kafka answers at `{settings.kafka.bootstrap}` ({error.args[0].str()}); "
            "see `kafka.bootstrap`"
        ) from None
    if missing := sorted(topics - known.keys()):
        raise SettingsError(
            f"there is no topic `{'`, `'.join(missing)}`; create those of Legato with `legato "
            "topics create`, and those of your sources as you create yours"
        )
