"""The chart as it is rendered, for the tests that look at it."""

from __future__ import annotations

import pytest

from tests.contract.helm import VALUES, Manifest, render


@pytest.fixture(params=VALUES)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """All that is made with one set of values."""
    return render(VALUES[request.param])


@pytest.fixture
def everything() -> list[Manifest]:
    """All that is made where all is switched on."""
    return render(VALUES["everything"])
