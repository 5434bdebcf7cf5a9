"""What the chart tells KEDA and Prometheus: what workers read, and what the alerts ask for."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.contract.compose import ROOT
from tests.contract.helm import CHART, FOREIGN, SCALED, VALUES, Manifest, of_kind, render
from tests.contract.keda import SCHEMAS
from tests.contract.pods import RUNNING, named, settings_of, workloads
from tests.contract.promtool import promtool


def test_keda_takes_it(manifests: list[Manifest]) -> None:
    for manifest in of_kind(manifests, *SCHEMAS).values():
        jsonschema.validate(manifest, SCHEMAS[manifest["kind"]])


@pytest.mark.parametrize(
    "fault", [{"minReplicas": 1}, {"pollingInterval": "30s"}, {"triggers": []}]
)
def test_the_schemas_of_keda_find_faults(
    everything: list[Manifest], fault: Mapping[str, Any]
) -> None:
    faulty = copy.deepcopy(of_kind(everything, "ScaledObject")["shop-worker"])
    faulty["spec"] |= fault
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(faulty, SCHEMAS["ScaledObject"])


def test_keda_looks_at_all_that_workers_read(tmp_path: Path) -> None:
    manifests = render({**VALUES["everything"], **SCALED})
    scaled = of_kind(manifests, "ScaledObject")["shop-worker"]["spec"]
    settings = settings_of(manifests, named(manifests, "-worker"), tmp_path)
    topics = {topic for source in settings.sources for topic in source.topics}
    looked = [each["metadata"] for each in scaled["triggers"]]
    assert {each["topic"] for each in looked} == {
        f"{settings.kafka.prefix}customer.events",
        *(topic for topic in topics if not topic.startswith("^")),
    }
    assert {each["consumerGroup"] for each in looked} == {settings.worker.group}
    assert {each["bootstrapServers"] for each in looked} == {settings.kafka.bootstrap}
    assert {(each["sasl"], each["tls"]) for each in looked} == {("scram_sha512", "enable")}


def test_what_keda_looks_at_by_default_is_what_legato_reads_by_default(tmp_path: Path) -> None:
    manifests = render(SCALED)
    scaled = of_kind(manifests, "ScaledObject")["shop-legato-worker"]["spec"]
    settings = settings_of(manifests, named(manifests, "-worker"), tmp_path)
    topics = {settings.sources[0].topics[0], f"{settings.kafka.prefix}customer.events"}
    assert {each["metadata"]["topic"] for each in scaled["triggers"]} == topics
    assert scaled["triggers"][0]["metadata"]["consumerGroup"] == settings.worker.group
    assert "sasl" not in scaled["triggers"][0]["metadata"]


@pytest.mark.parametrize(
    ("workers", "most"),
    [
        ({}, 24),
        ({"processes": 5}, 4),
        ({"partitions": 7}, 7),
        ({"partitions": 7, "processes": 2}, 3),
    ],
)
def test_keda_makes_no_worker_that_has_nothing_to_do(
    workers: Mapping[str, int], most: int
) -> None:
    manifests = render({"workers": {**workers, "keda": {"enabled": True}}})
    scaled = of_kind(manifests, "ScaledObject")["shop-legato-worker"]["spec"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, most)


def test_who_is_scaled_is_there_and_is_not_told_how_many(everything: list[Manifest]) -> None:
    running = of_kind(everything, *RUNNING)
    scaled = of_kind(everything, "ScaledObject")
    assert scaled.keys() == {"shop-worker", "shop-adapter-email"}
    for name, each in scaled.items():
        target = each["spec"]["scaleTargetRef"]
        assert running[target["name"]]["kind"] == target["kind"]
        assert target["name"] == name
        assert each["spec"]["cooldownPeriod"] == 600
    told = {name for name, each in running.items() if "replicas" in each["spec"]}
    assert told == running.keys() - scaled.keys()


def test_by_default_nothing_is_made_that_a_bare_cluster_does_not_know() -> None:
    assert not of_kind(render(), *FOREIGN)


def test_the_alerts_are_those_of_prometheus(everything: list[Manifest], tmp_path: Path) -> None:
    rules = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    assert (CHART / "files" / "alerts.yml").read_text() == rules, (
        "copy deploy/prometheus/alerts.yml to deploy/helm/legato/files"
    )
    (made,) = of_kind(everything, "PrometheusRule").values()
    assert made["spec"] == yaml.safe_load(rules)
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump(made["spec"]))
    promtool("check", "rules", file)


def test_nobody_is_called_for_a_view_that_is_not_to_be() -> None:
    told = {"view": {"enabled": False}, "monitoring": {"prometheusRule": {"enabled": True}}}
    (made,) = of_kind(render(told), "PrometheusRule").values()
    assert "legato-view" not in {group["name"] for group in made["spec"]["groups"]}


def test_the_jobs_are_those_that_the_alerts_ask_for(everything: list[Manifest]) -> None:
    (monitor,) = of_kind(everything, "PodMonitor").values()
    asked = {*re.findall(r'job="(.+?)"', (CHART / "files" / "alerts.yml").read_text())}
    assert asked <= {f"legato-{each.component}" for each in workloads(everything)}
    for endpoint in monitor["spec"]["podMetricsEndpoints"]:
        job, instance = endpoint["relabelings"]
        assert (job["targetLabel"], job["replacement"]) == ("job", "legato-$1")
        assert instance["targetLabel"] == "instance"
    ports = {each["port"] for each in monitor["spec"]["podMetricsEndpoints"]}
    assert ports == {*named(everything, "-worker").ports}
