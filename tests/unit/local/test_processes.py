"""Children that belong together are missed as soon as one is gone, and end together."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from legato.local import Processes, ProcessGone, wait_until

SHELL = shutil.which("sh") or "/bin/sh"


def test_one_that_ends_by_itself_is_missed_with_its_last_words(tmp_path: Path) -> None:
    def is_missed() -> bool:
        try:
            processes.see()
        except ProcessGone as error:
            return str(error) == "the email adapter is gone: no mail server"
        return False

    with Processes(tmp_path) as processes:
        processes.start("worker", [SHELL, "-c", "exec sleep 60"])
        processes.see()
        told = {"WHY": "no mail server"}
        processes.start("email adapter", [SHELL, "-c", 'echo "$WHY"; exit 1'], told)
        wait_until(is_missed, "it to be missed", deadline_s=10)
    assert (tmp_path / "email-adapter.log").read_text() == "no mail server\n"


def test_all_are_stopped_however_it_ends(tmp_path: Path) -> None:
    before = {*psutil.Process().children(recursive=True)}
    with pytest.raises(ValueError, match="as it ends"), Processes(tmp_path) as processes:
        for name in ("worker", "view"):
            processes.start(name, [SHELL, "-c", "exec sleep 60"])
        started = {*psutil.Process().children(recursive=True)} - before
        assert len(started) >= 2
        raise ValueError("as it ends")
    assert not psutil.wait_procs(list(started), timeout=5)[1]
