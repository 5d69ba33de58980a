"""The scorer against worlds whose law is known, against brute force, and cut short anywhere."""

from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from forecast_world import HORIZONS, HOUR, T0, World, fill, issue

from twin.core.verification import N_PARTS
from twin.pipeline.scorer import Scorer
from twin.pipeline.scorer.proposals import proposal_of
from twin.pipeline.scorer.run import LateClock
from twin.pipeline.scorer.scorer import KIND, LABELS_MAX_US, Heard
from twin.pipeline.scorer.summary import bands_document, outcomes_of, scores_document
from twin.stores.base import StoreError
from twin.stores.memory import MemoryStore
from twin.stores.records import ISSUED, ISSUED_1, Issued, pack_issued, unpack_issued
from twin.types import Event

NAMES = ("shift", "day", "week")


def scored(world: World, partitions: int = 1) -> Scorer:
    """A scorer that has seen a whole world mature."""
    store = MemoryStore(partitions)
    fill(store, world, range(world.hours))
    scorer = Scorer(store)
    run(scorer, world.heard(world.hours + 200))
    return scorer


def run(scorer: Scorer, heard: Heard) -> None:
    while scorer.step(heard):
        pass


def documents(scorer: Scorer) -> dict[str, bytes]:
    held = scorer.store.documents(KIND)
    return {k: v for k, v in sorted(held.items()) if k != "position"}


def rounded(value: Any) -> Any:
    """Numbers to nine digits: sums of floats depend on the order in which they were added."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return float(f"{value:.9g}") if isinstance(value, float) else value


def in_order(episodes: bytes) -> dict[str, Any]:
    found = orjson.loads(episodes)
    found["closed"].sort(key=lambda w: (w["time"], w["machine"]))
    return found


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def whole(world: World) -> Scorer:
    return scored(world)


def brute_force(world: World, horizon: float) -> pd.DataFrame:
    """Every forecast with what came of it, from the lives themselves."""
    lines = []
    for hour in range(world.hours):
        for row in world.rows(hour):
            name = world.ids[row["slot"]]
            later = [e for e in world.events if e.machine_id == name and e.time > row["time"]]
            failed = next((e.time for e in later if e.kind == "failure"), np.inf)
            reset = next((e.time for e in later if e.kind == "repair"), np.inf)
            end = row["time"] + horizon * HOUR
            came = "failed" if failed <= min(end, reset) else "served" if reset < end else "ran"
            lines.append((float(row["p"][HORIZONS.index(horizon)]), came))
    return pd.DataFrame(lines, columns=["p", "came"])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_sums_equal_brute_force(world: World, whole: Scorer, n: int) -> None:
    want = brute_force(world, HORIZONS[n])
    tally = outcomes_of(whole.sums, "mill", NAMES[n]).tally
    by_end = {
        "failed": tally[:, :N_PARTS].sum((0, 1)),
        "served": tally[:, N_PARTS : 2 * N_PARTS].sum((0, 1)),
        "ran": tally[:, -1].sum(0),
    }
    for came, sums in by_end.items():
        p = want.p[want.came == came]
        assert sums[:3] == pytest.approx([len(p), p.sum(), (p**2).sum()])


def test_scores_without_services_equal_their_definitions() -> None:
    world = World(hours=300, served=False, seed=4)
    scores = outcomes_of(scored(world).sums, "mill", "day").scores
    want = brute_force(world, 24.0)
    want = want[want.came != "served"]
    y, p = (want.came == "failed").to_numpy(float), want.p.to_numpy()
    assert scores.n_censored == 0
    assert scores.brier == pytest.approx(np.mean((p - y) ** 2))
    assert scores.base_rate == pytest.approx(y.mean())
    assert scores.log_score == pytest.approx(-np.mean(np.where(y > 0, np.log(p), np.log(1 - p))))


@pytest.fixture(scope="module")
def large() -> Scorer:
    return scored(World(n=50, hours=700, seed=2))


def test_honest_forecasts_lie_on_the_diagonal_although_a_third_is_serviced(large: Scorer) -> None:
    """Services cut lives short independently of the risk: the weights must undo them."""
    scores = outcomes_of(large.sums, "mill", "week").scores
    assert scores.n_censored > 0.3 * scores.n
    used = scores.said > 2000
    assert scores.observed[used] == pytest.approx(scores.forecast[used], abs=0.06)
    naive = large.sums.tallies
    n = sum(t for key, t in naive.items() if key[1] == "week")[..., 0]
    failed, ran = n[:, :N_PARTS].sum(1), n[:, -1]
    plain = failed[used] / (failed + ran)[used]
    assert (plain - scores.forecast[used]).max() > 0.08


def test_four_in_five_dated_forecasts_hold_and_the_transform_is_even(large: Scorer) -> None:
    world_kinds = [w["outcome"] for w in large.episodes.closed]
    decided = [k for k in world_kinds if k in {"inside", "below", "above"}]
    share = decided.count("inside") / len(decided)
    assert len(decided) > 100
    assert 0.7 < share < 0.9
    held = large.episodes.held("mill")
    assert held["of"] == 16
    assert held["held"] <= 16
    band = bands_document(large.sums, "mill")["all"]
    pit = np.array(band["pit"]) / sum(band["pit"])
    assert pit == pytest.approx(np.full(10, 0.1), abs=0.025)


def test_slope_of_honest_forecasts_has_one_in_its_interval(large: Scorer) -> None:
    fit = outcomes_of(large.sums, "mill", "day").platt()
    assert fit.b_lo < 1 < fit.b_hi
    assert proposal_of(large.sums, large.episodes, "mill", 1, 0) is None


def test_overconfident_forecasts_are_proposed_for_recalibration_with_the_right_line() -> None:
    """logit of what was said is twice the true one: the line back has a = 0 and b = 1/2."""
    scorer = scored(World(n=40, hours=700, seed=3, flatter=2.0))
    found = proposal_of(scorer.sums, scorer.episodes, "mill", 1, 0)
    assert found is not None
    assert found["kind"] == "recalibrate"
    assert found["b"] == pytest.approx(0.5, abs=0.09)
    assert found["b_lo"] < 0.5 < found["b_hi"]
    assert found["after"] < found["before"]


def test_cut_short_anywhere_it_counts_the_same(world: World, whole: Scorer) -> None:
    """Forecasts and labels come in pieces, and the scorer begins anew before each step."""
    store = MemoryStore(1)
    for begin in range(0, world.hours, 100):
        fill(store, world, range(begin, min(begin + 100, world.hours)))
        heard = world.heard(min(begin + 100, world.hours))
        while Scorer(store).step(heard):
            pass
    heard = world.heard(world.hours + 200)
    while Scorer(store).step(heard):
        pass
    got, want = documents(Scorer(store)), documents(whole)
    assert got.keys() == want.keys()
    again, once = Scorer(store).sums, whole.sums
    for key, tally in once.tallies.items():
        assert again.tallies[key] == pytest.approx(tally)
    assert in_order(got["episodes"]) == in_order(want["episodes"])
    for key in [k for k in want if k.startswith(("machines:", "bands:", "left:"))]:
        assert rounded(orjson.loads(got[key])) == rounded(orjson.loads(want[key]))


class Failing(MemoryStore):
    """Refuses to write once, as a store does that goes away."""

    fails = False

    def commit_desk(self, commit) -> None:
        if self.fails:
            self.fails = False
            raise StoreError("gone")
        super().commit_desk(commit)


def test_step_that_was_not_written_is_done_again(world: World, whole: Scorer) -> None:
    store = Failing(1)
    fill(store, world, range(world.hours))
    store.fails = True
    heard = world.heard(world.hours + 200)
    with pytest.raises(StoreError, match="gone"):
        Scorer(store).step(heard)
    run(Scorer(store), heard)
    assert documents(Scorer(store)) == documents(whole)


def test_two_scorers_at_once_count_once(world: World, whole: Scorer) -> None:
    store = MemoryStore(1)
    fill(store, world, range(world.hours))
    heard = world.heard(world.hours + 200)
    one, other = Scorer(store), Scorer(store)
    while one.step(heard) | other.step(heard):
        pass
    assert documents(one) == documents(whole)


# --- single forecasts -----------------------------------------------------------------------
def said(p: float = 0.3, hour: float = 0.0, life=(10.0, 50.0, 90.0)) -> np.ndarray:
    row = (0, b"", T0 + round(hour * HOUR), [p] * 3, [p] * 3, [p] * 3, life)
    return np.array([row], dtype=ISSUED)


def at(hour: float, kind: str, **detail) -> Event:
    return Event(T0 + round(hour * HOUR), kind, "m0", detail)


def outcome(events: list[Event], now_h: float = 200.0, heard_h: float | None = None):
    """Counts (failed, served, ran) of one forecast at hour 0 for the day after, and the scorer."""
    store = MemoryStore(1)
    lease = store.lease(0, "test", 10**9)
    issue(store, lease, said())
    store.add_events(events)
    scorer = Scorer(store)
    heard = T0 + round((now_h if heard_h is None else heard_h) * HOUR)
    now = T0 + round(now_h * HOUR)
    by_machine = {"m0": heard, "m1": now}
    run(scorer, Heard(now, by_machine, {"mill": ("m0", "m1")}, {"mill": 1.0}))
    s = outcomes_of(scorer.sums, "mill", "day").scores
    return (s.n_failed, s.n_censored, s.n - s.n_failed - s.n_censored), scorer


def test_failure_at_the_horizon_counts_and_just_after_does_not() -> None:
    assert outcome([at(24.0, "failure")])[0] == (1, 0, 0)
    assert outcome([at(24.001, "failure")])[0] == (0, 0, 1)


def test_service_before_the_horizon_is_neither_success_nor_failure() -> None:
    assert outcome([at(10.0, "repair", planned=True)])[0] == (0, 1, 0)
    assert outcome([at(10.0, "repair", planned=True), at(12.0, "failure")])[0] == (0, 1, 0)
    assert outcome([at(24.5, "repair", planned=True)])[0] == (0, 0, 1)


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


def test_old_records_without_intervals_are_still_read() -> None:
    old = np.zeros(2, dtype=ISSUED_1)
    old["slot"], old["time"], old["p"] = [3, 4], [T0, T0 + 1], [[0.1, 0.2, 0.3]] * 2
    record = b'["mill",2,[8.0,24.0,168.0]]\n' + old.tobytes()
    found = unpack_issued(record)
    assert found[:3] == ("mill", 2, HORIZONS)
    assert found.rows["p"].tolist() == old["p"].tolist()
    assert np.isnan(found.rows["life_h"]).all()
    assert unpack_issued(pack_issued(Issued("mill", 2, HORIZONS, found.rows))).rows.dtype == ISSUED


def test_document_of_scores_is_small_and_whole(whole: Scorer) -> None:
    found = scores_document(whole.sums, "mill", dict(zip(NAMES, HORIZONS, strict=True)), 1.0)
    assert set(found) == set(NAMES)
    week = found["week"]["all"]
    assert found["week"]["1"] == week
    assert sum(b[4] for b in week["bins"]) == week["n"]
    assert all(lo <= seen <= hi for _, seen, lo, hi, _, _ in week["bins"])


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
