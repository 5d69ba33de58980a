"""The scorer against worlds whose law is known, against brute force, and cut short anywhere."""

from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from forecast_world import HORIZONS, HOUR, World, fill, run, scored

from twin.core.verification import N_PARTS
from twin.pipeline.scorer import Scorer
from twin.pipeline.scorer.proposals import proposal_of
from twin.pipeline.scorer.scorer import KIND
from twin.pipeline.scorer.summary import bands_document, outcomes_of, scores_document
from twin.stores.base import StoreError
from twin.stores.memory import MemoryStore

NAMES = ("shift", "day", "week")


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


def test_document_of_scores_is_small_and_whole(whole: Scorer) -> None:
    found = scores_document(whole.sums, "mill", dict(zip(NAMES, HORIZONS, strict=True)), 1.0)
    assert set(found) == set(NAMES)
    week = found["week"]["all"]
    assert found["week"]["1"] == week
    assert sum(b[4] for b in week["bins"]) == week["n"]
    assert all(lo <= seen <= hi for _, seen, lo, hi, _, _ in week["bins"])
