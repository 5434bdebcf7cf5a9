"""docker-compose.yml is a valid compose file, fits the repository, and listens at home only."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from legato.settings import IdentitySettings, load
from tests.contract.compose import ROOT, compose, services

DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
"""`${NAME:-value}`: what stands in for a variable that is not set."""
SCHEMA = Path(__file__).parent / "schemas" / "compose-spec.json"
NAMES = ("kafka", "redis", "worker", "view", "learn", "api", "prometheus", "grafana")
OUR_OWN = ("worker", "view", "learn", "api")


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
    unset = {each: DEFAULT.sub(r"\1", value) for each, value in environment.items()}
    settings = load(environ=unset)
    assert settings.kafka.bootstrap == "kafka:9092"
    assert settings.redis.url == "redis://redis:6379/0"
    assert settings.identity == IdentitySettings()
    assert {*environment} - {"<<", "LEGATO_API_KEYS_FILE"} == {
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
    assert asked == {"learn": ["learn"], "api": ["api"]}


@pytest.mark.parametrize("name", OUR_OWN)
def test_our_own_services_have_few_rights(name: str) -> None:
    service = services()[name]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
