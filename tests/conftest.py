"""What the whole suite shares: which tests are integration, and what they ran on."""

from pathlib import Path

import pytest
from hypothesis import settings

from legato.local import real_kafka_obstacle

# A deadline would test how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
HERE = Path(__file__).parent
INTEGRATION = (HERE / "integration", HERE / "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in INTEGRATION):
            item.add_marker(pytest.mark.integration)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    on_services = any("integration" in report.keywords for report in reports)
    obstacle = real_kafka_obstacle()
    if on_services and obstacle:
        terminalreporter.write_line(
            f"ran on the embedded broker, not on a real Kafka: {obstacle}"
        )
