"""deploy/helm/legato as Helm renders it; `python -m tests.contract.helm` builds Helm, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tests.contract.compose import ROOT

Manifest = dict[str, Any]
Values = Mapping[str, Any]

CHART = ROOT / "deploy" / "helm" / "legato"
HELM_VERSION = "3.22.0"
HELM_PLACE = f"helm.sh/helm/v3/cmd/helm@v{HELM_VERSION}"
KUBERNETES = "1.32.0"
"""What a cluster would say it is; one built by Go says 1.20."""
RELEASE = "shop"
VALUES: dict[str, Values] = {
    "defaults": {},
    **{
        path.name.removesuffix("-values.yaml"): yaml.safe_load(path.read_text())
        for path in sorted((CHART / "ci").glob("*-values.yaml"))
    },
}
"""What the chart is tried with."""
SCALED: Values = {"workers": {"keda": {"enabled": True}}}
FOREIGN = ("PodMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication")
"""Kinds that others bring to a cluster."""


def helm(*words: str, values: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run Helm on the chart; skip where there is none, in CI too: it takes minutes to build."""
    binary = _found()
    if binary is None:
        pytest.skip("`helm` is not installed; `make helm` builds it")
    verb, *rest = words
    command = [binary, verb, *rest, str(CHART), "--kube-version", KUBERNETES, "--values", "-"]
    return subprocess.run(command, input=values.decode(), capture_output=True, text=True)


def render(values: Values | None = None) -> list[Manifest]:
    """Render the chart with these values over its own."""
    text = _rendered(msgspec.json.encode(values or {}))
    return [each for each in yaml.safe_load_all(text) if each]


def of_kind(manifests: Iterable[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Take the manifests of some kinds, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] in kinds}


def refusal(values: Values) -> str:
    """Say why the chart is not rendered with these values; fails if it is."""
    run = helm("template", RELEASE, values=msgspec.json.encode(values))
    assert run.returncode != 0, "nothing was refused"
    return run.stderr


@cache
def _rendered(values: bytes) -> str:
    run = helm("template", RELEASE, values=values)
    assert run.returncode == 0, run.stderr
    return run.stdout


def _found() -> str | None:
    built = _built()
    return str(built) if built.exists() else shutil.which("helm")


def _built() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "legato" / f"helm-{HELM_VERSION}" / "helm"


def build() -> None:
    """Build Helm into the user's cache, if it is not there."""
    built = _built()
    if built.exists():
        return
    if shutil.which("go") is None:
        sys.exit("`go` is not on the PATH: install Go, which builds Helm once")
    print(f"building Helm {HELM_VERSION}, once, which takes minutes ...", file=sys.stderr)
    built.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent.parent) as scratch:
        told = {**os.environ, "GOBIN": str(Path(scratch) / built.parent.name)}
        subprocess.run(["go", "install", HELM_PLACE], env=told, check=True)
        (Path(scratch) / built.parent.name).rename(built.parent)
    print(f"built {built}", file=sys.stderr)


if __name__ == "__main__":
    build()
