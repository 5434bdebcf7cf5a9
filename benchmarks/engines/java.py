"""Build the Java peers by Maven, and run them."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from benchmarks.engines.engine import ROOT

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
