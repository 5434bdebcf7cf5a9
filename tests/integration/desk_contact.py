"""Somebody who gets in touch with a queue of the desk."""

from __future__ import annotations

from legato.local import wait_until
from tests.integration.desk_world import QUEUE, DeskWorld, a_name


class Contact:
    """Somebody who wrote an email, and now calls."""

    def __init__(self, desk: DeskWorld, brand: str = "") -> None:
        who, more = {"loyalty_id": a_name("card")}, {"brand": brand} if brand else {}
        told = {"reason": "delivery_damaged", "queue": QUEUE}
        desk.tell("message.received", "email", who, data=told, ago_s=600, **more)
        desk.tell("contact.started", "call", who, data=told, **more)
        self.card = who["loyalty_id"]
        self.id = desk.customer("loyalty_id", self.card)
        wait_until(lambda: self._tasks(desk), "what there is to do")

    def _tasks(self, desk: DeskWorld) -> list[object]:
        url, asked = f"/v1/customers/{self.id}/packet", {"queue": QUEUE}
        told = desk.http.get(url, params=asked, headers=desk.admin).json()
        return list(told["tasks"])
