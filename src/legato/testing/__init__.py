"""For tests of your own playbooks: events told in words, and stories in virtual time.

A story starts on a Monday, 2 March 2026, at 10:00 UTC, and nothing in it waits for a clock:

>>> from legato.testing import event, losers, story
>>> harness = story(
...     event("consent.updated", at="09:00", consents=[
...         {"purpose": "promotion", "status": "granted"}]),
...     event("cart.item_added", sku="SHOE-42", price=89, identifiers={"email": "kim@x.org"}),
...     "+1h",
... )
>>> [(action.action, action.address) for action in harness.actions]
[('remind_by_email', 'kim@x.org')]
>>> losers(harness.decisions[0])
{'remind_on_mobile': 'unreachable', 'remind_by_sms': 'unreachable'}

A primitive of your own is held to what the others hold by `check_primitive`, an adapter by
`check_adapter`.
"""

from legato.testing.adapters import check_adapter, example_action
from legato.testing.events import event, instant
from legato.testing.primitives import check_primitive
from legato.testing.stories import losers, story

__all__ = [
    "check_adapter",
    "check_primitive",
    "event",
    "example_action",
    "instant",
    "losers",
    "story",
]
