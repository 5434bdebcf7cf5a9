"""What the view says against sending, on a real Redis: refusals, erasures, those who moved."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
import redis
from msgspec.structs import replace

from legato.core.values.time import HOUR
from legato.serving.adapters.view_check import ViewCheck
from legato.serving.redis_view.keys import Keys
from legato.settings import RedisSettings, Settings
from legato.testing import example_action


class View:
    """A Redis as the view leaves it, and who asks it."""

    def __init__(self, settings: Settings) -> None:
        self.keys, self.check = Keys.of(settings), ViewCheck(settings)
        self.redis = redis.Redis.from_url(settings.redis.url)

    def put(self, customer: str, **document: object) -> None:
        self.redis.set(self.keys.customer(customer), msgspec.json.encode(document))

    async def against(self, **fields: object) -> str:
        """Ask what is against sending an action."""
        action = replace(example_action(), **{"customer_id": "kim", **fields})
        (refused,) = await self.check.ask([action])
        return refused.reason if refused else ""


@pytest.fixture
async def view(redis_url: str, topic_prefix: str) -> AsyncIterator[View]:
    made = View(Settings(redis=RedisSettings(url=redis_url, prefix=topic_prefix)))
    yield made
    await made.check.close()
    made.redis.close()


def wish(
    status: str, purpose: str = "promotion", channel: str = "*", **more: object
) -> dict[str, object]:
    return {"purpose": purpose, "channel": channel, "status": status, "time": 1, **more}


async def test_of_whom_nothing_is_known_nothing_is_against(view: View) -> None:
    assert await view.against() == ""


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ([wish("granted")], ""),
        ([wish("withdrawn")], "no_consent"),
        ([wish("withdrawn", channel="email")], "no_consent"),
        ([wish("withdrawn", channel="sms")], ""),
        ([wish("withdrawn", purpose="service")], ""),
        ([wish("withdrawn", purpose="*")], "no_consent"),
        ([wish("withdrawn", brand="shoes")], "no_consent"),
        ([wish("withdrawn"), wish("granted", channel="email", time=2)], ""),
        ([wish("granted", time=2), wish("withdrawn", channel="email", time=3)], "no_consent"),
        ([wish("granted"), wish("withdrawn", purpose="?")], "no_consent"),
    ],
)
async def test_a_refusal_ends_it(
    view: View, wishes: list[dict[str, object]], told: str
) -> None:
    view.put("kim", consents=wishes)
    assert await view.against() == told


async def test_a_brand_is_asked_for_by_its_name(view: View) -> None:
    view.put("kim", consents=[wish("withdrawn", brand="shoes")])
    assert await view.against(brand="hats") == ""
    assert await view.against(brand="shoes") == "no_consent"


async def test_who_moved_is_followed(view: View) -> None:
    view.put("kim", forward="kim-2")
    view.put("kim-2", forward="kim-3")
    assert await view.against() == ""
    view.put("kim-3", consents=[wish("withdrawn")])
    assert await view.against() == "no_consent"


async def test_who_moves_in_a_circle_is_let_go(view: View) -> None:
    view.put("kim", forward="robin")
    view.put("robin", forward="kim")
    assert await view.against() == ""


async def test_what_was_decided_before_somebody_was_erased_is_void(view: View) -> None:
    at = example_action().time
    view.redis.set(view.keys.erased("kim"), at + HOUR)
    assert await view.against() == "erased"
    assert await view.against(time=at + 2 * HOUR) == ""
    view.put("kim-2", revision=7, erased=42)
    assert await view.against(customer_id="kim-2") == "erased"


async def test_what_cannot_be_read_is_no_consent(view: View) -> None:
    view.redis.set(view.keys.customer("kim"), b'{"consents": 5')
    assert await view.against() == "view_unreadable"


async def test_many_are_asked_about_together(view: View) -> None:
    view.put("c7", consents=[wish("withdrawn")])
    actions = [example_action(customer_id=f"c{number}") for number in range(50)]
    refused = await view.check.ask(actions)
    assert [number for number, each in enumerate(refused) if each] == [7]
