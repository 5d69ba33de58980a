"""What the tests of this folder and below share lies here; the small plant of tests/sources too."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "sources")]


@pytest.fixture
def known_cost(monkeypatch):
    """The small plant has no fitted model: its long-run cost is given."""
    from planning_bench import G  # what plans is loaded for tests of planning only

    monkeypatch.setattr("twin.pipeline.machines_now._long_run_cost_h", lambda _s, _m: G)
