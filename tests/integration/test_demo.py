"""`legato demo` as a visitor would run it: the verdict holds, and nothing stays behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from legato.local import is_free, real_kafka_obstacle, wait_until
from legato.settings import Settings
from tests.integration.legato_command import Legato

DEMO = [sys.executable, "-m", "legato", "demo", "--json"]
SMALL = ["--events", "3000", "--seconds", "8"]


@contextmanager
def demo(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run it with a temporary folder of its own; it is gone at the end, however that comes."""
    environment = {**os.environ, "TMPDIR": str(folder), "LEGATO_KAFKA_BOOTSTRAP": "nowhere:1"}
    with (folder / "said").open("w") as said, (folder / "out").open("w") as out:
        process = subprocess.Popen([*DEMO, *words], stdout=out, stderr=said, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def told(folder: Path, *words: str) -> dict[str, Any]:
    """Run it to its end, and read the last line that it wrote."""
    with demo(folder, *words) as process:
        code = process.wait(240)
        out, said = ((folder / name).read_text() for name in ("out", "said"))
        assert code == 0, out + said
        answer: dict[str, Any] = msgspec.json.decode(out.splitlines()[-1])
        return {**answer, "said": said}


def check(verdict: dict[str, Any]) -> None:
    assert (verdict["lost"], verdict["doubled"], verdict["dead_letters"]) == (0, 0, 0)
    assert verdict["events"] == 3_000
    assert verdict["customers"] > verdict["people"] > 200
    assert verdict["linked"] > verdict["merges"] > 50
    assert verdict["refused_links"] > 0
    assert verdict["devices_changed_hands"] > 0
    assert verdict["situations"] == verdict["decisions"] > 150
    assert verdict["actions"] > 100
    assert verdict["delivered"] > 50
    assert verdict["false_reminders_avoided"] >= len(verdict["avoided_examples"]) > 0
    assert verdict["carts_carried"] >= len(verdict["carried_examples"]) > 0
    assert verdict["restore_s"] > 0
    assert verdict["first_action_s"] > 0
    assert "kill -9" in verdict["said"]
    check_email(verdict)


def check_email(verdict: dict[str, Any]) -> None:
    """One was sent for real: it arrived once, was shown with its way out, and was reported."""
    counted = (verdict[f"emails_{what}"] for what in ("sent", "arrived", "reported"))
    assert [*counted] == [1, 1, 1]
    assert verdict["said"].count("an email arrives, by SMTP") == 1
    assert "              from  The Shoe Shop <hello@shop.example>" in verdict["said"]
    assert re.search(r"List-Unsubscribe  one click \(RFC 8058\): http://127", verdict["said"])
    assert "1 email sent by SMTP arrived once" in verdict["said"]


def test_on_the_embedded_broker_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    verdict = told(tmp_path, *SMALL)
    check(verdict)
    assert (verdict["kafka"], verdict["counted"]) == ("embedded", "distinct ids")
    assert not list(tmp_path.glob("legato*"))


@pytest.mark.long
def test_on_a_real_kafka_every_record_counts(tmp_path: Path) -> None:
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"no real Kafka here: {obstacle}")
    verdict = told(tmp_path, *SMALL, "--kafka", "real")
    check(verdict)
    assert (verdict["kafka"], verdict["counted"]) == ("real", "records")
    assert verdict["shown_again"] == 0


@contextmanager
def taken(*ports: int) -> Iterator[None]:
    """Let somebody listen on these ports, if nobody does yet."""
    with ExitStack() as stack:
        for port in ports:
            if is_free(port):
                other = stack.enter_context(socket.socket())
                other.bind(("127.0.0.1", port))
                other.listen()
        yield


@pytest.mark.long
def test_two_demos_and_a_worker_run_beside_each_other(tmp_path: Path) -> None:
    usual = Settings()
    here = [tmp_path / name for name in ("one", "two")]
    for folder in here:
        folder.mkdir()
    with (
        taken(usual.metrics.port, usual.metrics.port + 1, usual.view.port),
        Legato(usual, tmp_path).running("local") as worker,
        demo(here[0], *SMALL) as one,
        demo(here[1], *SMALL) as two,
    ):
        codes = [each.wait(240) for each in (one, two)]
        assert codes == [0, 0], [(folder / "said").read_text() for folder in here]
        worker.says("a Kafka, a worker and an API are up")
        assert f"`metrics.port` {usual.metrics.port} is taken" in worker.out.read_text()
        assert worker.ends(signal.SIGINT) == 130
    for folder in here:
        said = (folder / "said").read_text()
        check({**msgspec.json.decode((folder / "out").read_bytes()), "said": said})


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.long),
    ],
)
def test_a_signal_stops_all_that_was_started(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    with demo(tmp_path, "--events", "50000", "--seconds", "600") as process:
        said = tmp_path / "said"
        wait_until(lambda: "a day in town" in said.read_text(), "the day", deadline_s=90)
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) >= 7  # broker, Redis, mail server, two workers, view, API
        process.send_signal(number)
        assert process.wait(60) == code
        assert not psutil.wait_procs(started, timeout=5)[1]
        assert not list(tmp_path.glob("legato*"))


def test_without_a_mail_server_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "aiosmtpd.py").write_text("raise ImportError('as if it were not there')")
    path = os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    run = subprocess.run(
        DEMO,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith(
        "the mail catcher is not installed: run `pip install 'legato[local]'`"
    )


def test_without_java_it_says_what_is_missing(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(Path(sys.executable).parent)}
    run = subprocess.run(
        [*DEMO, "--kafka", "real"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1
    assert "Java" in run.stderr
    assert "Traceback" not in run.stderr
