"""Settings of all tests."""

import os

# As the command does it: matrices here are small, and threads inside a product wait for each other
# wherever a computer has more to do. Read when numpy is first imported, which is later.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair: `make bench` measures, tests judge.
# Integration tries the same examples each time: who changes something else is not to find new ones.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` looks for what wants the machine to itself in tests/e2e, and nowhere else."""
    alone = [item.nodeid for item in items if item.get_closest_marker("alone")]
    astray = [name for name in alone if not name.startswith("tests/e2e/")]
    if astray:
        raise pytest.UsageError(f"marked alone outside tests/e2e: {', '.join(astray)}")
