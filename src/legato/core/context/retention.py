"""How long and how many: the limits of what a context keeps, each with its reason.

What lies below contexts has its limits where it is: identifiers in `identity/limits.py`, device
logins in `identity/device_logins.py`. Sizes in bytes that an operator may want are settings.
"""

from __future__ import annotations

from legato.core.values.time import DAY, HOUR, MINUTE, Span

JOURNEY_GAP: Span = 24 * HOUR
"""After so long without anything, and with nothing open, a new journey begins."""
SAME_VISIT: Span = 30 * MINUTE
"""Who was on a channel so short before an advertisement was aired was not brought by it."""
STILL_PRESENT: Span = 5 * MINUTE
"""What history shows of so short ago is decided as if it were shown live."""
LANDING: Span = 30 * MINUTE
"""So long after a click on a message of ours, what is done there is no channel switch."""

SEEN_ALWAYS = 1_000
"""So many ids of events are remembered whatever their age."""
SEEN_MOST = 16_384
"""More are not, even within a day: a context with 200 kB of ids helps nobody."""
MOST_TOUCHPOINTS = 30
"""A handoff tells five, a person reads a page."""
NOTE_MOST = 80
"""Characters of what a touchpoint says."""
MOST_BRANDS = 32
"""A house has a few; who has touched more is shown to those of the first ones by name."""
KNOWN_MOST = 5
"""Values of one type of identifier: the last ones are where the customer is reached."""

KEEP_ORDERS: Span = 10 * DAY
"""An order closes carts of late events for so long."""
MOST_ORDERS = 100
"""A customer who is a reseller must not fill the changelog."""
ECHO: Span = 30 * MINUTE
"""So long after an order a page may still tell the cart or checkout that it came from."""
MOST_TOLD = 8
"""How many times an order is told of are remembered, should its payment fail between."""
MOST_TOUCHES = 16
"""How many touches of a cart are remembered by channel, and how many starts and additions."""
MOST_KNOWN = 64
"""Of how many articles a cart remembers since when it knows them."""
MOST_REMOVED = 32
"""How many articles of which nothing is left a cart remembers."""
MOST_CHANGES = 32
"""How many changes of an article a cart remembers, so that late ones find their place."""
MOST_ARTICLES = 32
"""How many articles of its carts an action knows it is about."""
MOST_LOOKED_AT = 32
"""Of how many articles that were looked at a customer hears what changes."""

MOST_INTERESTS = 10
"""Of so many articles an associate may be told that they were tried on or looked at."""
RESERVED_FOR: Span = 7 * DAY
"""A reservation of which no end was told counts for so long."""
KEEP_ASKED: Span = 30 * DAY
"""How long a reservation, or an order on its way, is known to a playbook that asks for it."""
MOST_VENUES = 4
"""Of so many venues it is known when a customer was there last: nobody is in more at once."""
PICKUP_FOR: Span = 14 * DAY
"""So long an order waits to be collected: a shop keeps it for a week or two, and then may not
tell that it went back."""
MOST_AWAITED = 32
"""Orders and articles that a customer is awaited for, or was. What is tried on counts as over
though nobody had reserved it, so there is room for all that one tries on in a visit."""
STAYS_VISIBLE: Span = 2 * HOUR
"""So long after a customer was there, or expected, those at a venue may look them up."""
SHOWN_MOST = 500
"""Characters of a name, or of a link to an article, that was looked at or reserved."""

LONGEST_CONTACT: Span = 2 * HOUR
"""So long after its start a conversation counts as running, should its end be lost."""
MUTED_AFTER_CONTACT: Span = 24 * HOUR
"""So long a conversation mutes of which nobody knows what it was about, nor how it went out."""
KEEP_CLOSED: Span = 7 * DAY
"""Who comes back within a week asks again."""
MOST_CLOSED = 20
"""So many closed cases are remembered."""
FINAL_AFTER: Span = 7 * DAY
"""How a case came out is final so long after the last contact about it."""
GRADED_KEPT: Span = DAY
"""So long after that it is remembered, for what comes late."""
SAME_CONTACT: Span = 30 * MINUTE
"""Who speaks on a channel so soon after they last did goes on with that contact."""
TRAIL_FACTS = 64
"""So many facts about the contacts of a case are remembered."""
MOST_TRAILS = 16
"""Of so many cases."""
KNOWN_FACTS = 20
"""So many facts that were told in a case."""
TOLD_MOST = 280
"""Characters of what a customer asked."""

REMEMBER: Span = 30 * DAY
"""The longest span of a frequency cap, and how long outcomes find their action."""
REMEMBER_MONTH: Span = 35 * DAY
"""For caps that count by calendar months, with what waits for the end of quiet hours."""
REMEMBER_MOST = 50
"""More than anybody should get in that time."""

MOST_REJECTIONS = 64
"""So many rejected actions of a customer are remembered, whenever that was."""

MOST_ASSIGNED = 64
"""What was drawn for a customer by hold-outs and variants: the last ones."""
MOST_CLICKS = 8
"""So many times that a customer went along with an action are remembered."""
MOST_ERASURES = 16
"""So many times that a customer asked to be forgotten, or took it back: the last ones."""
CONVERSIONS_MOST = 32
"""Of what actions led to, so many are remembered whose order or case is forgotten."""

MOST_RESERVED = 64
"""So many actions of others may be on their way to the addresses of a customer."""

HELD_MOST = 500
"""How many events wait for a link before the customer goes on without it."""
KEPT_MOST = 128 * 1024
"""Bytes of commands that a pending slot keeps before merges must be asked again."""
TOKENS_MOST = 32
"""How many links are remembered that were settled before anybody waited for them."""
RELEASED_MOST = 16
"""How many identifiers are remembered that went to somebody else."""
