"""`legato adapter`, without Kafka: write one, hold it to its word, find those of packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from legato.adapter_module import AdapterError, AdapterModule, find_adapter
from legato.cli import main
from legato.serving.adapters.ready_made import READY_MADE
from legato.serving.adapters.start import plan_adapter
from legato.settings import AdapterSettings, Settings, SettingsError, load


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def legato(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_a_new_one_runs_as_it_is_and_its_test_passes(tmp_path: Path) -> None:
    assert legato("adapter", "new", "fax").exit_code == 0
    told = legato("adapter", "check", "./fax.py")
    assert told.exit_code == 0, told.output
    assert "✗" not in told.output
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_fax.py"]
    ran = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "3 passed" in ran.stdout, ran.stdout


def test_a_new_one_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_fax.py").touch()
    assert "is there already" in legato("adapter", "new", "fax").output
    assert not (tmp_path / "fax.py").exists()
    assert "is no name" in legato("adapter", "new", "../fax").output


def test_what_falls_short_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("async def deliver(action):\n    return 'sent'\n")
    told = legato("adapter", "check", "./bad.py", "--channels", "fax")
    assert told.exit_code == 1
    assert "it answered `str`" in told.output


TALKATIVE = """
import subprocess, sys
from legato.adapter import Delivered

CHANNELS = ("fax",)
print("begins")
subprocess.run([sys.executable, "-c", "print('a child is born')"])

async def deliver(action):
    print("sends to", action.address, end="")
    sys.stdout.buffer.write(b" by bytes\\n")
    return Delivered()
"""


def test_what_an_adapter_prints_is_kept_apart_from_the_report(tmp_path: Path) -> None:
    (tmp_path / "talk.py").write_text(TALKATIVE)
    asked = [sys.executable, "-c", "from legato.cli import main; main()", "adapter", "check"]
    ran = subprocess.run([*asked, "./talk.py"], capture_output=True, text=True, check=False)
    lines = ran.stdout.splitlines()
    assert len(lines) == 7
    assert all(line[0] in "✓✗" for line in lines), ran.stdout
    told = ran.stderr.splitlines()
    assert told[:2] == ["  ┊ begins", "a child is born"]
    assert "  ┊ sends to kim@example.org by bytes" in told
    assert r"  ┊ sends to \u202e🦊\x00" in told, "odd addresses do not move the cursor"
    assert max(map(len, told)) < 300


def test_where_it_prints_into_memory_they_are_apart_as_well(tmp_path: Path) -> None:
    (tmp_path / "talk.py").write_text(TALKATIVE)
    told = legato("adapter", "check", "./talk.py")
    assert told.exit_code == 0
    assert all(line.startswith("✓") for line in told.stdout.splitlines())
    assert "  ┊ sends to kim@example.org by bytes\n" in told.stderr


def test_what_it_raises_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "import time\nasync def deliver(action):\n    time.sleep(0.3)\n"
        "    raise ValueError('one\\n\\x1b[31mtwo')\n"
    )
    told = legato("adapter", "check", "./bad.py", "--channels", "fax")
    lines = told.stdout.splitlines()
    assert len(lines) == 7
    assert r"✗ an ordinary action is answered: it raised ValueError: one\n\x1b[31mtwo" in lines
    assert told.stderr == "legato: `./bad.py` falls short 6 times; mend that first\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1", "has neither"),
        ("def deliver(action): ...", "has neither"),
        ("import nothing_of_the_kind", "ModuleNotFoundError"),
        ("async def deliver(action) return", "SyntaxError"),
    ],
)
def test_what_is_no_adapter_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "odd.py").write_text(text)
    with pytest.raises(AdapterError, match=told):
        find_adapter("odd.py", {})


def test_one_that_nobody_knows_is_refused_with_what_may_be_meant() -> None:
    with pytest.raises(AdapterError, match="write `slack`"):
        find_adapter("slak", READY_MADE)
    assert legato("adapter", "run", "slak").exit_code == 2


def test_a_package_brings_its_own(tmp_path: Path) -> None:
    """As installing a wheel does: its metadata and its module lie in one folder."""
    site = tmp_path / "site"
    metadata = site / "pigeons-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeons\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[legato.channels]\npigeon = pigeons\n")
    (site / "pigeons.py").write_text(
        '"""By pigeon."""\nfrom legato.adapter import Delivered\nCHANNELS = ("pigeon",)\n'
        "async def deliver(action):\n    return Delivered()\n"
    )
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    asked = [sys.executable, "-c", "from legato.cli import main; main()", "adapter"]
    for words in (["list"], ["check", "pigeon"]):
        ran = subprocess.run(
            [*asked, *words],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert ("pigeon" in ran.stdout) is (words == ["list"])


def settings(text: str, tmp_path: Path) -> Settings:
    path = tmp_path / "some.toml"
    path.write_text(text)
    return load(path, {})


def test_its_options_are_read_before_the_start(tmp_path: Path) -> None:
    told = settings(
        "[adapters.team]\nuse = 'slack'\n[adapters.team.options]\nurl = 5", tmp_path
    )
    with pytest.raises(AdapterError, match="options of the adapter `slack`"):
        plan_adapter(told, "team", ("store",))


def test_a_file_has_the_table_of_its_name(tmp_path: Path) -> None:
    """It shares the group of that name, and its errors name that table."""
    (tmp_path / "fax.py").write_text("async def deliver(action): ...\n")
    told = settings("[adapters.fax]\nport = 9499\nattempts = 3\nchannels = ['fax']", tmp_path)
    plan = plan_adapter(told, "./fax.py").plan
    assert (plan.name, plan.channels) == ("fax", ("fax",))
    assert (plan.adapter.port, plan.limits.attempts) == (9499, 3)


def test_legato_check_reads_them_too(tmp_path: Path) -> None:
    Path("legato.toml").write_text("[adapters.log]\n[adapters.log.options]\nloud = true\n")
    told = legato("check")
    assert told.exit_code == 2
    assert "takes no options; not `loud`" in told.output
    Path("legato.toml").write_text("[adapters.log]\nport = 9499\n")
    assert "adapter   log: every channel" in legato("check").output


def test_somebody_must_say_whose_actions_it_takes(tmp_path: Path) -> None:
    (tmp_path / "fax.py").write_text("async def deliver(action): ...\n")
    with pytest.raises(AdapterError, match="nobody says whose actions"):
        plan_adapter(Settings(), "./fax.py")
    planned = plan_adapter(Settings(), "./fax.py", ("fax",))
    assert (planned.plan.name, planned.plan.channels) == ("fax", ("fax",))


def test_the_environment_may_say_all_of_it() -> None:
    environ = {
        "LEGATO_ADAPTERS": '{"fax": {"use": "./fax.py", "rate": 5, "options": {"a": 1}}}'
    }
    told = load(None, environ).adapters["fax"]
    assert told == AdapterSettings(use="./fax.py", rate=5, options={"a": 1})


@pytest.mark.parametrize(
    "table",
    [
        '"Post Office" = {}',
        "fax = {concurrency = 0}",
        "fax = {rate = -1}",
        "fax = {check = 'maybe'}",
        "fax = {lanes = 3}",
    ],
)
def test_what_makes_no_sense_is_refused(table: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="adapters"):
        settings(f"[adapters]\n{table}", tmp_path)


def test_a_module_may_be_seen_without_being_opened() -> None:
    module = find_adapter("log", READY_MADE)
    assert isinstance(module, AdapterModule)
    assert (module.channels, module.wants_content) == ((), False)
    assert module.summary.startswith('`use = "log"`')
