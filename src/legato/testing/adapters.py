"""What every adapter must hold, tried with actions of people who do not exist."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any, TypeAlias

from msgspec.structs import replace

from legato.adapter import Content, Deliver, Delivered, Failed, Retry, Setup
from legato.adapter_module import AdapterError, AdapterModule, find_adapter
from legato.core.values.handoff import HandoffItem
from legato.core.values.outputs import Action, Factors
from legato.core.values.time import HOUR
from legato.testing.events import instant

ANSWER_S = 20.0
"""How long one try may take."""
BLOCKED_S = 0.25
"""How long the loop may stand, which all other tries share."""
AT_ONCE = 20
_CODE = re.compile(r"[a-z0-9_.:-]{1,64}")

Fault: TypeAlias = str
"""What fell short, in a sentence; empty if nothing did."""
Story: TypeAlias = Callable[[Deliver, Action], Awaitable[Fault]]


def example_action(channel: str = "email", **fields: Any) -> Action:  # noqa: ANN401
    """Make an action of nobody, to be sent on a channel; `fields` change it.

    >>> example_action("sms", address="+4915112345678").address
    '+4915112345678'
    """
    now = instant("10:00")
    action = Action(
        customer_id="1-00000000000000000000000000",
        action_id="0123456789abcdef",
        occurrence_id="0123456789abcdee",
        journey_id="0123456789abcded",
        situation="cart_abandoned",
        action=f"remind_by_{channel}",
        purpose="promotion",
        channel=channel,
        address=_ADDRESSES.get(channel, "kim@example.org"),
        content_ref=f"cart_reminder_{channel}",
        time=now,
        not_before=now,
        expires_at=now + 24 * HOUR,
        factors=Factors(1, 1, 1, 1),
        items=(HandoffItem(sku="SHOE-42", name="Shoe", quantity=1, price=89.0),),
        language="en",
    )
    return replace(action, **fields)


def check_adapter(
    adapter: ModuleType | Path | str,
    *,
    options: Mapping[str, Any] | None = None,
    channels: tuple[str, ...] = (),
    content: Content | None = None,
    sandbox: bool = False,
) -> None:
    """Hold an adapter to what each must; raises AssertionError, naming what fell short.

    It is a module, the path of one, or the name that a package gives it; `content` is what
    actions look like, if it needs that. Without `sandbox`
    nothing that it does leaves this machine: to leave it counts as to find no connection.
    """
    found = (
        AdapterModule(adapter.__name__, adapter)
        if isinstance(adapter, ModuleType)
        else find_adapter(str(adapter), {})
    )
    wanted = channels or found.channels
    setup = Setup("check", wanted, found.options(options or {}), content)
    opened = partial(found.open, setup)
    faults = [
        f"{story}: {fault}"
        for story, fault in ConformanceKit(found, wanted, opened, sandbox=sandbox).run()
        if fault
    ]
    assert not faults, "\n".join(faults)


class ConformanceKit:
    """Tells an adapter stories, and sees what it makes of them."""

    def __init__(
        self,
        module: AdapterModule,
        channels: tuple[str, ...],
        opened: Callable[[], AbstractAsyncContextManager[Deliver]],
        *,
        sandbox: bool = False,
    ) -> None:
        self._module, self._channels = module, channels or ("email",)
        self._opened, self._sandbox = opened, sandbox

    def run(self) -> Iterator[tuple[str, Fault]]:
        """Tell one story after the other: what it is about, and what fell short."""
        yield "options that nobody knows are refused", self._sees_options()
        for name, story in _STORIES.items():
            for channel in self._channels:
                about = f"{name} ({channel})" if len(self._channels) > 1 else name
                yield about, self._told(story, example_action(channel))

    def _sees_options(self) -> Fault:
        try:
            self._module.options({"an_option_that_nobody_knows": 1})
        except AdapterError:
            return ""
        return "write `forbid_unknown_fields=True` at `Options`"

    def _told(self, story: Story, action: Action) -> Fault:
        async def tell() -> Fault:
            async with self._opened() as deliver:
                return await story(deliver, action)

        with _on_this_machine(free=self._sandbox):
            try:
                return asyncio.run(tell())
            except Exception as error:  # noqa: BLE001 - foreign code
                return f"it raised {type(error).__name__}: {error}"


async def _try(deliver: Deliver, action: Action) -> Fault:
    """Have one action delivered, and look at the answer."""
    try:
        async with asyncio.timeout(ANSWER_S):
            result: object = await deliver(action)
    except TimeoutError:
        return f"no answer within {ANSWER_S:g} s"
    except OSError as error:
        return f"it raised {type(error).__name__}; answer `Retry` where there is no connection"
    return _fault_of(result, action)


def _fault_of(result: object, action: Action) -> Fault:
    match result:
        case Delivered(id=told):
            return "" if type(told) is str else "the id of `Delivered` is no text"
        case Failed(reason=reason) | Retry(reason=reason):
            if not _CODE.fullmatch(reason):
                return "a reason is a code such as `no_such_address`, and no text"
            known = (action.customer_id, action.address)
            named = any(each and each.lower() in reason for each in known)
            return "a reason names the customer" if named else ""
        case _:
            kind = type(result).__name__
            return f"it answered `{kind}`; answer `Delivered`, `Failed` or `Retry`"


async def _ordinary(deliver: Deliver, action: Action) -> Fault:
    return await _try(deliver, action)


async def _twice(deliver: Deliver, action: Action) -> Fault:
    return await _try(deliver, action) or await _try(deliver, action)


async def _odd(deliver: Deliver, action: Action) -> Fault:
    """Answer also for what makes no sense; an exception is tried again for nothing."""
    for fields in _ODD:
        try:
            fault = await _try(deliver, replace(action, **fields))
        except Exception as error:  # noqa: BLE001 - foreign code
            fault = f"it raised {type(error).__name__}"
        if fault:
            return f"with {', '.join(fields)}: {fault}"
    return ""


async def _many(deliver: Deliver, action: Action) -> Fault:
    actions = [replace(action, action_id=f"{number:016x}") for number in range(AT_ONCE)]
    faults = await asyncio.gather(*(_try(deliver, each) for each in actions))
    return next(filter(None, faults), "")


async def _cut_off(deliver: Deliver, action: Action) -> Fault:
    """A try that takes too long is cancelled: it must end then, and not as if it was done."""
    for turns in range(4):
        task = asyncio.ensure_future(deliver(action))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=ANSWER_S)
        if not done:
            return "it goes on when it is cancelled"
        if not task.cancelled() and task.exception() is not None:
            return f"cancelled, it raised {type(task.exception()).__name__}"
    return await _try(deliver, action)


async def _loop_free(deliver: Deliver, action: Action) -> Fault:
    """Whoever blocks the loop keeps all others from their work."""
    longest, last = 0.0, perf_counter()
    task = asyncio.ensure_future(_try(deliver, action))
    while not task.done():
        await asyncio.sleep(0.005)
        longest, last = max(longest, perf_counter() - last), perf_counter()
    if longest > BLOCKED_S and not task.exception():
        return f"the loop stood for {longest:.2f} s; await what takes long"
    return task.result()


_STORIES: Mapping[str, Story] = {
    "an ordinary action is answered": _ordinary,
    "the same action may come twice": _twice,
    "odd actions are answered, not raised on": _odd,
    f"{AT_ONCE} actions may come at once": _many,
    "what is cut off ends": _cut_off,
    "the loop stays free": _loop_free,
}
_ADDRESSES: Mapping[str, str] = {
    **dict.fromkeys(("sms", "whatsapp", "viber", "voice", "call"), "+4915112345678"),
    "push": "a-device-token",
    "store": "store-7",
}
_ODD: tuple[dict[str, Any], ...] = (
    {"address": ""},
    {"address": "x" * 1_000},
    {"address": "\u202e🦊\x00\r\nBcc: all@example.org"},
    {"items": (), "language": "", "params": {}},
    {"content_ref": "../../etc/passwd"},
    {"params": {"name": "{{ 7 * 7 }}<script>\u0000"}},
    {"brand": "nobody", "variant": "z", "offer": "none"},
)


@contextmanager
def _on_this_machine(*, free: bool) -> Iterator[None]:
    """Let nothing leave this machine meanwhile, unless it is free to."""
    if not _guard.installed:
        sys.addaudithook(_guard.see)
        _guard.installed = True
    _guard.on = not free
    try:
        yield
    finally:
        _guard.on = False


_SENDS = frozenset(("socket.connect", "socket.sendto", "socket.sendmsg"))
_ASKS = frozenset(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"))
"""What asks others for a name or an address."""


class _Guard:
    """Sees each connection before it is made; hooks stay for good, so it is turned off."""

    def __init__(self) -> None:
        self.on = self.installed = False

    def see(self, event: str, told: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in _SENDS and _leaves(told[1]):
            raise ConnectionRefusedError("nothing leaves this machine; say --sandbox")
        if event in _ASKS and _leaves((told[0],)):
            raise socket.gaierror(socket.EAI_NONAME, "nothing leaves this machine")


_guard = _Guard()


def _leaves(address: object) -> bool:
    if not (isinstance(address, tuple) and address):
        return False
    host = address[0].decode() if isinstance(address[0], bytes) else str(address[0] or "")
    if host in ("", "localhost"):
        return False
    try:
        return not ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return True
