"""A plan that nobody waits for is polished, until a machine fails: then somebody waits."""

from types import SimpleNamespace

import pytest
from desk_bench import T0_US

from twin.errors import PlanningError
from twin.pipeline.planning.improve import polished_for
from twin.scheduling.schedule import Answer
from twin.stores.memory import MemoryStore
from twin.types import Event

PROBLEM = SimpleNamespace(order=None)
FOUND = Answer(None, 100.0, None, 1.0)


@pytest.fixture
def store():
    made = MemoryStore(2)
    made.add_events([Event(T0_US, "failure", "mill-0", {})])
    return made


def answer(store, monkeypatch, fails_while):
    """What comes of it, and which solvers ran; fails_while: in whose turn a machine fails."""
    ran = []

    def run_apart(solver, *_given, stop=None, **_more):
        ran.append(solver.__name__)
        if fails_while == solver.__name__:
            store.add_events([Event(T0_US, "failure", "mill-1", {})])
        else:
            store.add_events([Event(T0_US, "operation_end", "mill-1", {})])
        if stop is not None and stop():
            raise PlanningError("the solver was stopped before it had an answer")
        return FOUND if solver.__name__ == "steadily" else FOUND._replace(cost=90.0)

    monkeypatch.setattr("twin.pipeline.planning.improve.run_apart", run_apart)
    return polished_for(store)(PROBLEM, None, 5.0, 1).cost, ran


def test_what_failed_before_and_other_events_do_not_stop_it(store, monkeypatch):
    assert answer(store, monkeypatch, None) == (90.0, ["steadily", "cpsat_windows"])


@pytest.mark.parametrize(
    ("fails_while", "ran"),
    [("steadily", ["steadily"]), ("cpsat_windows", ["steadily", "cpsat_windows"])],
)
def test_a_failure_meanwhile_leaves_what_was_found(store, monkeypatch, fails_while, ran):
    assert answer(store, monkeypatch, fails_while) == (100.0, ran)
