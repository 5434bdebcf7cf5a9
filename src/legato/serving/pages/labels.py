"""What the codes of events, channels and actions are called on pages.

All words stand here as text, so that the catalogues find them; a code that is not listed is
shown as it is, without its underscores.
"""

from __future__ import annotations

from collections.abc import Mapping

from legato.serving.pages.words import Words

CHANNELS: Mapping[str, str] = {
    "web": "on the web",
    "mobile": "in the app",
    "store": "in the shop",
    "call": "on the phone",
    "chat": "in a chat",
    "email": "by email",
    "sms": "by text message",
    "whatsapp": "by WhatsApp",
    "viber": "by Viber",
    "social": "on social media",
    "kiosk": "at a kiosk",
}
EVENTS: Mapping[str, str] = {
    "page.viewed": "Looked at a page",
    "product.viewed": "Looked at an article",
    "product.tried_on": "Tried an article on",
    "product.first_used": "Used it for the first time",
    "search.performed": "Searched",
    "cart.item_added": "Put into the cart",
    "cart.item_removed": "Took out of the cart",
    "cart.updated": "Changed the cart",
    "checkout.started": "Went to the checkout",
    "checkout.step_completed": "Went on at the checkout",
    "payment.failed": "The payment failed",
    "order.completed": "Ordered",
    "order.cancelled": "Called an order off",
    "order.returned": "Returned an order",
    "order.ready_for_pickup": "An order is ready",
    "order.picked_up": "Picked an order up",
    "store.visited": "Came into the shop",
    "contact.queued": "Waited for us",
    "contact.answered": "Was answered",
    "contact.started": "Got in touch",
    "contact.transferred": "Was passed on",
    "contact.ended": "The conversation ended",
    "case.opened": "A case was opened",
    "case.closed": "A case was closed",
    "handoff.viewed": "Somebody read the handoff",
    "message.received": "Wrote to us",
    "message.sent": "We wrote",
    "message.opened": "Opened a message",
    "message.clicked": "Followed a link",
    "message.bounced": "A message came back",
    "message.complained": "Complained about a message",
    "message.unsubscribed": "Wanted no more messages",
    "article.viewed": "Read an article",
    "ad.exposed": "Saw an advertisement",
    "survey.sent": "A survey was sent",
    "survey.answered": "Answered a survey",
    "consent.updated": "Said what we may do",
    "customer.updated": "Told about themselves",
    "customer.merged": "Two of their accounts became one",
    "card.replaced": "Got another card",
    "device.registered": "Set up the app on a device",
    "device.token_updated": "Renewed the app on a device",
    "privacy.erasure_requested": "Asked to be forgotten",
    "privacy.erasure_withdrawn": "No longer asks to be forgotten",
    "account.created": "Made an account",
    "account.logged_in": "Logged in",
    "account.logged_out": "Logged out",
    "reservation.made": "Reserved",
    "reservation.cancelled": "Called a reservation off",
    "reservation.released": "A reservation ended",
    "delivery.dispatched": "A parcel left",
    "delivery.delayed": "A parcel is late",
    "delivery.completed": "A parcel arrived",
    "loyalty.card_scanned": "Showed the card",
    "loyalty.points_earned": "Earned points",
    "loyalty.points_redeemed": "Spent points",
}
ACTIONS: Mapping[str, str] = {
    name: said
    for said, names in {
        "Reminder of the cart": ("remind_by_email", "remind_on_mobile", "remind_by_sms"),
        "Reminder of the checkout": ("finish_checkout_by_email", "finish_checkout_on_mobile"),
        "What they looked at once more": ("show_again_by_email", "show_again_on_mobile"),
        "Go on where they left off": ("brief_store", "brief_call_agent", "brief_chat_agent"),
        "Offer to go on where they left off": (
            "continue_on_web",
            "continue_on_mobile",
            "follow_up_by_email",
        ),
        "Offer to help with the payment": ("offer_help_on_web", "offer_help_on_mobile"),
        "Settle it with somebody experienced": ("brief_senior_on_chat", "brief_senior_on_call"),
        "Help where the articles did not": ("brief_call_on_articles", "brief_chat_on_articles"),
        "Help where the bot could not": ("brief_chat_after_bot", "brief_call_after_bot"),
        "Answer what our notice left open": ("brief_call_on_notice", "brief_chat_on_notice"),
        "Offer to call back": ("offer_call_back_by_sms", "offer_call_back_on_mobile"),
        "Answer to their criticism": ("answer_detractor_by_email", "answer_detractor_by_sms"),
        "Welcome": ("welcome_by_email", "welcome_on_mobile"),
        "Offer to welcome them": ("welcome_offer_by_sms", "welcome_offer_by_email"),
        "How it works": ("show_how_by_email", "show_how_on_mobile"),
        "News that their order is ready": ("tell_ready_on_mobile", "tell_ready_by_email"),
        "Reminder to pick up": ("remind_of_pickup_on_mobile", "remind_of_pickup_by_sms"),
        "Reminder of the reservation": (
            "remind_of_reservation_on_mobile",
            "remind_of_reservation_by_email",
        ),
        "News of a delay": ("tell_delay_by_email", "tell_delay_by_sms"),
        "News of a lower price": ("tell_price_by_email", "tell_price_on_mobile"),
        "News that it is in stock again": ("tell_stock_by_email", "tell_stock_on_mobile"),
        "Invitation to come back": ("win_back_by_email", "win_back_by_sms"),
        "Thanks for coming back": ("welcome_back_by_email", "welcome_back_on_mobile"),
    }.items()
    for name in names
}
"""What the default playbook does; where, its channel says. Of others the name is shown."""
OFFERS: Mapping[str, str] = {"ten_percent": "Ten percent off"}
"""What it offers."""
BECAME: Mapping[str, str] = {
    "delivered": "arrived",
    "opened": "was opened",
    "viewed": "was seen",
    "clicked": "was followed",
    "accepted": "was accepted",
    "rejected": "was declined",
    "failed": "did not arrive",
    "bounced": "came back",
    "expired": "came too late",
    "converted": "led to a purchase",
    "revoked_too_late": "was taken back too late",
}
PURPOSES: Mapping[str, str] = {
    "at the venue": "At the venue",
    "list of the venue": "In the list of the venue",
    "card shown": "Showed the card",
    "resume code": "Showed a code",
    "contact": "In contact",
    "list of the queue": "In the list of the queue",
    "search": "By a search",
    "takes up": "Takes them up",
    "gives back": "Gives them back",
    "who looked at whom": "Who looked at whom",
}
"""What pages looked at somebody for; others say it in words of their own."""
IDENTIFIERS: Mapping[str, str] = {
    "loyalty_id": "Card number",
    "user_id": "Account",
    "email": "Email address",
    "phone": "Phone number",
}
"""By what an agent may search."""
STATUSES: Mapping[str, str] = {
    "completed": "ordered",
    "payment_failed": "not paid",
    "cancelled": "called off",
    "returned": "returned",
    "unknown": "not known yet",
}
"""How an order stands."""
REASONS: Mapping[str, str] = {
    "no_time": "No time now",
    "too_expensive": "Too expensive",
    "not_in_stock": "Not in stock",
    "wrong_size": "Size or fit",
    "bought_elsewhere": "Bought elsewhere",
    "wants_none": "Does not want to be asked",
}
"""Why somebody was not interested, as an associate taps it."""


def channel(words: Words, code: str) -> str:
    """Say where."""
    return words(CHANNELS[code]) if code in CHANNELS else plain(code)


def task(words: Words, action: str, situation: str) -> str:
    """Say what there is to do."""
    if situation == "channel_switched":
        return words("Go on where they left off")
    return done(words, action)


def done(words: Words, action: str) -> str:
    """Say what an action is, whether it is still to do or was done."""
    return words(ACTIONS[action]) if action in ACTIONS else plain(action)


def offer(words: Words, code: str) -> str:
    """Say what is offered."""
    return words(OFFERS[code]) if code in OFFERS else plain(code)


def happened(words: Words, code: str) -> str:
    """Say what an event was."""
    return words(EVENTS[code]) if code in EVENTS else plain(code)


def stands(words: Words, code: str) -> str:
    """Say how an order stands."""
    return words(STATUSES[code]) if code in STATUSES else plain(code)


def became(words: Words, code: str) -> str:
    """Say what became of an action."""
    return words(BECAME[code]) if code in BECAME else plain(code)


def purpose(words: Words, told: str) -> str:
    """Say what somebody was looked at for."""
    return words(PURPOSES[told]) if told in PURPOSES else told


def identifiers(words: Words) -> list[tuple[str, str]]:
    """List by what one may search: its code and its words."""
    return [(code, words(said)) for code, said in IDENTIFIERS.items()]


def reasons(words: Words) -> list[tuple[str, str]]:
    """List what one may give as a reason: its code and its words."""
    return [(code, words(said)) for code, said in REASONS.items()]


def plain(code: str) -> str:
    """Show a code as people may read it."""
    return code.replace("_", " ").replace(".", ": ")
