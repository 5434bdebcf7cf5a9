"""The API takes as many open files as it may have, and says where these are too few."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import logging
from legato.serving.api.open_files import let_files_open
logging.basicConfig(format="%(message)s")
print(let_files_open(1_000))
"""


def started_with(limits: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'{limits} && exec "$0" -c "$1"', sys.executable, SCRIPT]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_what_a_login_allows_is_raised_to_what_the_system_does() -> None:
    told = started_with("ulimit -Sn 300 && ulimit -Hn 4000")
    assert (told.stdout, told.stderr) == ("4000\n", "")


def test_too_few_are_told_of_with_how_many_there_should_be() -> None:
    told = started_with("ulimit -n 1024")
    assert told.stdout == "1024\n"
    assert "only `1024` files may be open, too few for 1000 streams" in told.stderr
    assert "allow `1500`" in told.stderr
