"""How long the scorer waits before it decides a forecast, and what it lets go."""

from forecast_world import HOUR, T0, World, at, issue, outcome, run, said

from twin.pipeline.scorer import Scorer
from twin.pipeline.scorer.heard import Heard
from twin.pipeline.scorer.run import LateClock
from twin.pipeline.scorer.scorer import LABELS_MAX_US
from twin.pipeline.scorer.summary import outcomes_of
from twin.stores.memory import MemoryStore
from twin.types import Event


def test_forecast_waits_for_its_grace_and_no_longer() -> None:
    assert outcome([], now_h=29.9)[0] == (0, 0, 0)
    assert outcome([], now_h=30.1)[0] == (0, 0, 1)


def test_failure_reported_late_counts_while_the_grace_lasts() -> None:
    store = MemoryStore(1)
    issue(store, store.lease(0, "test", 10**9), said())
    scorer, world = Scorer(store), World(n=1, hours=0)
    run(scorer, world.heard(29.0))
    store.add_events([at(20.0, "failure")])
    run(scorer, world.heard(31.0))
    assert outcomes_of(scorer.sums, "mill", "day").scores.n_failed == 1
    # The shift was over by then, without it; the failure at hour 20 was none within its 8 hours.
    assert outcomes_of(scorer.sums, "mill", "shift").scores.n_failed == 0
    assert "late_labels" not in scorer.sums.left.get("mill", {})
    store.add_events([at(5.0, "failure")])
    run(scorer, world.heard(32.0))
    assert scorer.sums.left["mill"]["late_labels"] == 1


def test_nothing_is_decided_while_the_whole_partition_is_behind() -> None:
    store = MemoryStore(1)
    issue(store, store.lease(0, "test", 10**9), said())
    scorer = Scorer(store)
    now, behind = T0 + 500 * HOUR, T0 + 3 * HOUR
    run(scorer, Heard(now, {"m0": behind}, {"mill": ("m0",)}, {"mill": 1.0}))
    assert scorer.places == {}
    run(scorer, Heard(now, {"m0": now}, {"mill": ("m0",)}, {"mill": 1.0}))
    assert outcomes_of(scorer.sums, "mill", "week").scores.n == 1


def test_nothing_is_decided_before_its_labels_are_sure_to_have_come() -> None:
    store = MemoryStore(1)
    issue(store, store.lease(0, "test", 10**9), said())
    scorer, heard = Scorer(store), World(n=1, hours=0).heard(400.0)
    run(scorer, heard._replace(labelled_us=T0 + 29 * HOUR))
    assert outcomes_of(scorer.sums, "mill", "day").scores.n == 0
    store.add_events([at(20.0, "failure")])
    run(scorer, heard._replace(labelled_us=T0 + 31 * HOUR))
    assert outcomes_of(scorer.sums, "mill", "day").scores.n_failed == 1


def test_the_late_clock_shows_what_was_some_seconds_ago() -> None:
    clock = LateClock(10.0)
    assert [clock.read(us, s) for us, s in [(100, 0.0), (200, 4.0), (300, 9.0)]] == [0, 0, 0]
    assert clock.read(400, 10.0) == 100
    assert clock.read(500, 13.9) == 100
    assert clock.read(600, 19.9) == 300
    assert clock.read(700, 20.0) == 400


def test_partitions_without_machines_hold_nothing_up() -> None:
    store = MemoryStore(4)
    issue(store, store.lease(0, "test", 10**9), said())
    store.add_events([at(50, "failure")])
    scorer = Scorer(store)
    run(scorer, World(n=1, hours=0).heard(200.0)._replace(partitions=4))
    assert [w["outcome"] for w in scorer.episodes.closed] == ["inside"]


def test_forecasts_trimmed_before_they_were_scored_are_said_to_be_lost() -> None:
    store = MemoryStore(1)
    lease = store.lease(0, "test", 10**9)
    world = World(n=1, hours=0)
    for hour in range(10):
        issue(store, lease, said(hour=hour))
    scorer = Scorer(store)
    run(scorer, world.heard(12.0))
    kept = store._p[0].forecasts
    kept.trim(b"%d-%d" % kept.ids[6])
    run(scorer, world.heard(25.0))
    lost = [entry for entry in scorer.lost if entry[0] == "shift"]
    assert lost == [["shift", T0 + 2 * HOUR, T0 + 7 * HOUR]]


def test_labels_and_open_forecasts_of_what_is_gone_are_not_kept_for_ever() -> None:
    """A partition that sends nothing any more, a dated forecast whose machine left the plant."""
    store = MemoryStore(1)
    scorer = Scorer(store)
    day_us = 24 * HOUR
    scorer.passed["0:day"] = 0
    scorer.episodes.open = [{"machine": "gone", "time": 0, "q90": 9.0, "class": "mill"}]
    times = [n * 10 * day_us for n in range(1, 60)]
    store.add_events([Event(t, "failure", "a", {}) for t in times])
    assert scorer.step(Heard(times[-1], {"a": times[-1]}, {"mill": ("a",)}, {"mill": 1.0}))
    kept = scorer.labels.failures["a"]
    assert min(kept) >= times[-1] - LABELS_MAX_US - 10 * day_us
    assert len(kept) < len(times)
    assert scorer.episodes.open == []
