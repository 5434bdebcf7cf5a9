"""Pages open in a browser with a window, and never in one that takes the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OPEN = """
import threading
from legato.cli.browser import open_pages
open_pages(["http://localhost:1/", "http://localhost:2/pages/"])
for each in threading.enumerate():
    if each is not threading.current_thread():
        each.join()
"""


def opened(folder: Path, browser: str) -> list[str]:
    """What a browser of this name is told to open."""
    told, program = folder / "told", folder / browser
    program.write_text(f'#!/bin/sh\necho "$1" >> {told}\n')
    program.chmod(0o755)
    environ = {**os.environ, "BROWSER": str(program)}
    subprocess.run([sys.executable, "-c", OPEN], env=environ, check=True, timeout=60)
    return told.read_text().split() if told.exists() else []


def test_all_of_them_open_in_a_browser_of_ones_choice(tmp_path: Path) -> None:
    assert opened(tmp_path, "mine") == ["http://localhost:1/", "http://localhost:2/pages/"]


@pytest.mark.parametrize("browser", ["w3m", "lynx"])
def test_none_opens_in_the_terminal(browser: str, tmp_path: Path) -> None:
    assert opened(tmp_path, browser) == []


def test_where_there_is_none_nothing_happens(tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", OPEN], env=bare, check=True, timeout=60)
