"""Pods of the chart as processes of this machine: their words, environment, files and probes.

What is changed is only what a container gives: its folders, and an address of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from legato.local import Child, wait_until
from tests.contract.helm import Manifest
from tests.contract.pods import Secrets, Workload, files
from tests.integration.legato_command import LEGATO

FOLDER = re.compile(r"/etc/legato|/run/secrets/legato|0\.0\.0\.0")


class Node:
    """Where pods of one rendering run, with the Secrets of their cluster."""

    def __init__(self, manifests: list[Manifest], secrets: Secrets, folder: Path) -> None:
        self.manifests, self._secrets, self._folder = manifests, secrets, folder

    @contextmanager
    def running(self, workload: Workload, ordinal: int = 0) -> Iterator[PodProcess]:
        """Run a pod of a workload until the block is over, once its probes say it started."""
        pod = PodProcess(workload, self._started(workload, f"{workload.name}-{ordinal}"))
        try:
            yield pod
        finally:
            pod.child.stop(workload.pod["terminationGracePeriodSeconds"])

    def once(self, workload: Workload) -> subprocess.CompletedProcess[str]:
        """Run a pod to its end."""
        command, told = self._prepared(workload, workload.name)
        return subprocess.run(command, env=told, capture_output=True, text=True, timeout=60)

    def _started(self, workload: Workload, name: str) -> Child:
        command, told = self._prepared(workload, name)
        return Child(command, self._folder / f"{name}.log", told)

    def _prepared(self, workload: Workload, name: str) -> tuple[list[str], dict[str, str]]:
        own = self._folder / name
        own.mkdir(parents=True, exist_ok=True)
        self._mount(workload, own)
        told = workload.environment(self._secrets, name)
        there = {variable: _here(value, own) for variable, value in told.items()}
        return [*LEGATO, *workload.container["args"]], there

    def _mount(self, workload: Workload, own: Path) -> None:
        """Lay the files of its volumes where it will look for them."""
        found: dict[str, dict[str, str]] = {}
        for volume in workload.pod["volumes"]:
            if "configMap" in volume:
                found[volume["name"]] = files(self.manifests)
            elif "secret" in volume:
                found[volume["name"]] = dict(self._secrets[volume["secret"]["secretName"]])
        for mount in workload.container["volumeMounts"]:
            folder = Path(_here(mount["mountPath"], own))
            for name, text in found.get(mount["name"], {}).items():
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(_here(text, own))


class PodProcess:
    """A pod that runs, asked as the kubelet asks it."""

    def __init__(self, workload: Workload, child: Child) -> None:
        self.child, self._workload = child, workload
        self._wait("startupProbe")

    def wait_ready(self) -> None:
        """Wait until it may be sent to, and a roll would go on."""
        self._wait("readinessProbe")
        assert self._answers("livenessProbe")

    def _wait(self, probe: str) -> None:
        try:
            wait_until(
                lambda: self._answers(probe),
                f"the {probe} of `{self._workload.name}`",
                deadline_s=90,
                cancelled=self.child.exited,
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it said {self.child.last_words(20)}") from None

    def _answers(self, probe: str) -> bool:
        asked: dict[str, Any] = self._workload.container[probe]
        if "exec" in asked:
            program, *words = asked["exec"]["command"]
            assert program == "python"
            limit = asked["timeoutSeconds"] * 5  # a machine under load is no reason
            run = subprocess.run([sys.executable, *words], capture_output=True, timeout=limit)
            return run.returncode == 0
        port = self._workload.ports[asked["httpGet"]["port"]]
        return _status(f"http://127.0.0.1:{port}{asked['httpGet']['path']}") == 200


def _status(url: str) -> int:
    """Ask for a page: its status, 0 while nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _here(text: str, own: Path) -> str:
    """Write paths and addresses of a container as they are on this machine."""
    return FOLDER.sub(
        lambda there: "127.0.0.1" if there[0] == "0.0.0.0" else f"{own}{there[0]}", text
    )
