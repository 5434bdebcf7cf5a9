"""What operators are given: image, alert rules, dashboard. All of it fits what is exported."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.compose import ROOT
from tests.contract.exported import exported
from tests.contract.promtool import promtool

DEPLOY = ROOT / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
METRIC = re.compile(r"\blegato_\w+\b")
SUFFIX = re.compile(r"_(bucket|count|sum)$")


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DEPLOY / "grafana" / "legato.json").read_text())[
        "panels"
    ]
    return found


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel.get("targets", [])]


def test_prometheus_takes_its_configuration() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_prometheus_takes_the_alerts() -> None:
    promtool("check", "rules", PROMETHEUS / "alerts.yml")


def test_the_alerts_fire_when_they_should_and_only_then() -> None:
    promtool("test", "rules", PROMETHEUS / "alerts_test.yml")


@pytest.mark.parametrize("name", alerts())
def test_an_alert_is_tested_both_ways_and_has_a_page(name: str) -> None:
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    cases = [
        case
        for test in tests
        for case in test.get("alert_rule_test", [])
        if case["alertname"] == name
    ]
    assert {bool(case.get("exp_alerts")) for case in cases} == {True, False}
    runbook = (ROOT / "docs" / "operations.md").read_text()
    assert f"### {name}\n" in runbook
    assert alerts()[name]["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"


@pytest.mark.parametrize("name", alerts())
def test_an_alert_asks_for_what_is_exported(name: str) -> None:
    assert unknown(alerts()[name]["expr"]) == set()


def test_the_dashboard_asks_for_what_is_exported() -> None:
    assert unknown(" ".join(expressions())) == set()


def test_the_dashboard_shows_every_metric() -> None:
    shown = {SUFFIX.sub("", name) for name in METRIC.findall(" ".join(expressions()))}
    assert exported().keys() - shown == set()


def test_prometheus_understands_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expr.replace("$__rate_interval", "1m")}
        for number, expr in enumerate(expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", file)


def test_each_panel_has_an_id_of_its_own() -> None:
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids)


def test_the_panels_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        columns = range(at["x"], at["x"] + at["w"])
        tiles = {(x, y) for x in columns for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not tiles & taken, panel["title"]
        taken |= tiles


def test_the_dashboard_finds_its_source() -> None:
    provisioned = yaml.safe_load(
        (DEPLOY / "grafana" / "provisioning" / "datasources" / "legato.yml").read_text()
    )
    sources = {panel["datasource"]["uid"] for panel in panels() if "datasource" in panel}
    assert sources == {source["uid"] for source in provisioned["datasources"]}


def test_panels_say_what_they_show() -> None:
    assert all(panel["description"] for panel in panels() if panel["type"] != "row")


def unknown(expression: str) -> set[str]:
    names = {SUFFIX.sub("", name) for name in METRIC.findall(expression)}
    return names - exported().keys()
