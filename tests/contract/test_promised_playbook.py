"""The playbook by which its keys were promised loads as it stands, and does what it says."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from legato.cli import main
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.usual_channels import USUAL
from legato.harness import default_playbook

FILE = Path(__file__).parent / "promised_playbook.yaml"


def run(*words: str) -> tuple[int, str, str]:
    told = CliRunner().invoke(main, ["playbook", *words])
    return told.exit_code, told.stdout, told.stderr


def test_it_is_sound_but_for_a_name_that_is_none_of_its_own() -> None:
    code, told, noted = run("check", str(FILE))
    assert (code, "1 situations, 1 actions, 1 caps, 3 channels, 1 tests" in told) == (0, True)
    assert noted == (
        f"{FILE}:11:48: note: exclusions, `one_voice`: there is no action `remind_by_email` "
        "here, so it excludes nothing\n"
    )


def test_its_test_passes() -> None:
    assert run("test", str(FILE))[:2] == (0, "✔ failed twice\n1 of 1 tests passed\n")


def test_the_channels_that_it_does_not_declare_are_the_usual_ones() -> None:
    playbook = read_playbook(FILE.read_bytes())
    assert playbook.channels == {name: USUAL[name] for name in ("email", "web", "call")}
    assert default_playbook().channels == USUAL


def test_who_declares_channels_declares_them_all() -> None:
    text = FILE.read_text().replace("caps:", "channels: {web: {pull: true}}\ncaps:")
    assert "nobody knows channel `email`" in faults_of(text)


def faults_of(text: str) -> str:
    with CliRunner().isolated_filesystem():
        Path("odd.yaml").write_text(text)
        return run("check", "odd.yaml")[1]
