"""Sign-in by OpenID Connect: against a service of PyPI, and against one that cheats."""

from __future__ import annotations

import asyncio
import logging
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import cast

import pytest
import redis
from joserfc.jwk import RSAKey
from msgspec.structs import replace

from legato import settings as of
from legato.local import RedisServer
from legato.queries.rights import ALL, User
from legato.serving.api.customers import Customers
from legato.serving.api.problems import Problem
from legato.serving.pages.oidc.refused import (
    AWAY,
    NO_PART,
    NOT_BEGUN_HERE,
    NOT_CONFIRMED,
    SignInRefused,
)
from legato.serving.pages.oidc.sign_in import BEGUN_S, OidcSignIn
from legato.settings import Settings, SettingsError
from tests.integration.identity_server import (
    IdentityServer,
    ProviderMock,
    identity_server,
    provider_mock,
    query_of,
)

BACK = "http://127.0.0.1:8088/pages/sign-in/back"
SECRET = "our-secret-there"
OIDC = of.OidcSettings(
    client_id="legato",
    client_secret=SECRET,
    redirect_url=BACK,
    roles={"floor": "associate", "desk": "agent"},
)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderMock]:
    with provider_mock(tmp_path_factory.mktemp("oidc")) as mock:
        yield mock


@pytest.fixture
def service() -> Iterator[IdentityServer]:
    with identity_server() as service:
        yield service


@pytest.fixture
async def customers(redis_url: str, topic_prefix: str) -> AsyncIterator[Customers]:
    customers = Customers(Settings(redis=of.RedisSettings(url=redis_url, prefix=topic_prefix)))
    yield customers
    await customers.close()


def at(
    service: IdentityServer | ProviderMock, customers: Customers, **told: object
) -> OidcSignIn:
    return OidcSignIn(replace(OIDC, issuer=service.url, **told), customers)


async def refusal(sign_in: OidcSignIn, params: dict[str, str], cookie: str) -> str:
    with pytest.raises(SignInRefused) as told:
        await sign_in.finish(params, cookie)
    return told.value.words


async def test_somebody_signs_in_and_comes_to_the_page_they_asked_for(
    mock: ProviderMock, customers: Customers
) -> None:
    mock.knows("maria", name="Maria Roth", roles=["floor", "x"], venues=["berlin"])
    sign_in = at(mock, customers)
    url, cookie = await sign_in.begin("/pages/venues/berlin")
    params = await asyncio.to_thread(mock.sign_in, url, "maria")
    user, go_to = await sign_in.finish(params, cookie)
    assert user == User(
        id="oidc:maria",
        name="Maria Roth",
        roles=("associate",),
        brands=(ALL,),
        venues=("berlin",),
    )
    assert go_to == "/pages/venues/berlin"


async def test_who_has_no_role_there_has_no_part_here(
    mock: ProviderMock, customers: Customers
) -> None:
    mock.knows("eve", roles=["boss"])
    sign_in = at(mock, customers)
    url, cookie = await sign_in.begin("/pages/")
    params = await asyncio.to_thread(mock.sign_in, url, "eve")
    assert await refusal(sign_in, params, cookie) == NO_PART


async def test_who_says_no_there_is_not_signed_in(
    mock: ProviderMock, customers: Customers
) -> None:
    sign_in = at(mock, customers)
    url, cookie = await sign_in.begin("/pages/")
    params = await asyncio.to_thread(mock.deny, url)
    assert await refusal(sign_in, params, cookie) in (NOT_CONFIRMED, NOT_BEGUN_HERE)


async def test_a_code_opens_once_and_in_the_browser_that_began(
    mock: ProviderMock, customers: Customers
) -> None:
    mock.knows("maria", roles=["floor"])
    sign_in = at(mock, customers)
    url, cookie = await sign_in.begin("/pages/")
    _, other = await sign_in.begin("/pages/")
    params = await asyncio.to_thread(mock.sign_in, url, "maria")
    assert await refusal(sign_in, params, "") == NOT_BEGUN_HERE
    assert await refusal(sign_in, params, other) == NOT_BEGUN_HERE
    assert (await sign_in.finish(params, cookie))[0].id == "oidc:maria"
    assert await refusal(sign_in, params, cookie) == NOT_BEGUN_HERE


async def test_another_state_finishes_nothing_and_ends_what_was_begun(
    mock: ProviderMock, customers: Customers
) -> None:
    mock.knows("maria", roles=["floor"])
    sign_in = at(mock, customers)
    url, cookie = await sign_in.begin("/pages/")
    params = await asyncio.to_thread(mock.sign_in, url, "maria")
    for state in ("", "x", params["state"] + "x"):
        assert await refusal(sign_in, {**params, "state": state}, cookie) == NOT_BEGUN_HERE
    assert await refusal(sign_in, params, cookie) == NOT_BEGUN_HERE


async def test_a_code_that_is_none_is_refused(mock: ProviderMock, customers: Customers) -> None:
    sign_in = at(mock, customers)
    for code in ({"code": "invented"}, {"code": ""}, {}):
        url, cookie = await sign_in.begin("/pages/")
        params = {"state": query_of(url)["state"], **code}
        assert await refusal(sign_in, params, cookie) == NOT_CONFIRMED


async def test_nobody_is_led_elsewhere(mock: ProviderMock, customers: Customers) -> None:
    mock.knows("maria", roles=["floor"])
    sign_in = at(mock, customers)
    for to in ("https://evil.example", "//evil.example/pages/", "/v1/customers", ""):
        url, cookie = await sign_in.begin(to)
        params = await asyncio.to_thread(mock.sign_in, url, "maria")
        assert (await sign_in.finish(params, cookie))[1] == "/pages/"


async def come_back(service: IdentityServer, sign_in: OidcSignIn) -> tuple[dict[str, str], str]:
    """Begin, and come back with a code, as somebody does whose service is this one."""
    url, cookie = await sign_in.begin("/pages/")
    asked = query_of(url)
    service.nonce = asked["nonce"]
    return {"code": "c-1", "state": asked["state"]}, cookie


async def test_what_the_service_is_asked(service: IdentityServer, customers: Customers) -> None:
    sign_in = at(service, customers)
    url, cookie = await sign_in.begin("/pages/")
    asked = query_of(url)
    assert url.startswith(f"{service.url}/authorize?")
    assert (asked["response_type"], asked["client_id"]) == ("code", "legato")
    assert (asked["redirect_uri"], asked["scope"]) == (BACK, "openid profile")
    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"], cookie}) == 4
    service.nonce = asked["nonce"]
    await sign_in.finish({"code": "c-1", "state": asked["state"]}, cookie)
    (form,) = service.forms
    digest = sha256(form["code_verifier"].encode()).digest()
    assert urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert (form["grant_type"], form["code"]) == ("authorization_code", "c-1")
    assert (form["redirect_uri"], form["basic"]) == (BACK, f"legato:{SECRET}")


async def test_each_sign_in_has_values_of_its_own(
    service: IdentityServer, customers: Customers
) -> None:
    sign_in = at(service, customers)
    asked = [query_of((await sign_in.begin("/pages/"))[0]) for _ in range(3)]
    for name in ("state", "nonce", "code_challenge"):
        assert len({each[name] for each in asked}) == 3


async def test_the_secret_may_be_in_a_file_and_goes_as_the_service_takes_it(
    service: IdentityServer, customers: Customers, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    service.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    sign_in = at(service, customers, client_secret=f"file:{tmp_path}/secret")
    await sign_in.finish(*await come_back(service, sign_in))
    assert service.forms[0]["client_secret"] == SECRET
    (tmp_path / "secret").unlink()
    with pytest.raises(SettingsError, match=r"cannot read `oidc\.client_secret`"):
        at(service, customers, client_secret=f"file:{tmp_path}/secret")


async def test_a_public_client_shows_no_secret(
    service: IdentityServer, customers: Customers
) -> None:
    sign_in = at(service, customers, client_secret="")
    await sign_in.finish(*await come_back(service, sign_in))
    (form,) = service.forms
    assert "basic" not in form
    assert "client_secret" not in form


@pytest.mark.parametrize(
    "token",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["legato", "another"]},
        {"azp": "another"},
        {"nonce": "of another sign-in"},
        {"exp": 1},
        {"iat": 9_999_999_999},
        {"sub": ""},
    ],
    ids=str,
)
async def test_a_token_that_was_made_for_something_else_is_refused(
    service: IdentityServer, customers: Customers, token: dict[str, object]
) -> None:
    service.token = token
    sign_in = at(service, customers)
    params, cookie = await come_back(service, sign_in)
    assert await refusal(sign_in, params, cookie) == NOT_CONFIRMED


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"access_token": "x", "token_type": "Bearer"}, NOT_CONFIRMED),
        ({"id_token": 7}, NOT_CONFIRMED),
        ({"id_token": "x.y.z"}, NOT_CONFIRMED),
        ({"id_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0."}, NOT_CONFIRMED),
        ({"error": "invalid_grant"}, NOT_CONFIRMED),
        ([], AWAY),
    ],
)
async def test_an_answer_without_a_good_token_is_refused(
    service: IdentityServer, customers: Customers, raw: dict[str, object], words: str
) -> None:
    service.raw = raw
    sign_in = at(service, customers)
    params, cookie = await come_back(service, sign_in)
    assert await refusal(sign_in, params, cookie) == words


async def test_keys_are_kept_and_asked_for_once_more_where_one_is_new(
    service: IdentityServer, customers: Customers
) -> None:
    sign_in = at(service, customers)
    for _ in range(3):
        await sign_in.finish(*await come_back(service, sign_in))
    assert service.asked.count("/jwks") == 1
    assert service.asked.count("/.well-known/openid-configuration") == 1
    service.key = RSAKey.generate_key(2048, {"kid": "second"})
    service.published.append(service.key)
    await sign_in.finish(*await come_back(service, sign_in))
    assert service.asked.count("/jwks") == 2


async def test_a_key_that_the_service_does_not_publish_signs_nothing(
    service: IdentityServer, customers: Customers
) -> None:
    sign_in = at(service, customers)
    await sign_in.finish(*await come_back(service, sign_in))
    service.key = RSAKey.generate_key(2048, {"kid": "strange"})
    params, cookie = await come_back(service, sign_in)
    assert await refusal(sign_in, params, cookie) == NOT_CONFIRMED
    assert service.asked.count("/jwks") == 2
    service.key = RSAKey.generate_key(2048, {"kid": "first"})
    params, cookie = await come_back(service, sign_in)
    assert await refusal(sign_in, params, cookie) == NOT_CONFIRMED


async def test_a_code_from_another_service_is_refused(
    service: IdentityServer, customers: Customers
) -> None:
    sign_in = at(service, customers)
    params, cookie = await come_back(service, sign_in)
    mixed_up = {**params, "iss": "https://evil.example"}
    assert await refusal(sign_in, mixed_up, cookie) == NOT_CONFIRMED
    assert service.forms == []


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
async def test_a_service_that_is_not_the_one_we_mean_is_not_used(
    service: IdentityServer, customers: Customers, discovery: dict[str, object]
) -> None:
    service.discovery = discovery
    with pytest.raises(SignInRefused) as told:
        await at(service, customers).begin("/pages/")
    assert told.value.words == AWAY


async def test_a_service_that_is_ill_is_told_and_used_once_it_is_well(
    service: IdentityServer, customers: Customers
) -> None:
    sign_in, service.ill = at(service, customers), 503
    with pytest.raises(SignInRefused) as told:
        await sign_in.begin("/pages/")
    assert told.value.words == AWAY
    service.ill = None
    params, cookie = await come_back(service, sign_in)
    service.ill = 503
    assert await refusal(sign_in, params, cookie) == AWAY
    service.ill = None
    assert await sign_in.finish(*await come_back(service, sign_in))


async def test_a_service_that_is_not_there_is_told(customers: Customers) -> None:
    with identity_server() as service:
        sign_in = at(service, customers)
    with pytest.raises(SignInRefused) as told:
        await sign_in.begin("/pages/")
    assert told.value.words == AWAY


async def test_what_was_begun_lasts_ten_minutes_under_a_hash(
    service: IdentityServer, customers: Customers, redis_url: str, topic_prefix: str
) -> None:
    sign_in = at(service, customers)
    params, cookie = await come_back(service, sign_in)
    with redis.Redis.from_url(redis_url) as client:
        (key,) = client.scan_iter(f"{topic_prefix}*")
        assert cookie not in key.decode()
        assert cookie not in cast(bytes, client.get(key)).decode()
        assert 0 < cast(int, client.ttl(key)) <= BEGUN_S
        client.delete(key)
    assert await refusal(sign_in, params, cookie) == NOT_BEGUN_HERE


async def test_what_is_logged_names_nobody(
    service: IdentityServer, customers: Customers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "legato")
    sign_in = at(service, customers)
    service.token = {"sub": "maria@shop.example", "name": "Maria", "aud": "another"}
    params, cookie = await come_back(service, sign_in)
    await refusal(sign_in, params, cookie)
    service.token = {"sub": "maria@shop.example", "name": "Maria", "roles": ["boss"]}
    params, cookie = await come_back(service, sign_in)
    await refusal(sign_in, params, cookie)
    told = "\n".join(
        each.getMessage() for each in caplog.records if each.name.startswith("legato")
    )
    assert "invalid_claim aud" in told
    secret = (SECRET, params["state"], params["code"], cookie, service.nonce)
    assert not re.search("|".join(map(re.escape, (*secret, "maria", "Maria", "boss"))), told)


async def test_while_redis_is_away_nobody_begins_or_finishes(
    service: IdentityServer, tmp_path: Path
) -> None:
    with RedisServer.start(tmp_path / "redis") as server:
        customers = Customers(Settings(redis=of.RedisSettings(url=server.url)))
        sign_in = at(service, customers)
        params, cookie = await come_back(service, sign_in)
        server.kill()
        for asked in (sign_in.begin("/pages/"), sign_in.finish(params, cookie)):
            with pytest.raises(Problem) as told:
                await asked
            assert told.value.status == HTTPStatus.SERVICE_UNAVAILABLE
        await customers.close()
