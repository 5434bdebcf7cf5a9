"""Which pepper it is, and which it replaced: from the file or the environment, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from legato.cli import main
from legato.cli.init import _rotation
from legato.cli.settings_text import settings_text
from legato.settings import IdentitySettings, Settings, SettingsError, load

FILE = """
[identity]
pepper = "new"
key_id = 2
previous_peppers = {0 = "first", 1 = "second"}
"""


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path = folder / "legato.toml"
    path.write_text(text)
    return load(path, environ or {})


def test_previous_peppers_stand_in_the_file(tmp_path: Path) -> None:
    identity = read(tmp_path, FILE).identity
    assert (identity.pepper, identity.key_id) == ("new", 2)
    assert identity.previous_peppers == {"0": "first", "1": "second"}
    newest, second, first = identity.identify.names_of("email", "a@x.org")
    assert (newest, second[:4], first[:2]) == (
        identity.identify.name_of("email", "a@x.org"),
        "2-.z",
        "2-",
    )


def test_a_replay_begins_with_nobody_and_needs_none(tmp_path: Path) -> None:
    identity = read(tmp_path, FILE).identity
    alone = identity.without_formers.identify
    assert alone.names_of("email", "a") == (identity.identify.name_of("email", "a"),)


def test_previous_peppers_come_from_the_environment(tmp_path: Path) -> None:
    told = {
        "LEGATO_IDENTITY_PEPPER": "new",
        "LEGATO_IDENTITY_KEY_ID": "1",
        "LEGATO_IDENTITY_PREVIOUS_PEPPERS": '{"0": "old"}',
    }
    identity = read(tmp_path, "", told).identity
    assert (identity.pepper, identity.key_id) == ("new", 1)
    assert identity.previous_peppers == {"0": "old"}


@pytest.mark.parametrize("text", ["old", '["old"]', '{"0": '])
def test_what_is_no_table_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="is no JSON object; write it such as") as raised:
        read(tmp_path, "", {"LEGATO_IDENTITY_PREVIOUS_PEPPERS": text})
    assert "old" not in str(raised.value)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("key_id = -1", "`identity.key_id` must be 0 to 36"),
        ("key_id = 37", "`identity.key_id` must be 0 to 36"),
        ('previous_peppers = {0 = "old"}', "raise `key_id` above every previous key"),
        (
            'key_id = 1\nprevious_peppers = {1 = "old"}',
            "raise `key_id` above every previous key",
        ),
        ('key_id = 1\nprevious_peppers = {old = "old"}', "which is no key_id; write a number"),
        ('key_id = 1\nprevious_peppers = {"-1" = "old"}', "which is no key_id; write a number"),
        ('key_id = 9\nprevious_peppers = {"01" = "old"}', "which is no key_id; write a number"),
        ('key_id = 1\nprevious_peppers = {0 = "new"}', "give each its own secret"),
        ('key_id = 2\nprevious_peppers = {0 = "a", 1 = "a"}', "give each its own secret"),
    ],
)
def test_nonsense_is_refused_with_what_to_do(tmp_path: Path, told: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, f'[identity]\npepper = "new"\n{told}\n')
    assert sentence in str(raised.value)


def test_init_keeps_which_pepper_it_is(tmp_path: Path) -> None:
    identity = read(tmp_path, FILE).identity
    text = settings_text({"identity.pepper": identity.pepper, **_rotation(identity)})
    assert read(tmp_path, text).identity == identity
    assert _rotation(IdentitySettings()) == {}


def test_check_says_that_a_rotation_is_under_way(tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.write_text(FILE)
    told = CliRunner().invoke(main, ["--settings", str(path), "check"])
    assert told.exit_code == 0
    assert "pepper    key 2 replaces 0, 1: customers get their newer name" in told.output
    path.write_text('[identity]\npepper = "new"\n')
    told = CliRunner().invoke(main, ["--settings", str(path), "check"])
    assert "replaces" not in told.output


def test_an_empty_variable_names_no_previous_pepper() -> None:
    identity = load(environ={"LEGATO_IDENTITY_PREVIOUS_PEPPERS": ""}).identity
    assert identity.previous_peppers == {}
