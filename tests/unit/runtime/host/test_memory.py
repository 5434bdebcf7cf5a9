"""Where the memory of a worker is taken from."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

STATS = """
import ctypes, threading
from legato.runtime.host.memory import share_one_heap

share_one_heap()
threads = [threading.Thread(target=lambda: bytes(5_000)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_stats"), reason="not with glibc")
def test_all_threads_share_one_heap() -> None:
    command = [sys.executable, "-c", STATS]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert told.count("Arena ") == 1
