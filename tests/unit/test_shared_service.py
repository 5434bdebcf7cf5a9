from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

from tests.integration.shared_service import shared_service


class Server:
    """Counts how often it was started and stopped."""

    def __init__(self) -> None:
        self.diary: list[str] = []

    @contextmanager
    def start(self) -> Iterator[str]:
        self.diary.append("started")
        yield f"address {self.diary.count('started')}"
        self.diary.append("stopped")


def test_users_at_one_time_share_a_server_that_outlives_them_all(tmp_path: Path) -> None:
    server, together = Server(), Barrier(3)

    def use() -> str:
        with shared_service(tmp_path / "server", server.start) as address:
            together.wait(timeout=20)
            server.diary.append("used")
        return address

    with ThreadPoolExecutor(3) as pool:
        users = [pool.submit(use) for _ in range(3)]
    assert {user.result() for user in users} == {"address 1"}
    assert server.diary == ["started", "used", "used", "used", "stopped"]


def test_who_comes_after_the_end_starts_a_new_one(tmp_path: Path) -> None:
    server = Server()
    for turn in (1, 2):
        with shared_service(tmp_path / "server", server.start) as address:
            assert address == f"address {turn}"
    assert server.diary == ["started", "stopped"] * 2
