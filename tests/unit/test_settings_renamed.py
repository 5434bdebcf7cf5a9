"""A setting, a variable or a flag by its former name is refused with the name it has now."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from legato.cli import main
from legato.cli.worker import worker
from legato.settings import RENAMED, Settings, SettingsError, flag_of, load, variable_of

FLAGS = [
    f"worker.{option.name}"
    for option in worker.params
    if isinstance(option, click.Option) and option.hidden
]


def field_of(setting: str) -> tuple[object, str]:
    section, _, name = setting.partition(".")
    return getattr(Settings(), section), name


def check(path: Path, **environ: str) -> Result:
    return CliRunner(env=environ).invoke(main, ["--settings", str(path), "check"])


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_the_new_name_is_a_setting_and_the_old_one_is_none(old: str, new: str) -> None:
    assert hasattr(*field_of(new))
    assert not hasattr(*field_of(old))


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_the_file_says_it_by_its_new_name(old: str, new: str, tmp_path: Path) -> None:
    section, _, name = old.partition(".")
    path = tmp_path / "legato.toml"
    path.write_text(f"[{section}]\n{name} = 1\n")
    told = check(path)
    sentence = f"legato: `{old}` is called `{new}` now: rename it in `{path}`\n"
    assert (told.exit_code, told.stderr) == (2, sentence)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_the_environment_says_it_by_its_new_name(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.touch()
    told = check(path, **{variable_of(old): ""})
    sentence = f"legato: `{variable_of(old)}` is called `{variable_of(new)}` now: rename it\n"
    assert (told.exit_code, told.stderr) == (2, sentence)


@pytest.mark.parametrize("old", FLAGS)
def test_the_command_line_says_it_by_its_new_name(old: str) -> None:
    told = CliRunner().invoke(main, ["worker", flag_of(old), "1"])
    sentence = f"legato: `{flag_of(old)}` is called `{flag_of(RENAMED[old])}` now\n"
    assert (told.exit_code, told.stderr) == (2, sentence)
    assert flag_of(old) not in CliRunner().invoke(main, ["worker", "--help"]).output


def test_there_is_a_flag_to_refuse() -> None:
    assert FLAGS == ["worker.slot"]
    assert (variable_of("worker.slot"), flag_of("worker.slot")) == (
        "LEGATO_WORKER_SLOT",
        "--slot",
    )


def test_what_is_no_section_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.write_text('worker = "slot"')
    with pytest.raises(SettingsError, match="Expected `object`"):
        load(path, {})
