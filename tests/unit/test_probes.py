import socket
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Counter

from legato.local import free_port
from legato.probes import Pages, Probes
from legato.settings import SettingsError

REMEDY = "set `music.port` to another"


def pages() -> Pages:
    registry = CollectorRegistry()
    Counter("notes", "Notes played.", registry=registry).inc(3)
    return Pages(registry, {"/livez": lambda: "", "/readyz": lambda: "not yet"})


def test_metrics_are_shown() -> None:
    assert b"notes_total 3.0" in pages().answer("/metrics")[2]


def test_a_check_without_obstacle_is_ok() -> None:
    assert pages().answer("/livez") == (200, "text/plain; charset=utf-8", b"ok\n")


def test_a_check_tells_its_obstacle() -> None:
    status, _, body = pages().answer("/readyz")
    assert (status, body) == (503, b"not yet\n")


def test_an_unknown_page_names_the_others() -> None:
    status, _, body = pages().answer("/")
    assert (status, body) == (
        404,
        b"nothing here; ask for `/metrics`, `/livez`, `/readyz`\n",
    )


def test_pages_are_served_until_the_end() -> None:
    port = free_port()
    with (
        Probes("127.0.0.1", port, pages(), REMEDY),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/livez") as answer,
    ):
        assert answer.read() == b"ok\n"
    with Probes("127.0.0.1", port, pages(), REMEDY):
        pass


def test_a_taken_port_is_said() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"`127.0.0.1:{port}`: .+; {REMEDY}$"):
            Probes("127.0.0.1", port, pages(), REMEDY)


def test_port_0_listens_nowhere() -> None:
    with Probes("127.0.0.1", 0, pages(), REMEDY) as probes:
        assert probes is not None
