"""docker-compose.yml is a valid compose file, fits the repository, and listens at home only."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from legato.serving.adapters.start import plan_adapter
from legato.settings import IdentitySettings, UnsubscribeSettings, load
from tests.contract.compose import ROOT, compose, health_check, services

VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
"""`${NAME:-value}`: what stands in for a variable that is not set."""
SCHEMA = Path(__file__).parent / "schemas" / "compose-spec.json"
OUR_OWN = ("worker", "view", "learn", "api", "adapter")
NAMES = ("kafka", "redis", *OUR_OWN, "prometheus", "grafana")
LINKS = {"LEGATO_UNSUBSCRIBE_URL", "LEGATO_UNSUBSCRIBE_SECRET"}
MORE = {"api": {"LEGATO_API_KEYS_FILE", *LINKS}, "adapter": {"LEGATO_ADAPTERS", *LINKS}}
"""Which settings a service has besides those of all."""
URL = "http://127.0.0.1:8088/v1/unsubscribe/{token}"
SECRET = "a secret of thirty-two signs or so"


def test_it_follows_the_compose_specification() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    errors = [
        error.message for error in jsonschema.Draft7Validator(schema).iter_errors(compose())
    ]
    assert errors == []


def test_the_schema_finds_faults() -> None:
    schema = json.loads(SCHEMA.read_text())
    faulty = compose()
    faulty["services"]["worker"]["healthchek"] = {}
    assert list(jsonschema.Draft7Validator(schema).iter_errors(faulty))


def test_it_has_every_service_that_legato_needs() -> None:
    assert tuple(services()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_watched_and_brought_back(name: str) -> None:
    service = services()[name]
    assert {"test", "interval", "timeout", "retries"} <= service["healthcheck"].keys()
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", NAMES)
def test_a_service_listens_at_home_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in services()[name].get("ports", []))


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_a_version_or_is_our_own(name: str) -> None:
    service = services()[name]
    image, _, tag = service["image"].partition(":")
    assert "build" in service if image == "legato" else tag not in ("", "latest")


@pytest.mark.parametrize("name", NAMES)
def test_a_service_waits_for_others_until_they_are_healthy(name: str) -> None:
    for other, how in services()[name].get("depends_on", {}).items():
        assert other in services()
        assert how == {"condition": "service_healthy"}


def test_what_is_mounted_is_there() -> None:
    sources = [
        volume.split(":")[0]
        for service in services().values()
        for volume in service.get("volumes", [])
    ]
    named = [source for source in sources if not source.startswith(".")]
    assert sorted(named) == sorted(compose()["volumes"])
    assert all((ROOT / source).exists() for source in sources if source.startswith("."))


@pytest.mark.parametrize("name", OUR_OWN)
def test_the_environment_is_made_of_settings(name: str) -> None:
    environment = services()[name]["environment"]
    settings = load(environ=unset(name))
    assert settings.kafka.bootstrap == "kafka:9092"
    assert settings.redis.url == "redis://redis:6379/0"
    assert settings.identity == IdentitySettings()
    assert {*environment} - MORE.get(name, set()) == {
        "LEGATO_KAFKA_BOOTSTRAP",
        "LEGATO_REDIS_URL",
        "LEGATO_IDENTITY_PEPPER",
        "LEGATO_IDENTITY_KEY_ID",
        "LEGATO_IDENTITY_PREVIOUS_PEPPERS",
        "LEGATO_REFERENCES",
        "LEGATO_PLAYBOOKS",
    }


def test_what_needs_more_than_a_worker_is_started_by_name_alone() -> None:
    asked = {name: each["profiles"] for name, each in services().items() if "profiles" in each}
    assert asked == {name: [name] for name in ("learn", "api", "adapter")}


def test_the_adapter_of_emails_is_told_by_variables_which_mail_server_to_use() -> None:
    options = planned()
    assert (options.host, options.port, options.tls) == ("smtp.example", 587, "starttls")
    others = {"SMTP_HOST": "mx.shop.example", "SMTP_PORT": "465", "SMTP_TLS": "implicit"}
    options = planned(**others, SMTP_USERNAME="shop", SMTP_PASSWORD="s3cret")
    assert (options.host, options.port, options.tls) == ("mx.shop.example", 465, "implicit")
    assert (options.username, options.password) == ("shop", "s3cret")


def test_the_adapter_and_the_api_open_the_same_links() -> None:
    links = {"LEGATO_UNSUBSCRIBE_URL": URL, "LEGATO_UNSUBSCRIBE_SECRET": SECRET}
    told = [load(environ=unset(name, **links)).unsubscribe for name in ("api", "adapter")]
    assert told[0] == told[1] == UnsubscribeSettings(URL, SECRET)


def test_prometheus_asks_each_service_where_it_is_watched() -> None:
    path = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    jobs = yaml.safe_load(path.read_text())["scrape_configs"]
    asked = dict(job["static_configs"][0]["targets"][0].split(":") for job in jobs)
    assert asked.keys() - set(OUR_OWN) == {"shadow"}
    for name in OUR_OWN:
        assert f"http://127.0.0.1:{asked[name]}/" in health_check(name)[-1]
        assert f"127.0.0.1:{asked[name]}:{asked[name]}" in services()[name]["ports"]


@pytest.mark.parametrize("name", OUR_OWN)
def test_our_own_services_have_few_rights(name: str) -> None:
    service = services()[name]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def planned(**variables: str) -> Any:  # noqa: ANN401 - the options of a ready-made adapter
    """Plan the adapter as its service does, with these variables set; all can reach it."""
    found = plan_adapter(load(environ=unset("adapter", **variables)), "email")
    assert (found.plan.adapter.host, found.plan.adapter.check) == ("0.0.0.0", "view")
    return found.options


def unset(name: str, **variables: str) -> dict[str, str]:
    """The environment of a service where but these variables are set."""
    told = services()[name]["environment"]
    return {
        each: VARIABLE.sub(lambda found: variables.get(found[1], found[2]), value)
        for each, value in told.items()
    }
