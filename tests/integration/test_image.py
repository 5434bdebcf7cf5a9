"""What deploy/Dockerfile copies and runs makes a Legato that works, also without Docker."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.contract.compose import ROOT
from tests.contract.dockerfile import copied, environment, of, stages
from tests.integration.on_this_machine import program


def test_the_build_stage_makes_a_legato_that_runs(tmp_path: Path) -> None:
    uv = program("uv")
    build = stages()[0]
    for source in copied(build):
        _copy(ROOT / source, tmp_path / source)
    told = {**os.environ, **environment(build), "UV_PYTHON": "3.11"}
    told.pop("VIRTUAL_ENV", None)
    for line in of(build, "RUN"):
        if line.words()[0] == "uv":
            command = [uv, *line.words()[1:]]
            subprocess.run(command, cwd=tmp_path, env=told, check=True, capture_output=True)

    legato = tmp_path / ".venv" / "bin" / "legato"
    shutil.rmtree(tmp_path / "src")
    for words in (["--version"], ["worker", "--help"], ["view", "redis", "--help"], ["check"]):
        run = subprocess.run([legato, *words], cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, symlinks=True)
    else:
        shutil.copy(source, to)
