"""`legato users`: who may sign in with a password, said from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from legato.cli import main
from legato.core.values.time import NEVER
from legato.serving.pages.passwords import Passwords
from legato.serving.pages.users import LocalUser, read_users

PASSWORD = "correct horse battery"
ANOTHER = "staple horse correct"
ASSOCIATE = ("--role", "associate", "--venue", "berlin-1")


class Here:
    """A folder with settings, and the verbs of users called in it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "users.json"
        self._settings = folder / "legato.toml"
        self._settings.write_text(f'[pages]\nusers_file = "{self.file}"\n')

    def __call__(self, *words: str, said: str = f"{PASSWORD}\n{PASSWORD}\n") -> Result:
        command = ["--settings", str(self._settings), "users", *words]
        return CliRunner().invoke(main, command, input=said)

    def the(self, name: str) -> LocalUser:
        return {each.name: each for each in read_users(self.file)}[name]


@pytest.fixture
def users(tmp_path: Path) -> Here:
    return Here(tmp_path)


async def test_a_user_is_added_and_asked_twice_for_a_password(users: Here) -> None:
    told = users("add", "Maria", *ASSOCIATE, "--language", "de")
    assert told.exit_code == 0, told.output
    assert told.output.endswith(f"`maria` is in `{users.file}`\n")
    maria = users.the("maria")
    assert (maria.roles, maria.venues, maria.queues) == (("associate",), ("berlin-1",), ())
    assert (maria.brands, maria.language, maria.ends) == (("*",), "de", NEVER)
    assert await Passwords().check(PASSWORD, maria.password)
    assert PASSWORD not in told.output


async def test_a_password_may_come_by_stdin(users: Here) -> None:
    told = users(
        *("add", "ben", "--role", "agent", "--role", "privacy", "--queue", "*"),
        *("--brand", "north", "--brand", "south", "--ends", "+7d", "--password-stdin"),
        said=f"{PASSWORD}\r\n",
    )
    assert told.exit_code == 0, told.output
    ben = users.the("ben")
    assert (ben.roles, ben.queues, ben.brands) == (
        ("agent", "privacy"),
        ("*",),
        ("north", "south"),
    )
    assert ben.ends < NEVER
    assert await Passwords().check(PASSWORD, ben.password)


@pytest.mark.parametrize(
    ("words", "said", "why"),
    [
        (ASSOCIATE, "short\nshort\n", "the password has fewer than 12 characters; take a"),
        (ASSOCIATE, "marianne.meyer\nmarianne.meyer\n", "the password is the user's name"),
        ((*ASSOCIATE, "--password-stdin"), "", "the password has fewer than 12 characters"),
        (("--role", "boss"), "", "Invalid value for '--role'"),
        ((), "", "Missing option '--role'"),
        ((*ASSOCIATE, "--language", "fr"), "", "Invalid value for '--language'"),
    ],
)
def test_nobody_is_added_with(users: Here, words: tuple[str, ...], said: str, why: str) -> None:
    told = users("add", "marianne.meyer", *words, said=said)
    assert told.exit_code == 2
    assert why in told.stderr
    assert not users.file.exists()


def test_an_end_that_is_none_is_told_before_anybody_is_asked(users: Here) -> None:
    told = users("add", "maria", *ASSOCIATE, "--ends", "soon", said="")
    assert told.exit_code == 1
    assert "`soon`" in told.stderr


@pytest.mark.parametrize("name", ["", "a b", "-x", "ä", "oidc:7", "x" * 64, "*"])
def test_what_is_no_name_is_refused(users: Here, name: str) -> None:
    told = users("add", *ASSOCIATE, "--", name)
    assert told.exit_code == 2
    assert "cannot be the name of a user; write letters, digits" in told.stderr


def test_a_name_is_given_once(users: Here) -> None:
    users("add", "maria", *ASSOCIATE)
    told = users("add", "MARIA", *ASSOCIATE)
    assert told.exit_code == 1
    assert "has `maria` already; `legato users remove maria` first" in told.stderr


def test_users_are_listed_without_hashes(users: Here) -> None:
    users("add", "maria", *ASSOCIATE)
    users("add", "ben", "--role", "agent", "--queue", "service", "--ends", "+7d")
    table = users("list").output
    assert "maria" in table
    assert "berlin-1" in table
    assert "counts until" in table
    told = [json.loads(line) for line in users("list", "--json").output.splitlines()]
    assert [(each["name"], each["roles"], each["counts"]) for each in told] == [
        ("maria", ["associate"], True),
        ("ben", ["agent"], True),
    ]
    assert "argon2" not in users("list", "--json").output + table


def test_where_there_is_no_file_nobody_is_listed(users: Here) -> None:
    told = users("list", "--json")
    assert (told.exit_code, told.output) == (0, "")


def test_a_user_is_removed(users: Here) -> None:
    users("add", "maria", *ASSOCIATE)
    assert users("remove", "Maria").output == "`maria` is removed\n"
    assert read_users(users.file) == ()
    told = users("remove", "maria")
    assert told.exit_code == 1
    assert "has no user `maria`; `legato users list` lists them" in told.stderr


async def test_a_user_gets_another_password(users: Here) -> None:
    users("add", "maria", *ASSOCIATE)
    before = users.the("maria")
    told = users("password", "maria", said=f"{ANOTHER}\n{ANOTHER}\n")
    assert told.exit_code == 0, told.output
    after = users.the("maria")
    assert await Passwords().check(ANOTHER, after.password)
    assert after.password_since > before.password_since
    assert after.roles == before.roles
    assert users("password", "nobody").exit_code == 1


def test_a_file_that_is_none_is_told_in_a_sentence(users: Here) -> None:
    users.file.write_text("{")
    for words in (("list",), ("remove", "maria"), ("add", "maria", *ASSOCIATE)):
        told = users(*words)
        assert told.exit_code == 2
        assert "is no file of users" in told.stderr
        assert users.file.read_text() == "{"


def test_to_sign_somebody_out_needs_redis(users: Here, tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.write_text('[redis]\nurl = "redis://127.0.0.1:1/0"\n')
    told = users("sign-out", "maria")
    assert told.exit_code == 1
    assert "Redis does not answer" in told.stderr
