"""The image is small, runs without rights, and says how it is."""

from __future__ import annotations

from fnmatch import fnmatch

from legato.settings import AdapterSettings, Settings, load
from tests.contract.compose import ROOT
from tests.contract.dockerfile import PATH, copied, environment, of, stages


def test_it_is_built_in_one_stage_and_runs_in_another() -> None:
    build, final = stages()
    assert of(build, "FROM")[0].rest == "python:3.13-slim-bookworm AS build"
    assert of(final, "FROM")[0].rest == "python:3.13-slim-bookworm"
    assert [line.rest for line in of(final, "COPY")] == ["--from=build /app/.venv /app/.venv"]


def test_it_does_not_run_as_root() -> None:
    final = stages()[-1]
    names = [instruction.name for instruction in final]
    assert of(final, "USER")[-1].rest == "legato"
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_it_runs_a_worker_unless_told_otherwise() -> None:
    final = stages()[-1]
    assert of(final, "ENTRYPOINT")[0].words() == ["legato"]
    assert of(final, "CMD")[0].words() == ["worker"]


def test_it_asks_for_livez_where_the_worker_listens() -> None:
    check = of(stages()[-1], "HEALTHCHECK")[0].words()
    assert check[:2] == ["python", "-c"]
    assert f"http://127.0.0.1:{Settings().metrics.port}/livez" in check[2]


def test_it_shows_the_ports_of_the_settings() -> None:
    settings = Settings()
    exposed = of(stages()[-1], "EXPOSE")[0].words()
    listening = settings.metrics, settings.view, settings.learn, settings.shadow, settings.api
    ports = {each.port for each in listening} | {settings.api.metrics_port}
    ports.add(AdapterSettings().port)
    assert sorted(exposed) == sorted(map(str, ports))


def test_its_environment_is_made_of_settings() -> None:
    told = environment(stages()[-1])
    settings = load(environ=told)
    listening = settings.metrics, settings.view, settings.learn, settings.shadow, settings.api
    assert {each.host for each in listening} == {settings.api.metrics_host} == {"0.0.0.0"}
    assert settings.log_json
    tables = ("METRICS", "VIEW", "LEARN", "SHADOW", "API", "API_METRICS")
    hosts = {f"LEGATO_{table}_HOST" for table in tables}
    assert {name for name in told if name.startswith("LEGATO_")} == {*hosts, "LEGATO_LOG_JSON"}


def test_docker_is_given_what_it_copies_and_no_more() -> None:
    rules = PATH.with_suffix(".dockerignore").read_text().splitlines()
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    assert "*" in rules
    assert kept == set(copied(stages()[0]))
    assert all((ROOT / source).exists() for source in kept)
    assert any(fnmatch("src/legato/__pycache__", rule) for rule in rules)
