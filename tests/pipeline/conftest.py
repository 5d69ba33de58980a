"""The small plant of tests/sources serves here too."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))


@pytest.fixture
def known_cost(monkeypatch):
    """The small plant has no fitted model: its long-run cost is given."""
    from planning_bench import G  # what plans is loaded for tests of planning only

    monkeypatch.setattr("twin.pipeline.machines_now._long_run_cost_h", lambda _s, _m: G)
