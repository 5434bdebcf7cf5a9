from typing import get_args

from legato.serving.redis_view.open_actions import OVER, REACHED, OpenRule
from legato.settings import ViewSettings
from legato.wire.topics.outcomes import Status

RULE = OpenRule.of(ViewSettings(venue_channels=("store", "kiosk")))


def test_each_status_that_is_reported_is_judged() -> None:
    assert set(get_args(Status)) <= OVER | REACHED
    assert OVER.isdisjoint(REACHED)


def test_what_was_sent_is_open() -> None:
    assert not RULE.closes("sent", "email")


def test_what_is_shown_goes_on_once_delivered() -> None:
    assert not RULE.closes("delivered", "kiosk")
    assert RULE.closes("rejected", "kiosk")
    assert RULE.closes("delivered", "whatsapp")
