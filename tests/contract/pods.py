"""The pods of a chart as a node would run them: environment, files, ports and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from legato.settings import Settings, load
from tests.contract.helm import Manifest, of_kind

RUNNING = ("StatefulSet", "Deployment")
_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
"""`$(NAME)` in a variable, and `$$`, which stands for one `$`."""

Secrets = Mapping[str, Mapping[str, str]]
"""What a cluster keeps: Secret -> key -> value."""


class Workload(Struct, frozen=True):
    """What runs: a StatefulSet, a Deployment, a Job, a pod; `pod` is what its pods are like."""

    kind: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    pod: Mapping[str, Any]

    @property
    def component(self) -> str:
        """Which of our processes it runs."""
        return self.labels["app.kubernetes.io/component"]

    @property
    def container(self) -> Manifest:
        """Its one container."""
        (found,) = self.pod["containers"]
        return dict(found)

    @property
    def ports(self) -> Mapping[str, int]:
        """Its ports by name."""
        return {port["name"]: port["containerPort"] for port in self.container["ports"]}

    def environment(self, secrets: Secrets, pod: str = "pod") -> dict[str, str]:
        """Tell the environment of a pod of this name, as Kubernetes expands it."""
        told: dict[str, str] = {}
        for each in self.container["env"]:
            told[each["name"]] = _value(each, secrets, pod, told)
        return told

    def secrets(self) -> Secrets:
        """Make up the Secrets that it asks for, each value of its own."""
        found: dict[str, dict[str, str]] = {}
        for each in self.container["env"]:
            if asked := each.get("valueFrom", {}).get("secretKeyRef"):
                value = (
                    '{"0": "former"}' if "PREVIOUS" in each["name"] else f"of {each['name']}"
                )
                found.setdefault(asked["name"], {})[asked["key"]] = value
        return found


def workloads(manifests: Iterable[Manifest]) -> list[Workload]:
    """List what goes on running."""
    return [_workload(each) for each in of_kind(manifests, *RUNNING).values()]


def alone(manifests: Iterable[Manifest]) -> list[Workload]:
    """List what runs once: jobs and tests."""
    kept = list(manifests)
    jobs = [_workload(each) for each in of_kind(kept, "Job").values()]
    return jobs + [_made(each, each) for each in of_kind(kept, "Pod").values()]


def named(manifests: Iterable[Manifest], ending: str) -> Workload:
    """Find a workload by how its name ends."""
    (found,) = (each for each in workloads(manifests) if each.name.endswith(ending))
    return found


def files(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Tell the files that every pod finds in /etc/legato."""
    (found,) = of_kind(manifests, "ConfigMap").values()
    return dict(found["data"])


def settings_of(manifests: list[Manifest], workload: Workload, folder: Path) -> Settings:
    """Read the settings as a pod of a workload does; raises SettingsError."""
    file = folder / "legato.toml"
    file.write_text(files(manifests)["legato.toml"])
    told = workload.environment(workload.secrets(), f"{workload.name}-0")
    return load(file, told)


def variables(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    """Yield each entry of an environment."""
    kept = list(manifests)
    for workload in (*workloads(kept), *alone(kept)):
        yield from workload.container["env"]


def _workload(manifest: Manifest) -> Workload:
    return _made(manifest, manifest["spec"]["template"])


def _made(manifest: Manifest, template: Manifest) -> Workload:
    head = template["metadata"]
    name = manifest["metadata"]["name"]
    about = head["labels"], head.get("annotations", {})
    return Workload(manifest["kind"], name, *about, template["spec"])


def _value(each: Manifest, secrets: Secrets, pod: str, told: Mapping[str, str]) -> str:
    source = each.get("valueFrom", {})
    if asked := source.get("secretKeyRef"):
        return secrets[asked["name"]][asked["key"]]
    if source.get("fieldRef") == {"fieldPath": "metadata.name"}:
        return pod
    value: str = each["value"]
    return _REFERENCE.sub(lambda there: _expanded(there, told), value)


def _expanded(there: re.Match[str], told: Mapping[str, str]) -> str:
    """Expand one reference; one to what is not told before stays as it is written."""
    return "$" if there[0] == "$$" else told.get(there[1], there[0])
