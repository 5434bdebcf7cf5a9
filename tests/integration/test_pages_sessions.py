"""Sessions of the pages, in a real Redis: begun, used, ended, and known to nobody else."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from http import HTTPStatus
from pathlib import Path
from typing import cast

import pytest
import redis
from msgspec.structs import replace

from legato import settings as of
from legato.local import RedisServer
from legato.queries.rights import User
from legato.serving.api.customers import Customers
from legato.serving.api.problems import Problem
from legato.serving.pages.attempts import Attempts
from legato.serving.pages.found import FoundByAgent
from legato.serving.pages.oidc.sign_in import OidcSignIn
from legato.serving.pages.passwords import Passwords
from legato.serving.pages.sessions import DeskSession, Sessions
from legato.serving.pages.users import LocalUser, UserFile, changing_users
from legato.settings import OidcSettings, PagesSettings, Settings
from tests.contract.compose import ROOT
from tests.integration.identity_server import identity_server, query_of
from tests.integration.legato_command import Legato
from tests.unit.serving.pages.people import CHEAP, NOW, a_user

MINUTE_S = 60
CLAIMED = User(id="oidc:7f3a", name="Ben", roles=("agent",), brands=("*",), queues=("service",))


class Reception:
    """Sessions, the file of users, and a look into Redis."""

    def __init__(self, url: str, prefix: str, folder: Path) -> None:
        self.settings = Settings(redis=of.RedisSettings(url=url, prefix=prefix))
        self.path = folder / "users.json"
        self.change(a_user())
        self.users = UserFile(self.path, Passwords(CHEAP))
        self.customers = Customers(self.settings)
        self.sessions = self.replica()
        self.redis = redis.Redis.from_url(url)

    def replica(self) -> Sessions:
        return Sessions(self.customers, self.settings.pages, self.users)

    def change(self, *users: LocalUser, without: str = "") -> None:
        with changing_users(self.path) as known:
            known |= {each.name: each for each in users}
            known.pop(without, None)

    def key(self, session: DeskSession) -> str:
        return self.customers.keys.session(session.name)

    def left_s(self, session: DeskSession) -> float:
        return self.redis.pttl(self.key(session)) / 1_000

    def standing(self) -> str:
        """All that stands in Redis, keys and values, as text."""
        found = []
        for key in self.redis.scan_iter(f"{self.settings.redis.prefix}*"):
            found.append(key)
            if self.redis.type(key) == b"hash":
                found += cast("dict[bytes, bytes]", self.redis.hgetall(key)).values()
            else:
                found += cast("list[bytes]", self.redis.zrange(key, 0, -1))
        return b"\n".join(found).decode()


@pytest.fixture
async def desk(redis_url: str, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Reception]:
    reception = Reception(redis_url, topic_prefix, tmp_path)
    yield reception
    await reception.customers.close()
    reception.redis.close()


async def test_who_signed_in_is_found_by_their_cookie_by_every_replica(desk: Reception) -> None:
    token, begun = await desk.sessions.begin(a_user())
    assert await desk.sessions.find(token) == begun
    assert await desk.replica().find(token) == begun
    assert begun.user == a_user().user
    assert begun.embedded_in == ()


async def test_each_sign_in_has_a_token_and_a_csrf_token_of_its_own(desk: Reception) -> None:
    begun = [await desk.sessions.begin(a_user()) for _ in range(5)]
    assert len({token for token, _ in begun}) == len({one.csrf for _, one in begun}) == 5
    assert all(len(token) >= 43 and token != one.csrf for token, one in begun)


async def test_redis_has_nothing_that_opens_a_session(desk: Reception) -> None:
    token, session = await desk.sessions.begin(a_user())
    told = desk.standing()
    assert token not in told
    assert hashlib.sha256(token.encode()).hexdigest() == session.name
    assert session.name in told
    assert await desk.sessions.find(session.name) is None
    assert "sessions:user:maria" not in told


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 10_000, "é\n*", "../"])
async def test_what_is_no_token_finds_nobody(desk: Reception, token: str) -> None:
    await desk.sessions.begin(a_user())
    assert await desk.sessions.find(token) is None


async def test_a_session_ends_30_minutes_after_its_last_use(desk: Reception) -> None:
    token, session = await desk.sessions.begin(a_user())
    assert desk.left_s(session) == pytest.approx(30 * MINUTE_S, abs=5)
    desk.redis.expire(desk.key(session), 10)
    assert await desk.sessions.still(session) == session
    assert desk.left_s(session) <= 10
    assert await desk.sessions.find(token) == session
    assert desk.left_s(session) == pytest.approx(30 * MINUTE_S, abs=5)


async def test_a_session_ends_after_12_hours_however_much_it_is_used(desk: Reception) -> None:
    token, session = await desk.sessions.begin(a_user())
    ends = cast(bytes, desk.redis.hget(desk.key(session), "ends"))
    assert int(ends) / 1_000 - time.time() == pytest.approx(12 * 3_600, abs=5)
    desk.redis.hset(desk.key(session), "ends", int((time.time() + 90) * 1_000))
    assert await desk.sessions.find(token) == session
    assert desk.left_s(session) <= 90
    desk.redis.hset(desk.key(session), "ends", int(time.time() * 1_000))
    assert await desk.sessions.find(token) is None
    assert not desk.redis.exists(desk.key(session))


async def test_who_signs_out_is_out_and_their_other_sessions_stay(desk: Reception) -> None:
    (token, session), (other, _) = [await desk.sessions.begin(a_user()) for _ in range(2)]
    await desk.sessions.end(session)
    assert await desk.sessions.find(token) is None
    assert await desk.sessions.still(session) is None
    assert await desk.sessions.find(other) is not None


async def test_all_sessions_of_a_user_end_at_once_and_of_nobody_else(desk: Reception) -> None:
    desk.change(a_user("ben"))
    desk.users.refresh()
    theirs = [await desk.sessions.begin(a_user()) for _ in range(3)]
    bens, _ = await desk.sessions.begin(a_user("ben"))
    assert await desk.sessions.end_all("maria") == 3
    assert [await desk.sessions.find(token) for token, _ in theirs] == [None] * 3
    assert await desk.sessions.find(bens) is not None
    assert await desk.sessions.end_all("maria") == 0
    assert await desk.sessions.end_all("nobody") == 0


async def test_legato_users_signs_somebody_out(desk: Reception, tmp_path: Path) -> None:
    token, _ = await desk.sessions.begin(a_user())
    legato = Legato(desk.settings, tmp_path)
    redis_at = desk.settings.redis
    legato.environ |= {"LEGATO_REDIS_URL": redis_at.url, "LEGATO_REDIS_PREFIX": redis_at.prefix}
    told = await asyncio.to_thread(legato, "users", "sign-out", "maria")
    assert (told.code, told.out) == (0, "`maria` is signed out (sessions: 1)\n")
    assert await desk.sessions.find(token) is None


async def test_what_a_local_user_may_is_what_the_file_says_now(desk: Reception) -> None:
    token, _ = await desk.sessions.begin(a_user())
    desk.change(a_user(roles=("agent",), brands=()))
    desk.users.refresh()
    found = await desk.sessions.find(token)
    assert found is not None
    assert (found.user.roles, found.user.brands) == (("agent",), ())


@pytest.mark.parametrize(
    "change",
    [
        {"disabled": True},
        {"ends": 1},
        {"password_since": a_user().password_since + 1},
        None,
    ],
    ids=["disabled", "ended", "another password", "removed"],
)
async def test_who_counts_no_more_is_signed_out(
    desk: Reception, change: dict[str, object] | None
) -> None:
    token, session = await desk.sessions.begin(a_user())
    if change is None:
        desk.change(without="maria")
    else:
        desk.change(replace(a_user(), **change))
    desk.users.refresh()
    assert await desk.sessions.find(token) is None
    assert await desk.sessions.still(session) is None


async def test_who_was_removed_and_comes_again_is_another(desk: Reception) -> None:
    token, _ = await desk.sessions.begin(a_user())
    again = replace(a_user(), password_since=a_user().password_since + 1)
    desk.change(again)
    desk.users.refresh()
    assert await desk.sessions.find(token) is None


async def test_what_was_claimed_for_somebody_stays_as_it_was(desk: Reception) -> None:
    token, session = await desk.sessions.begin(CLAIMED)
    assert await desk.sessions.find(token) == session
    assert session.user == CLAIMED
    assert await desk.sessions.end_all("oidc:7f3a") == 1


async def test_a_user_of_the_same_name_elsewhere_is_somebody_else(desk: Reception) -> None:
    desk.change(a_user("7f3a"))
    desk.users.refresh()
    await desk.sessions.begin(CLAIMED)
    token, _ = await desk.sessions.begin(a_user("7f3a"))
    assert await desk.sessions.end_all("oidc:7f3a") == 1
    assert await desk.sessions.find(token) is not None


async def test_a_session_that_is_ended_while_it_is_used_stays_ended(desk: Reception) -> None:
    token, session = await desk.sessions.begin(a_user())
    asked = [desk.sessions.find(token) for _ in range(50)]
    await asyncio.gather(*asked, desk.sessions.end_all("maria"), desk.sessions.find(token))
    assert not desk.redis.exists(desk.key(session))
    assert await desk.sessions.find(token) is None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer.start(tmp_path / "redis") as server:
        yield server


async def test_while_redis_is_away_nobody_is_found_and_all_are_told(
    server: RedisServer, tmp_path: Path
) -> None:
    desk = Reception(server.url, "away.", tmp_path)
    token, session = await desk.sessions.begin(a_user())
    server.kill()
    for asked in (
        desk.sessions.find(token),
        desk.sessions.still(session),
        desk.sessions.begin(a_user()),
        desk.sessions.end(session),
        desk.sessions.end_all("maria"),
    ):
        with pytest.raises(Problem) as told:
            await asked
        assert told.value.status == HTTPStatus.SERVICE_UNAVAILABLE
    await asyncio.to_thread(server.restart)
    assert await desk.sessions.find(token) is None
    again, _ = await desk.sessions.begin(a_user())
    assert await desk.sessions.find(again) is not None
    await desk.customers.close()
    desk.redis.close()


def rights() -> list[list[str]]:
    """The rights that docs/operations.md gives the API, without and with pages."""
    page = (ROOT / "docs" / "operations.md").read_text()
    found = re.findall(r"ACL SETUSER legato-api ([^`\n]+)", page)
    assert len(found) == 2
    return [each.replace(">SECRET", ">secret").split() for each in found]


async def test_the_rights_in_redis_that_the_page_gives_are_enough(
    server: RedisServer, tmp_path: Path
) -> None:
    with redis.Redis.from_url(server.url) as admin:
        for words in rights():
            admin.execute_command("ACL", "SETUSER", "legato-api", *words)
    url = server.url.replace("//", "//legato-api:secret@")
    customers = Customers(Settings(redis=of.RedisSettings(url=url)))
    sessions = Sessions(customers, PagesSettings(), UserFile(None))
    token, session = await sessions.begin(CLAIMED)
    assert await sessions.find(token) == session
    assert await sessions.end_all(CLAIMED.id) == 1
    await sessions.end(session)
    await _keep_for_agents(customers)
    attempts = Attempts(customers)
    for number in range(6):
        spent = attempts.spend("maria", "10.0.0.1", NOW + number)
        with pytest.raises(Problem, match="too often") if number == 5 else nullcontext():
            await spent
    await attempts.forgive("maria")
    with identity_server() as service:
        oidc = OidcSettings(issuer=service.url, client_id="legato", roles={"floor": "agent"})
        sign_in = OidcSignIn(oidc, customers)
        url, cookie = await sign_in.begin("/pages/")
        service.nonce = query_of(url)["nonce"]
        await sign_in.finish({"code": "c", "state": query_of(url)["state"]}, cookie)
    await customers.close()


async def _keep_for_agents(customers: Customers) -> None:
    """Keep a ticket of a frame, and whom an agent has found."""
    ticket = customers.keys.embed("0" * 64)
    await customers.ask("SET", ticket, "{}", "EX", 60)
    assert await customers.ask("GETDEL", ticket) == b"{}"
    found = FoundByAgent(customers, "legato:")
    await found.note("maria", "0-1")
    assert await found.is_known("maria", "0-1")
