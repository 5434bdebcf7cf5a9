"""Apache Kafka's jars, fetched once by Maven into the user's cache."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from legato.local.unavailable import ServiceUnavailable

KAFKA_VERSION = "4.1.2"
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
PATIENCE_S = 900

POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>legato.local</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""


def tell(line: str) -> None:
    """Say one line to the person at the terminal."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def kafka_jars(say: Callable[[str], None] = tell) -> Path:
    """Find the folder of Kafka's jars, fetching them the first time.

    Raises ServiceUnavailable without Maven, or when Maven cannot fetch.
    """
    jars = _cache() / f"kafka-{KAFKA_VERSION}"
    if not jars.exists():
        with _alone(jars.with_suffix(".lock")):
            if not jars.exists():
                _fetch(jars, say)
    return jars


def jars_obstacle() -> str | None:
    """Say in one sentence why the jars cannot be had; None if they are here or can be."""
    if (_cache() / f"kafka-{KAFKA_VERSION}").exists() or shutil.which("mvn"):
        return None
    return "`mvn` is not on the PATH: install Maven, which fetches Kafka once"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "legato"


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fetch(jars: Path, say: Callable[[str], None]) -> None:
    if obstacle := jars_obstacle():
        raise ServiceUnavailable(obstacle)
    say(f"fetching Apache Kafka `{KAFKA_VERSION}` by Maven, once, about 45 MB ...")
    with tempfile.TemporaryDirectory(dir=jars.parent) as scratch:
        (Path(scratch) / "pom.xml").write_text(POM)
        _copy_dependencies(Path(scratch))
        (Path(scratch) / "jars").rename(jars)
    say(f"fetched Apache Kafka `{KAFKA_VERSION}`")


def _copy_dependencies(project: Path) -> None:
    goal = f"{DEPENDENCY_PLUGIN}:copy-dependencies"
    command = [shutil.which("mvn") or "mvn", "--batch-mode", "--no-transfer-progress", goal]
    command += ["-DoutputDirectory=jars", "-DincludeScope=runtime"]
    try:
        run = subprocess.run(
            command,
            cwd=project,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceUnavailable(
            f"Maven did not fetch Kafka within `{PATIENCE_S}` s: look at the network"
        ) from error
    if run.returncode:
        raise ServiceUnavailable(f"Maven could not fetch Kafka: {_first_error(run.stdout)}")


def _first_error(output: str) -> str:
    errors = [line for line in output.splitlines() if "ERROR" in line]
    return errors[0] if errors else "it gave no reason, look at its settings"
