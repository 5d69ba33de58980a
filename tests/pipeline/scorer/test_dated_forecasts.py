"""One dated forecast a life: how it ends, and when that is decided."""

import numpy as np
import pytest
from forecast_world import HOUR, T0, World, at, issue, outcome, run, said

from twin.pipeline.scorer import Scorer
from twin.stores.memory import MemoryStore
from twin.types import Event


@pytest.mark.parametrize(
    ("events", "want"),
    [
        ([at(50, "failure")], "inside"),
        ([at(5, "failure")], "below"),
        ([at(95, "failure")], "above"),
        ([], "above"),
        ([at(60, "repair", planned=True)], "served"),
        ([at(95, "repair", planned=True)], "above"),
    ],
)
def test_dated_forecast_ends_as_it_must(events: list[Event], want: str) -> None:
    _, scorer = outcome(events)
    assert [w["outcome"] for w in scorer.episodes.closed] == [want]


def test_a_life_has_one_dated_forecast_and_it_is_decided_when_its_range_has_passed() -> None:
    store = MemoryStore(1)
    lease = store.lease(0, "test", 10**9)
    for hour in (0, 1, 2):
        issue(store, lease, said(hour=hour))
    issue(store, lease, said(hour=41))
    store.add_events([at(40, "failure"), at(40.5, "repair")])
    scorer, world = Scorer(store), World(n=1, hours=0)
    run(scorer, world.heard(97.9))
    assert len(scorer.episodes.open) == 2
    assert scorer.episodes.held("mill") is None
    run(scorer, world.heard(98.1))
    assert [w["time"] for w in scorer.episodes.closed] == [T0]
    assert scorer.episodes.held("mill") == {"held": 1, "of": 1, "kind": "range"}


def test_a_long_life_has_its_dated_forecast_although_its_begin_is_long_past() -> None:
    store = MemoryStore(1)
    lease = store.lease(0, "test", 10**9)
    scorer, world = Scorer(store), World(n=1, hours=0)
    issue(store, lease, said(hour=0))
    store.add_events([at(40, "failure"), at(40.5, "repair")])
    for hour in range(50, 1000, 50):
        issue(store, lease, said(hour=hour, life=(500.0, 900.0, np.inf)))
        run(scorer, world.heard(hour))
    issue(store, lease, said(hour=1000))
    run(scorer, world.heard(1050.0))
    assert [w["time"] for w in scorer.episodes.open] == [T0 + 1000 * HOUR]
