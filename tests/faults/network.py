"""Rows in which Kafka is well, and the network between it and the workers is not."""

from __future__ import annotations

import time

from tests.faults.cluster import live
from tests.faults.one_broker import signals_of
from tests.faults.proxy import Mode
from tests.faults.row import Fault, Row, Setting
from tests.faults.stage import Stage

BEHIND = Setting(proxied=True)
ONE_OF_THREE = Setting(proxied=True, brokers=3, per_second=150)


def network(mode: Mode, seconds: float, *, delay_s: float = 0.0) -> Fault:
    """Make the network to all brokers worse for a while."""

    def fault(stage: Stage) -> None:
        with stage.fault():
            for proxy in stage.proxies:
                proxy.become(mode, delay_s)
            time.sleep(seconds)
            for proxy in stage.proxies:
                proxy.become("pass")

    return fault


def cut_off(stage: Stage) -> None:
    """Cut the workers off from one of three brokers, which all others see as ever."""
    with stage.fault():
        stage.proxies[0].become("drop")
        time.sleep(30)
        stage.proxies[0].become("pass")


def flaky(stage: Stage) -> None:
    """Reset all connections ten times, 3 s apart."""
    with stage.fault():
        for _ in range(10):
            for proxy in stage.proxies:
                proxy.become("reset")
                time.sleep(0.2)
                proxy.become("pass")
            time.sleep(3)


def _away(name: str, about: str, mode: Mode, seconds: float = 30) -> Row:
    check = signals_of(seconds)
    return Row(f"network-{name}", about, network(mode, seconds), BEHIND, signals=check)


ROWS = (
    _away("drop-30s", "All connections are closed and refused for 30 s", "drop"),
    _away("reset-30s", "All connections are reset for 30 s", "reset"),
    _away("deaf-30s", "What workers say is lost for 30 s", "deaf"),
    _away("mute-30s", "What the broker answers is lost for 30 s", "mute"),
    Row(
        "network-slow",
        "Each packet takes half a second for 30 s",
        network("delay", 30, delay_s=0.5),
        BEHIND,
        signals=live,
    ),
    Row(
        "network-flaky",
        "All connections are reset ten times, 3 s apart",
        flaky,
        BEHIND,
        within_s=15,
        signals=live,
    ),
    Row(
        "network-one-cut-off",
        "Workers cannot reach one of three brokers for 30 s",
        cut_off,
        ONE_OF_THREE,
        signals=live,
    ),
)
