"""What came of one forecast: a failure, a service, nothing, or nobody knows."""

import pytest
from forecast_world import HOUR, T0, World, at, issue, outcome, run, said

from twin.pipeline.scorer import Scorer
from twin.stores.memory import MemoryStore


def test_failure_at_the_horizon_counts_and_just_after_does_not() -> None:
    assert outcome([at(24.0, "failure")])[0] == (1, 0, 0)
    assert outcome([at(24.001, "failure")])[0] == (0, 0, 1)


def test_service_before_the_horizon_is_neither_success_nor_failure() -> None:
    assert outcome([at(10.0, "repair", planned=True)])[0] == (0, 1, 0)
    assert outcome([at(10.0, "repair", planned=True), at(12.0, "failure")])[0] == (0, 1, 0)
    assert outcome([at(24.5, "repair", planned=True)])[0] == (0, 0, 1)


def test_retracted_failure_is_no_label_while_it_is_not_scored() -> None:
    events = [
        at(10.0, "failure", mode="seal"),
        at(12.0, "failure_retracted", failure=10 * HOUR + T0),
    ]
    counts, scorer = outcome(events)
    assert counts == (0, 0, 1)
    assert scorer.episodes.failures == {}
    assert scorer.sums.left["mill"]["retracted_labels"] == 1


def test_machine_not_heard_of_again_is_unknown() -> None:
    counts, scorer = outcome([], heard_h=20.0)
    assert counts == (0, 0, 0)
    assert scorer.sums.left["mill"] == {"unknown_day": 1, "unknown_week": 1}
    assert outcome([at(19.0, "failure")], heard_h=19.0)[0] == (1, 0, 0)


def test_machine_that_stands_failed_was_not_forecast() -> None:
    counts, scorer = outcome([at(-1.0, "failure")])
    assert counts == (0, 0, 0)
    assert scorer.sums.left["mill"]["standing"] == 1


def test_what_was_said_before_a_failure_is_kept_with_it() -> None:
    store = MemoryStore(1)
    lease = store.lease(0, "test", 10**9)
    for hour in range(0, 40):
        issue(store, lease, said(p=hour / 100, hour=hour, life=(20.0, 24.5, 30.0)))
    store.add_events([at(39.5, "failure", mode="seal")])
    scorer = Scorer(store)
    run(scorer, World(n=1, hours=0).heard(300.0))
    (failure,) = scorer.episodes.failures.values()
    assert failure["mode"] == "seal"
    said_before = failure["said"]
    # 8 h before 39.5 is 31.5: the last forecast until then is of hour 31; a day before, of 15.
    assert said_before["shift"]["time"] == T0 + 31 * HOUR
    assert said_before["day"]["time"] == T0 + 15 * HOUR
    assert said_before["day"]["inside"] is True
    assert said_before["shift"]["inside"] is False
    assert said_before["day"]["p"] == pytest.approx(0.15)
    assert "three_days" not in said_before
