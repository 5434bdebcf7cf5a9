"""Build the Java peers by Maven, and run them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from functools import cache

from benchmarks.engines.engine import (
    ROOT,
    Engine,
    Job,
    Start,
    create_output_and_states,
    told_states,
)
from benchmarks.engines.watch import all_told, said
from benchmarks.rules import FULL

PEERS = ROOT / "benchmarks" / "peers"


@cache
def build() -> str:
    """Compile the peers, gather their libraries, and return the `java` that runs them."""
    maven, java = shutil.which("mvn"), shutil.which("java")
    if maven is None or java is None:
        raise RuntimeError("the Java peers need `java` 17 and `mvn`: install both, run again")
    make = [maven, "-q", "-B", "-f", str(PEERS / "pom.xml"), "package"]
    made = subprocess.run(make, check=False, capture_output=True, text=True)
    if made.returncode:
        raise RuntimeError(f"`mvn package` failed in benchmarks/peers:\n{made.stdout[-2000:]}")
    return java


def run_java(module: str, main: str, flags: tuple[str, ...], *arguments: str) -> list[str]:
    """Return the command line of a peer's main class, built if need be."""
    target = PEERS / module / "target"
    classpath = f"{target / 'classes'}:{target / 'libs'}/*"
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return [build(), *flags, quiet, "-cp", classpath, main, *arguments]


def run_full(
    module: str, flags: tuple[str, ...], arguments: Iterable[str]
) -> Callable[[Job], Start]:
    """Return how to start a peer by RULES-FULL.md."""

    def start(job: Job) -> Start:
        return Start(run_java(module, f"bench.{module}.full.FullPeer", flags, *arguments))

    return start


def full_engine(name: str, module: str, config: str, start: Callable[[Job], Start]) -> Engine:
    """Return a peer by RULES-FULL.md, which tells all it knows when it is done."""
    sources = "src/main/java/bench"
    return Engine(
        name=name,
        config=config,
        start=start,
        progress=said,
        create_topics=create_output_and_states,
        rules=FULL,
        known=told_states,
        settle=all_told,
        code=(
            f"peers/rule/{sources}/full",
            f"peers/{module}/{sources}/{module}/full",
            f"peers/{module}/{sources}/{module}/Connectors.java",
        ),
    )
