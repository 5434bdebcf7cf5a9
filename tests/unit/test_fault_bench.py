"""The tools of the fault bench do what their rows rely on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice

import pytest

from legato.core.values.ids import murmur2
from legato.local import free_port, wait_until
from tests.faults.java_hash import java_hash
from tests.faults.page import BEGIN, END, PAGE
from tests.faults.proxy import Proxy
from tests.faults.rows import FAMILIES, ROWS
from tests.faults.signals import lines
from tests.faults.tale import PARTITIONS, Act, live_tale, place_of, probes, tale


@contextmanager
def echo() -> Iterator[str]:
    """A server that says back whatever it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def _answer(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        while data := connection.recv(100):
            connection.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with echo() as server, Proxy(f"127.0.0.1:{free_port()}", server) as proxy:
        yield proxy


def connect(proxy: Proxy) -> socket.socket:
    host, port = proxy.listens.split(":")
    return socket.create_connection((host, int(port)), timeout=2)


def says_back(connection: socket.socket) -> bytes:
    connection.settimeout(0.3)
    connection.sendall(b"hello")
    try:
        return connection.recv(100)
    except TimeoutError:
        return b"(silence)"


def test_it_passes_on(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert says_back(connection) == b"hello"


@pytest.mark.parametrize("mode", ["deaf", "mute"])
def test_it_loses_one_way_without_a_word(proxy: Proxy, mode: str) -> None:
    with connect(proxy) as connection:
        assert says_back(connection) == b"hello"
        proxy.become(mode)  # type: ignore[arg-type]
        assert says_back(connection) == b"(silence)"
        proxy.become("pass")
        assert says_back(connection) == b"hello"


def test_it_closes_and_refuses_and_takes_back(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert says_back(connection) == b"hello"
        proxy.become("drop")
        assert connection.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.become("pass")
    with connect(proxy) as connection:
        assert says_back(connection) == b"hello"


def test_it_resets(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert says_back(connection) == b"hello"
        proxy.become("reset")
        with pytest.raises(ConnectionResetError):
            wait_until(lambda: connection.recv(100) == b"never", "a reset", deadline_s=2)


def test_it_takes_its_time(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.become("delay", 0.2)
        assert says_back(connection) == b"(silence)"
        connection.settimeout(2)
        assert connection.recv(100) == b"hello"


def test_a_name_is_kept_where_java_says() -> None:
    assert java_hash("abc") == 96354
    assert java_hash("faults.group-w-0") >= 0


def home_of(act: Act) -> int:
    return place_of(act) if act.source == "till" else murmur2(act.key[::-1]) % 4


def test_a_tale_is_in_order_and_probes_go_through_every_partition() -> None:
    acts = tale(3, 600)
    times = [act.what.time for act in acts]
    assert times == sorted(times)
    assert {act.source for act in acts} == PARTITIONS.keys()
    told = probes(1, times[-1], home_of).values()
    assert {place_of(act) for act in told if act.source == "till"} == set(range(4))
    assert len({act.what.id for act in islice(live_tale(), 200)}) == 200


def test_lines_of_ours_and_of_librdkafka_have_their_time() -> None:
    ours = "2026-11-29 03:25:37,831 WARNING legato: kafka does not answer"
    theirs = "%3|1795922737.471|FAIL|w-0#consumer-4| [thrd:x]: refused"
    (one, _), (other, _) = lines(f"{ours}\n  a stack\n{theirs}\n")
    assert other == 1795922737.471
    assert one % 1 == pytest.approx(0.831)


def test_every_row_has_a_name_of_its_own_and_a_line_on_the_page() -> None:
    assert len(ROWS) == sum(map(len, FAMILIES.values()))
    before, _, rest = PAGE.read_text().partition(BEGIN)
    assert before and END in rest
    assert [name for name in ROWS if f"`{name}`" not in rest] == []
