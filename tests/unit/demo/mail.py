"""An email as the adapter of the demo writes it."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from legato.adapter import Failed
from legato.channels.email import Letterhead, write_email
from legato.channels.mail import read_named_mailbox
from legato.demo.run.arrived_mail import ArrivedMail, read_mail
from legato.testing import example_action

LINK = "http://127.0.0.1:20001/v1/unsubscribe/" + "gAAAAABp" * 20
PARTS = {
    "subject": "Wren canvas sneaker is still in your cart",
    "text": "Still in your cart\n\nYou left something there.\n\n- 1 × Wren\n\n--\nThe Shop\n",
    "html": "<p>Still in your cart</p>",
}


def sent(link: str = LINK) -> EmailMessage:
    """What goes out for an action, read as a mail server has it."""
    sender = read_named_mailbox("The Shoe Shop <hello@shop.example>")
    assert sender is not None
    action = example_action("email", action_id="a1", address="ada.adler.12@example.com")
    mail = write_email(action, PARTS, Letterhead(sender), link, action.time)
    assert not isinstance(mail, Failed)
    return message_from_bytes(mail.content, policy=default)


def arrived(link: str = LINK) -> ArrivedMail:
    """The same, as it arrived."""
    return read_mail(sent(link))
