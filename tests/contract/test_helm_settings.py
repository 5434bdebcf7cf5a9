"""What the chart tells Legato: all of the settings, and no secret; it refuses nonsense."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import legato
from legato.cli.settings_text import settings_text
from legato.settings import Settings, load
from tests.contract.helm import (
    CHART,
    SCALED,
    VALUES,
    Manifest,
    Values,
    of_kind,
    refusal,
    render,
)
from tests.contract.pods import (
    Workload,
    alone,
    files,
    named,
    settings_of,
    variables,
    workloads,
)


def test_the_environment_is_made_of_settings(manifests: list[Manifest], tmp_path: Path) -> None:
    for each in (*workloads(manifests), *alone(manifests)):
        settings = settings_of(manifests, each, tmp_path)
        assert settings.log_json
    assert "LEGATO_SETTINGS" in {each["name"] for each in variables(manifests)}


def test_each_is_told_the_secrets_that_it_needs(tmp_path: Path) -> None:
    manifests = render(VALUES["everything"])
    told = {each.component: each for each in workloads(manifests)}
    for name in ("worker", "view", "api"):
        settings = settings_of(manifests, told[name], tmp_path)
        assert settings.identity.pepper == "of LEGATO_IDENTITY_PEPPER"
        assert settings.identity.previous_peppers == {"0": "former"}
        assert settings.registry.password == "of LEGATO_REGISTRY_PASSWORD"
    assert told_of("LEGATO_REDIS_URL", told) == {"view", "api", "adapter"}
    assert told_of("PEPPER", told) == {"worker", "view", "api"}


def test_each_sees_the_files_of_secrets_that_it_needs() -> None:
    told = {each.component: each for each in workloads(render(VALUES["everything"]))}
    assert told_of("legato/kafka-tls", told) == {*told}
    assert told_of("legato/api-keys", told) == told_of("legato/webhooks", told) == {"api"}
    assert told_of("legato/unsubscribe", told) == {"api", "adapter"}
    assert told_of("legato/content", told) == {"adapter"}
    assert told_of("legato/oidc", told) == {"api"}


def told_of(what: str, workloads: Mapping[str, Workload]) -> set[str]:
    """Name the processes whose container is told of something."""
    return {name for name, each in workloads.items() if what in str(each.container)}


def test_the_password_of_kafka_is_laid_among_its_properties(tmp_path: Path) -> None:
    manifests = render(VALUES["everything"])
    worker = named(manifests, "-worker")
    assert settings_of(manifests, worker, tmp_path).kafka.properties == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "legato",
        "ssl.ca.location": "/run/secrets/legato/kafka-tls/ca.crt",
        "client.rack": "$(not-a-variable)",
        "sasl.password": "of KAFKA_PASSWORD",
    }


def test_no_secret_is_made_and_none_is_written(manifests: list[Manifest]) -> None:
    assert not of_kind(manifests, "Secret")
    secret = re.compile("PEPPER|PASSWORD|REDIS_URL|TOKEN|SECRET")
    for each in variables(manifests):
        if secret.search(each["name"]):
            assert "secretKeyRef" in each["valueFrom"], each["name"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a pepper": ({"identity": {"pepper": "x"}}, "settings.identity.pepper"),
    "former peppers": (
        {"identity": {"previous_peppers": {"0": "x"}}},
        "settings.identity.previous_peppers",
    ),
    "Kafka's password": (
        {"kafka": {"properties": {"sasl.password": "x"}}},
        "settings.kafka.properties.sasl.password",
    ),
    "a key's password": (
        {"kafka": {"properties": {"ssl.key.password": "x"}}},
        "settings.kafka.properties.ssl.key.password",
    ),
    "the registry's": ({"registry": {"password": "x"}}, "settings.registry.password"),
    "one in a URL": ({"redis": {"url": "rediss://u:p@redis:6379"}}, "settings.redis.url"),
    "one in a URL, alone": ({"redis": {"url": "redis://:p@redis"}}, "settings.redis.url"),
    "an adapter's": (
        {"adapters": {"email": {"options": {"password": "x"}}}},
        "settings.adapters.email.options.password",
    ),
    "that of links": (
        {"unsubscribe": {"secret": "x" * 32}},
        "settings.unsubscribe.secret",
    ),
    "a former one of links": (
        {"unsubscribe": {"previous_secrets": ["file:/x", "x" * 32]}},
        "settings.unsubscribe.previous_secrets",
    ),
    "that of sign-in": ({"oidc": {"client_secret": "x"}}, "settings.oidc.client_secret"),
    "the CMS's": (
        {"content": {"headers": {"Authorization": "Bearer x"}}},
        "settings.content.headers.Authorization",
    ),
    "a vendor's": (
        {"sources": [{"name": "shop", "webhook": {"secrets": ["file:/x", "x"]}}]},
        "the source `shop`",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("way", ["settings", "settingsToml"])
def test_a_secret_in_the_settings_is_refused(what: str, way: str) -> None:
    told, where = REFUSED[what]
    said = refusal({way: told if way == "settings" else toml(told)})
    assert where in said


def toml(told: Mapping[str, Any]) -> str:
    """Write a table as inline TOML, whose strings and lists are those of JSON."""
    return "\n".join(f"{name} = {_inline(value)}" for name, value in told.items())


def _inline(value: Any) -> str:  # noqa: ANN401 - whatever a table holds
    if isinstance(value, dict):
        inner = ", ".join(f'"{name}" = {_inline(each)}' for name, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return yaml.safe_dump(value, default_style='"').strip() if isinstance(value, str) else "?"


def test_what_only_says_where_a_secret_is_stays() -> None:
    told = {
        "kafka": {"properties": {"sasl.oauthbearer.token.endpoint.url": "https://id.example"}},
        "api": {"keys_file": "keys.json", "resume_url": "https://shop.example/?t={token}"},
        "adapters": {"chat": {"options": {"headers": {"Authorization": "Bearer {secret}"}}}},
        "unsubscribe": {"previous_secrets": ["file:/a", "file:/b"]},
    }
    written = files(render({"settings": told}))["legato.toml"]
    assert '"sasl.oauthbearer.token.endpoint.url" = "https://id.example"' in written


def test_other_settings_roll_the_pods_and_other_numbers_do_not() -> None:
    def mark(values: Values) -> str:
        (found,) = {each.annotations["checksum/settings"] for each in workloads(render(values))}
        return found

    before = mark({})
    assert mark({"workers": {"replicas": 5}}) == before
    assert mark({"settings": {"touchpoints": True}}) != before
    assert mark({"playbook": "version: 1"}) != before


def test_the_playbook_is_where_the_settings_say(tmp_path: Path) -> None:
    text = "  # begins with blanks\nversion: 1\n"
    manifests = render({"playbook": text})
    worker = named(manifests, "-worker")
    assert files(manifests)["playbook.yaml"] == text
    assert settings_of(manifests, worker, tmp_path).playbook == "/etc/legato/playbook.yaml"


OWN = """
[kafka.properties]
"linger.ms" = "5"
"client.rack" = 'a "b" \\ c $(D)'

[[sources]]
name = "till"
topics = ["pos"]
data = {points = {value = 1.5}}
"""


def test_a_whole_legato_toml_says_what_it_said(tmp_path: Path) -> None:
    chosen = {
        "kafka.bootstrap": "kafka-1:9092",
        "kafka.partitions": 48,
        "kafka.replication": 2,
        "kafka.min_replication": 2,
        "kafka.create_topics": True,
        "worker.static_membership": False,
        "identity.blocked": [],
        "identity.limits": {"email": 3},
        "redis.url": "redis://elsewhere:6379/1",
        "redis.timeout_s": 2.5,
        "log_json": False,
    }
    text = settings_text(chosen) + OWN
    file = tmp_path / "own.toml"
    file.write_text(text)
    manifests = render({"settingsToml": text})
    told = tmp_path / "legato.toml"
    told.write_text(files(manifests)["legato.toml"])
    assert load(told, {}) == load(file, {})


def test_numbers_stay_what_they_are(tmp_path: Path) -> None:
    data = {"a": {"value": 5}, "b": {"value": 1.5}, "c": {"value": [1, {"d": 2}]}}
    source = {"name": "till", "topics": ["pos"], "data": data}
    told = {"sources": [source], "redis": {"timeout_s": 2.5, "ttl_s": None}}
    manifests = render({"settings": told})
    settings = settings_of(manifests, named(manifests, "-worker"), tmp_path)
    assert repr(settings.sources[0].data) == repr(
        load_source(tmp_path, "a = {value = 5}, b = {value = 1.5}, c = {value = [1, {d = 2}]}")
    )
    assert (settings.redis.timeout_s, settings.redis.ttl_s) == (2.5, Settings().redis.ttl_s)


def load_source(folder: Path, data: str) -> Any:  # noqa: ANN401 - as a source keeps it
    file = folder / "one.toml"
    file.write_text(f'[[sources]]\nname = "till"\ntopics = ["pos"]\ndata = {{{data}}}\n')
    return load(file, {}).sources[0].data


WRONG: dict[str, Values] = {
    "30 `workers.replicas`": {"workers": {"replicas": 30}},
    "of 5 `workers.processes`": {"workers": {"replicas": 5, "processes": 5}},
    "set `settings.references` to true": {"learn": {"enabled": True}},
    "the port of `worker` is 0": {"settings": {"metrics": {"port": 0}}},
    "`settingsToml` is not TOML": {"settingsToml": "kafka = ["},
    "name one in `api.ingress.hosts`": {"api": {"enabled": True, "ingress": {"enabled": True}}},
    "say it in `keda.authentication`": {
        **SCALED,
        "settings": {
            "kafka": {
                "properties": {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}
            }
        },
    },
    "KEDA knows no `sasl.mechanism` `OWN`": {
        "settings": {
            "kafka": {"properties": {"security.protocol": "SASL_SSL", "sasl.mechanism": "OWN"}}
        },
        **SCALED,
    },
    "KEDA does not read `secrets.kafkaProperties`": {
        "secrets": {"kafkaProperties": {"existingSecret": "kafka"}},
        **SCALED,
    },
    "/workers/replica": {"workers": {"replica": 3}},
    "an adapter": {"adapters": {"an adapter": {}}},
    "two adapters would be called `adapter-a-b`": {"adapters": {"a_b": {}, "a-b": {}}},
    "/workers/terminationGracePeriodSeconds": {
        "workers": {"terminationGracePeriodSeconds": 10}
    },
}


@pytest.mark.parametrize("said", WRONG)
def test_what_makes_no_sense_is_refused(said: str) -> None:
    assert said in refusal(WRONG[said])


def test_as_many_workers_as_partitions_are_the_most() -> None:
    default = Settings().kafka.partitions
    without = {"kafka": {"partitions": None}}
    assert render({"settings": without, "workers": {"replicas": default}})
    told = refusal({"settings": without, "workers": {"replicas": default + 1}})
    assert f"more than {default} partitions" in told


def test_the_chart_is_of_this_release() -> None:
    told = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert told["appVersion"] == legato.__version__
