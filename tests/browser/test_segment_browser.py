"""Segment's analytics-next in a browser: it works by being told the host, on a key's pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.calls import before_received_ms, calls_of, read, wait_for_calls
from tests.browser.conftest import address_of, bearer
from tests.browser.shop import Shop, open_shop, visit
from tests.integration.api_process import ApiProcess

pytestmark = pytest.mark.long

WAYS = ("settings", "page", "counting", "batching", "keepalive")
"""How a page is told where to send, and how it sends. On `counting` it is soon time for what
the client counts of itself, which it would tell Segment.
"""

SLACK_MS = 60_000
"""The pages' clock is an hour fast; what is put right is within this of the time of day."""


def host_of(api: ApiProcess) -> str:
    return address_of(api).removeprefix("http://")


def shown(shop: Shop, name: str, api: ApiProcess, **told: str) -> str:
    """The address of a page that sends to the API."""
    return shop.page(name, api=address_of(api), **told)


@pytest.mark.parametrize("way", [*WAYS, "snippet"])
def test_what_a_page_says_is_in_kafka(
    api: ApiProcess, shop: Shop, public_key: str, tmp_path: Path, way: str
) -> None:
    name = "snippet" if way == "snippet" else "shop"
    with visit(shown(shop, name, api, key=public_key, way=way, user=way), tmp_path):
        said = shop.hears()
        calls = wait_for_calls(api, way, 3)
    assert "failed" not in said
    events = {str(call["type"]): read(call) for call in calls}
    assert {kind: event.type for kind, event in events.items()} == {
        "identify": "customer.updated",
        "track": "cart.item_added",
        "page": "page.viewed",
    }
    assert {call["anonymousId"] for call in calls} == {said["anonymous"]}
    assert public_key not in {call.get("writeKey") for call in calls}
    assert all(abs(before_received_ms(call)) < SLACK_MS for call in calls)
    assert said["hosts"] == [host_of(api)]


@pytest.mark.parametrize("way", ["leaving", "leaving_batch"])
def test_what_is_said_while_a_page_is_left_arrives(
    api: ApiProcess, shop: Shop, public_key: str, tmp_path: Path, way: str
) -> None:
    with visit(shown(shop, "shop", api, key=public_key, way=way, user=way), tmp_path):
        (call,) = wait_for_calls(api, way, 1)
    assert read(call).type == "cart.item_added"


def test_a_beacon_arrives(api: ApiProcess, shop: Shop, public_key: str, tmp_path: Path) -> None:
    with visit(shown(shop, "beacon", api, key=public_key, user="beacon"), tmp_path):
        assert "failed" not in shop.hears()
    calls = calls_of(api, "beacon")
    assert [read(call).type for call in calls] == ["cart.item_added"] * 2


@pytest.mark.parametrize(
    ("name", "way"), [("shop", "page"), ("shop", "settings"), ("beacon", "")]
)
def test_a_page_of_another_origin_is_refused_however_it_sends(
    api: ApiProcess, public_key: str, modules: Path, tmp_path: Path, name: str, way: str
) -> None:
    with open_shop(modules) as thief:
        told = {"key": public_key, "way": way, "user": "thief"}
        with visit(shown(thief, name, api, **told), tmp_path):
            said = thief.hears()
    assert said["hosts"] == [host_of(api)]
    assert calls_of(api, "thief") == []


def test_a_page_that_is_too_fast_sends_again(
    api: ApiProcess, shop: Shop, tmp_path: Path
) -> None:
    slow = bearer(api, "--scope", "ingest", "--origin", shop.origin, "--rate", "2")
    with visit(shown(shop, "shop", api, key=slow, way="many", user="many"), tmp_path):
        calls = wait_for_calls(api, "many", 6)
    assert len({call["messageId"] for call in calls}) == 6
