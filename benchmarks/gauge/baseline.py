"""What an event cost when it was last looked at and accepted."""

from __future__ import annotations

import platform
import sysconfig
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("baseline.json")
IN_C = ("msgspec", "confluent-kafka")
"""Packages whose own code is a good part of an event."""


class Baseline(msgspec.Struct, frozen=True):
    """Costs by name: instructions an event, and CPU an event in those of a bare loop."""

    made_by: str
    instructions: Mapping[str, int]
    on_kafka: Mapping[str, float]


def made_by() -> str:
    """Name what runs the code: another interpreter takes other instructions for the same."""
    optimised = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))
    build = "optimised" if optimised else "not optimised"
    packages = ", ".join(f"{name} {version(name)}" for name in IN_C)
    return (
        f"{platform.python_implementation()} {platform.python_version()} ({build}, "
        f"{platform.python_compiler()}), {packages}, {platform.machine()}"
    )


def read() -> Baseline:
    """Read what is committed."""
    return msgspec.json.decode(FILE.read_bytes(), type=Baseline)


def write(baseline: Baseline) -> None:
    """Put another in its place."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(baseline), indent=2) + b"\n")
