"""One server for all test processes of a run."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path


@contextmanager
def shared_service(
    file: Path, start: Callable[[], AbstractContextManager[str]]
) -> Iterator[str]:
    """Hand out the address of one server: the first process starts it, and outlives the rest.

    `file` holds the address. Its users hold a shared lock beside it; who started the server
    stops it once the lock can be had alone.
    """
    with ExitStack() as stack:
        users = stack.enter_context(file.with_suffix(".users").open("a"))
        with file.open("a+") as record:
            fcntl.flock(record, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            record.seek(0)
            address = record.read()
            if not address:
                address = stack.enter_context(start())
                stack.callback(_close, file, users.fileno())
                record.write(address)
        yield address


def _close(file: Path, users: int) -> None:
    """Wait for the last user, then let nobody find the server any more."""
    fcntl.flock(users, fcntl.LOCK_EX)
    os.truncate(file, 0)
