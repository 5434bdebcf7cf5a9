"""Local users: a file of hashes, read anew, and who signs in by it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest
from msgspec.structs import replace

from legato.queries.rights import User
from legato.serving.api.problems import Problem
from legato.serving.pages.passwords import Passwords
from legato.serving.pages.users import (
    LocalUser,
    UserFile,
    changing_users,
    key_of,
    read_users,
)
from legato.settings import SettingsError
from tests.unit.serving.pages.people import CHEAP, DEARER, HASH, NOW, PASSWORD, a_user


def kept(folder: Path, *users: LocalUser) -> Path:
    path = folder / "users.json"
    with changing_users(path) as known:
        known |= {each.name: each for each in users}
    return path


def opened(folder: Path, *users: LocalUser) -> UserFile:
    return UserFile(kept(folder, *users), Passwords(CHEAP))


async def test_somebody_signs_in_by_name_and_password(tmp_path: Path) -> None:
    users = opened(tmp_path, a_user())
    assert await users.sign_in("maria", PASSWORD, NOW) == a_user()
    assert await users.sign_in(" Maria", PASSWORD, NOW) == a_user()
    assert await users.sign_in("maria", "something else", NOW) is None
    assert await users.sign_in("nobody", PASSWORD, NOW) is None


async def test_who_is_disabled_or_has_ended_does_not(tmp_path: Path) -> None:
    users = opened(tmp_path, a_user(disabled=True), a_user("ben", ends=NOW + 1))
    assert await users.sign_in("maria", PASSWORD, NOW) is None
    assert await users.sign_in("ben", PASSWORD, NOW) is not None
    assert await users.sign_in("ben", PASSWORD, NOW + 1) is None


def test_the_file_is_its_owners_alone_and_has_no_password(tmp_path: Path) -> None:
    path = kept(tmp_path, a_user())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["users.json"]


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    users = opened(tmp_path, a_user())
    assert not users.refresh()
    with changing_users(tmp_path / "users.json") as known:
        known["maria"] = replace(known["maria"], roles=("agent",))
    assert users.refresh()
    found = users.find("maria", NOW)
    assert found is not None
    assert found.roles == ("agent",)


def test_a_file_that_breaks_leaves_all_as_they_were_and_one_that_goes_nobody(
    tmp_path: Path,
) -> None:
    users = opened(tmp_path, a_user())
    (tmp_path / "users.json").write_text("{")
    assert not users.refresh()
    assert users.find("maria", NOW) == a_user()
    (tmp_path / "users.json").unlink()
    assert users.refresh()
    assert users.find("maria", NOW) is None


def test_the_first_user_is_known_without_another_start(tmp_path: Path) -> None:
    users = UserFile(tmp_path / "users.json", Passwords(CHEAP))
    kept(tmp_path, a_user())
    assert users.refresh()
    assert users.find("maria", NOW) == a_user()


async def test_without_a_path_nobody_is(tmp_path: Path) -> None:
    users = UserFile(None, Passwords(CHEAP))
    assert not users.may_be
    assert not users.refresh()
    assert await users.sign_in("maria", PASSWORD, NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"version":2,"users":[]}',
        '{"version":1,"users":[{"name":"x","password":"plain","password_since":0,"roles":[]}]}',
        f'{{"version":1,"users":[{{"name":"x","password":"{HASH}","password_since":0,"roles":["boss"]}}]}}',
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "users.json").write_text(text)
    with pytest.raises(SettingsError, match=r"users\.json. is no file of users"):
        UserFile(tmp_path / "users.json", Passwords(CHEAP))


async def test_a_password_is_hashed_anew_once_it_costs_more(tmp_path: Path) -> None:
    users = UserFile(kept(tmp_path, a_user()), Passwords(DEARER))
    assert await users.sign_in("maria", PASSWORD, NOW) == a_user()
    (after,) = read_users(tmp_path / "users.json")
    assert not Passwords(DEARER).is_dated(after.password)
    assert replace(after, password=HASH) == a_user()
    assert users.refresh()
    assert await users.sign_in("maria", PASSWORD, NOW) == after


async def test_a_file_that_cannot_be_written_keeps_nobody_out(tmp_path: Path) -> None:
    users = UserFile(kept(tmp_path, a_user()), Passwords(DEARER))
    (tmp_path / "users.json").unlink()
    tmp_path.joinpath("users.json").mkdir()
    assert await users.sign_in("maria", PASSWORD, NOW) == a_user()


def test_who_was_removed_meanwhile_is_not_written_again(tmp_path: Path) -> None:
    path = kept(tmp_path, a_user())
    with pytest.raises(KeyError), changing_users(path) as known:
        del known["maria"], known["nobody"]
    assert read_users(path) == (a_user(),)


def test_of_many_who_change_the_file_at_once_none_is_lost(tmp_path: Path) -> None:
    names = [f"u{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: kept(tmp_path, a_user(name)), names))
    assert {each.name for each in read_users(tmp_path / "users.json")} == set(names)


def test_two_users_of_one_name_are_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, a_user("a"), a_user("b"))
    path.write_text(path.read_text().replace('"b"', '"a"'))
    with pytest.raises(SettingsError, match="two users of one name"):
        read_users(path)


def reader(*brands: str) -> User:
    return User(id="maria", name="Maria", roles=("associate",), brands=brands)


def test_the_key_of_a_user_sees_their_brands_alone() -> None:
    assert key_of(reader("north", "south")).brands == ("north", "south")
    assert key_of(reader("*")).brands == ()
    assert key_of(reader("north", "*")).brands == ()


def test_who_has_no_brand_has_no_key_since_one_without_brands_sees_all() -> None:
    with pytest.raises(Problem) as told:
        key_of(reader())
    assert told.value.status == HTTPStatus.FORBIDDEN


def test_the_key_of_a_user_reads_and_acts_in_their_name() -> None:
    key = key_of(reader("north"))
    assert (key.id, key.name) == ("pages", "maria")
    assert key.may("read")
    assert key.may("act")
    assert not key.may("ingest")
    assert not key.may("admin")
