"""The README's play-along, typed as it stands there, on a broker and a worker of its own."""

import re
import shlex
import signal
import subprocess
from pathlib import Path

from legato.cli import VERBS
from legato.local import wait_until
from legato.settings import Settings
from tests.integration.legato_command import Legato, Running

README = Path(__file__).parents[2] / "README.md"


def lines_of(section: str) -> list[str]:
    """What is typed in a section of the README."""
    text = README.read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.S)
    return [line for block in blocks for line in block.splitlines()]


def typed(section: str) -> list[list[str]]:
    """The calls of `legato` in a section of the README, as words."""
    words = [shlex.split(line, comments=True) for line in lines_of(section)]
    return [rest for first, *rest in words if first == "legato"]


def test_the_readme_lists_every_verb() -> None:
    listed = set(re.findall(r"^\| `legato (\w+)", README.read_text(), flags=re.M))
    assert listed == {verb.name for verb in VERBS}


def test_the_play_along_goes_as_it_is_told(tmp_path: Path) -> None:
    start, adapt, *sends, tail, buy, inspect = typed("Play along")
    assert (start, adapt) == (["local"], ["adapter", "log"])
    legato = Legato(Settings(), tmp_path)
    legato.environ |= {"LEGATO_KAFKA_PREFIX": "legato.", "LEGATO_METRICS_PORT": "0"}
    with legato.running(*start) as here:
        exported = exports_of(here)
        assert {*exported} == {"LEGATO_KAFKA_BOOTSTRAP", "LEGATO_REDIS_URL", "API", "KEY"}
        legato.environ |= exported
        with legato.running(*adapt) as adapter:
            for words in sends:
                assert legato(*hurried(words)).code == 0
            assert "1 × Runner, size 42  (89.00 EUR)" in adapter.says("do not ask")

        def decided() -> str:
            told = legato(*tail).out
            return told if "nothing for cart_abandoned" in told else ""

        assert "somebody on store has it in hand" in wait_until(decided, "the hour to pass")
        assert legato(*buy).code == 0
        wait_until(lambda: "order.completed" in legato(*inspect).out, "the order to arrive")
        tell, read = [line for line in lines_of("Play along") if line.startswith("curl")]
        assert '{"ids":["v1"]}' in in_a_shell(tell, legato)
        wait_until(lambda: '"page.viewed"' in in_a_shell(read, legato), "the event by HTTP")
        told = legato(*inspect).out
        assert "waiting for its time" not in told
        assert "✔ brief_store" in told
        assert here.ends(signal.SIGINT) == 130


def exports_of(here: Running) -> dict[str, str]:
    return dict(re.findall(r"export (\w+)=(\S+)", here.says("legato adapter log")))


def in_a_shell(line: str, legato: Legato) -> str:
    """Type a line that is no call of `legato`."""
    done = subprocess.run(
        ["bash", "-c", line], env=legato.environ, capture_output=True, text=True, timeout=30
    )
    return done.stdout


def hurried(words: list[str]) -> list[str]:
    """Let the hour of the cart end in seconds, where the README waits for a minute."""
    return ["-3585s" if word == "-59m" else word for word in words]
