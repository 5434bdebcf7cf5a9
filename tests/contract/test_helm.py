"""The chart makes what Kubernetes takes and what Legato runs by: safe, and found again."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import click
import pytest
import yaml

from legato.cli import main
from legato.hanging import BUDGET_S
from legato.runtime.kafka.client_configs import consumer_config, producer_config
from legato.settings import Settings, load
from tests.contract.dockerfile import of, stages
from tests.contract.helm import CHART, FOREIGN, VALUES, Manifest, Values, helm, of_kind, render
from tests.contract.pods import (
    RUNNING,
    Workload,
    alone,
    files,
    named,
    settings_of,
    workloads,
)


@pytest.mark.parametrize("name", VALUES)
def test_helm_finds_no_fault(name: str) -> None:
    run = helm("lint", "--strict", values=yaml.safe_dump(VALUES[name]).encode())
    assert run.returncode == 0, run.stdout


def oldest() -> str:
    """The oldest Kubernetes that the chart asks for."""
    told = yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"]
    return ".".join(re.findall(r"\d+", told)[:2])


def test_kubernetes_takes_it(manifests: list[Manifest]) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate")
    for version in (oldest(), kubernetes.latest_version()):
        for manifest in manifests:
            if manifest["kind"] not in FOREIGN:
                kubernetes.validate(manifest, version, strict=True)


def test_the_schemas_of_kubernetes_find_faults(everything: list[Manifest]) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate")
    (faulty,) = copy.deepcopy([*of_kind(everything, "StatefulSet").values()])
    faulty["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(faulty, oldest(), strict=True)


def test_all_that_runs_is_watched(manifests: list[Manifest]) -> None:
    for each in workloads(manifests):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = each.container[probe]
            path = "/readyz" if probe == "readinessProbe" else "/livez"
            if "httpGet" in asked:
                assert asked["httpGet"] == {"path": path, "port": "metrics"}, each.name
            else:
                assert f"{{port}}{path}'" in asked["exec"]["command"][-1], each.name


def test_it_is_asked_where_it_listens(manifests: list[Manifest], tmp_path: Path) -> None:
    for each in workloads(manifests):
        hosts, ports = listening(each, settings_of(manifests, each, tmp_path))
        assert each.ports == ports, each.name
        assert hosts == {"0.0.0.0"}, each.name


def listening(workload: Workload, settings: Settings) -> tuple[set[str], dict[str, int]]:
    """Tell where a process listens, by its settings."""
    if workload.component == "worker":
        at = settings.metrics
        more = range(1, processes_of(workload))
        ports = {f"metrics-{index}": at.port + index for index in more}
        return {at.host}, {"metrics": at.port} | ports
    if workload.component == "api":
        api = settings.api
        return {api.host, api.metrics_host}, {"metrics": api.metrics_port, "http": api.port}
    if workload.component == "adapter":
        own = settings.adapters[workload.labels["legato-adapter"]]
        return {own.host}, {"metrics": own.port}
    own = getattr(settings, workload.component)
    return {own.host}, {"metrics": own.port}


def processes_of(workload: Workload) -> int:
    """How many workers a pod runs."""
    words = workload.container["args"]
    return int(words[words.index("--processes") + 1]) if "--processes" in words else 1


def test_a_pod_can_do_little(manifests: list[Manifest]) -> None:
    (made,) = (line for line in of(stages()[-1], "RUN") if "useradd" in line.rest)
    user = int(made.words()[made.words().index("--uid") + 1])
    for each in (*workloads(manifests), *alone(manifests)):
        assert each.pod["automountServiceAccountToken"] is False
        assert each.pod["enableServiceLinks"] is False
        assert each.pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert each.container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert each.container["resources"]["limits"]["memory"]


def test_a_platform_may_give_its_own_users() -> None:
    for each in workloads(render({"pods": {"runAsUser": None, "fsGroup": None}})):
        assert not {"runAsUser", "fsGroup"} & each.pod["securityContext"].keys()
        assert each.pod["securityContext"]["runAsNonRoot"]


def test_what_a_part_says_stands_in_place_of_what_holds_for_all() -> None:
    told = {"pods": {"labels": {"a": "1"}, "tolerations": [{"operator": "Exists"}]}}
    over = {"labels": {"b": "2"}, "tolerations": []}
    adapters = {"email": over, "sms": {}}
    manifests = render({**told, "view": over, "adapters": adapters})
    for ending in ("-view", "-email"):
        own = named(manifests, ending)
        assert ("a" in own.labels, "b" in own.labels) == (False, True)
        assert "tolerations" not in own.pod
    for ending in ("-worker", "-sms"):
        own = named(manifests, ending)
        assert ("a" in own.labels, "b" in own.labels) == (True, False)
        assert own.pod["tolerations"] == [{"operator": "Exists"}]


def test_only_tmp_can_be_written_to(manifests: list[Manifest]) -> None:
    for each in (*workloads(manifests), *alone(manifests)):
        writable = [
            mount["mountPath"]
            for mount in each.container["volumeMounts"]
            if not mount.get("readOnly")
        ]
        assert writable == ["/tmp"]
        assert {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}} in each.pod["volumes"]


def test_what_is_mounted_is_a_volume(manifests: list[Manifest]) -> None:
    for each in (*workloads(manifests), *alone(manifests)):
        mounts = [mount["name"] for mount in each.container["volumeMounts"]]
        assert mounts == [volume["name"] for volume in each.pod["volumes"]]


def test_a_process_has_the_time_that_it_takes_to_end(manifests: list[Manifest]) -> None:
    for each in workloads(manifests):
        before = each.container.get("lifecycle", {}).get("preStop", {}).get("exec")
        waits = int(before["command"][1]) if before else 0
        assert each.pod["terminationGracePeriodSeconds"] >= waits + BUDGET_S + 5, each.name


def test_every_verb_exists(manifests: list[Manifest]) -> None:
    for each in (*workloads(manifests), *alone(manifests)):
        command, rest = verb(each)
        command.make_context("legato", rest)


def test_an_adapter_is_run_by_its_name(everything: list[Manifest]) -> None:
    told = [each.container["args"] for each in workloads(everything)]
    assert ["adapter", "run", "email"] in told


def verb(workload: Workload) -> tuple[click.Command, list[str]]:
    """Find the verb that a pod calls, and what it calls it with."""
    command: click.Command = main
    rest = list(workload.container["args"])
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(main), rest[0])
        assert found is not None, workload.container["args"]
        command, rest = found, rest[1:]
    return command, rest


@pytest.mark.parametrize("processes", [1, 3])
def test_no_two_workers_bear_the_same_name(processes: int, tmp_path: Path) -> None:
    manifests = render({"workers": {"replicas": 4, "processes": processes}})
    names = transactional_ids(manifests, range(4), tmp_path)
    assert len({*names}) == 4 * processes
    assert all(transactional.startswith("legato-") for transactional, _ in names)


def test_a_pod_that_comes_back_bears_its_name_still(tmp_path: Path) -> None:
    few = transactional_ids(render({"workers": {"replicas": 2}}), range(2), tmp_path)
    more = transactional_ids(render({"workers": {"replicas": 9}}), range(9), tmp_path)
    assert more[:2] == few


def transactional_ids(
    manifests: list[Manifest], ordinals: range, folder: Path
) -> list[tuple[str, str]]:
    """By what the broker fences the workers of these pods, and knows them in the group."""
    worker = named(manifests, "-worker")
    file = folder / "legato.toml"
    file.write_text(files(manifests)["legato.toml"])
    found = []
    for ordinal in ordinals:
        told = worker.environment(worker.secrets(), f"{worker.name}-{ordinal}")
        settings = load(file, told)
        for index in range(processes_of(worker)):
            name = producer_config(settings, index)["transactional.id"]
            found.append((name, consumer_config(settings, index)["group.instance.id"]))
    return found


def test_workers_start_together_and_are_rolled_one_by_one(
    manifests: list[Manifest],
) -> None:
    (worker,) = of_kind(manifests, "StatefulSet").values()
    assert worker["spec"]["podManagementPolicy"] == "Parallel"
    assert worker["spec"]["updateStrategy"]["type"] == "RollingUpdate"
    assert worker["spec"]["minReadySeconds"] == 10
    assert worker["spec"]["serviceName"] in of_kind(manifests, "Service")


def test_there_is_never_a_second_who_learns(everything: list[Manifest]) -> None:
    learn = of_kind(everything, "Deployment")["shop-learn"]["spec"]
    assert (learn["replicas"], learn["strategy"]) == (1, {"type": "Recreate"})


def test_a_job_has_another_name_for_whatever_it_runs() -> None:
    told: list[Values] = [
        {},
        {"image": {"tag": "2"}},
        {"settings": {"touchpoints": True}},
        {"pods": {"tmpSize": "65Mi"}},
    ]
    jobs = [of_kind(render({**each, "topics": {"create": True}}), "Job") for each in told]
    assert len({name for job in jobs for name in job}) == len(told)
    assert [*jobs[0]] == [
        *of_kind(render({"topics": {"create": True}, "view": {"replicas": 2}}), "Job")
    ]


def test_each_finds_its_own_pods_and_no_others(manifests: list[Manifest]) -> None:
    pods = {each.name: each.labels for each in (*workloads(manifests), *alone(manifests))}
    for manifest in manifests:
        if manifest["kind"] in (*RUNNING, "Service", "PodDisruptionBudget"):
            asked = manifest["spec"]["selector"]
            asked = asked.get("matchLabels", asked)
            found = [name for name, labels in pods.items() if asked.items() <= labels.items()]
            assert found == [manifest["metadata"]["name"]], manifest["kind"]


def test_pods_are_spread_among_their_own(everything: list[Manifest]) -> None:
    for each in workloads(everything):
        for spread in each.pod["topologySpreadConstraints"]:
            asked = spread["labelSelector"]["matchLabels"]
            assert asked.items() <= each.labels.items()
            assert asked["app.kubernetes.io/component"] == each.component


def test_one_worker_may_be_taken_away_at_once(everything: list[Manifest]) -> None:
    budgets = of_kind(everything, "PodDisruptionBudget")
    assert budgets.keys() == {each.name for each in workloads(everything)}
    assert budgets["shop-worker"]["spec"]["maxUnavailable"] == 1


def test_only_the_api_is_called_from_outside(everything: list[Manifest]) -> None:
    (ingress,) = of_kind(everything, "Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    service = of_kind(everything, "Service")[backend["name"]]["spec"]
    assert [port["name"] for port in service["ports"]] == [backend["port"]["name"]]
    assert service["ports"][0]["targetPort"] in named(everything, "-api").ports
    opened = of_kind(everything, "NetworkPolicy")["shop-api"]["spec"]["ingress"]
    assert [rule["ports"] for rule in opened] == [[{"port": "http"}]]
