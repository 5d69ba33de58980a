"""What-ifs against closed forms, a filter library's prediction, quadrature, and their laws."""

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from textbook import van_loan

from twin.core.features import FeatureMap, features, learn_features
from twin.core.hazard import Hazard, assess, lead_bins, spline_basis
from twin.core.path_hazard import path_hazard, population
from twin.core.path_match import match, pushed_curve
from twin.core.paths import Start, as_new, drift, free_paths, spread_at, start_of
from twin.core.statespace import trend_of
from twin.core.trend import advance, new_state, new_view
from twin.core.whatif import Case, Change, Scenario, course_of, inputs_at, rehearse
from twin.core.whatif_sums import (
    Prices,
    crossing,
    crossing_times,
    doubts,
    eases,
    expected_cost,
    unseen_from,
)

HORIZON = 60.0
GROWTH, Q_LEVEL, Q_SLOPE = 0.01, 1e-3, 1e-5
TREND = trend_of(
    2,
    2,
    growth=GROWTH,
    q_level=Q_LEVEL,
    q_slope=Q_SLOPE,
    r=[0.1, 0.2],
    centre=[[50.0, 20.0]],
    input_scale=[100.0, 30.0],
    offset=[[10.0, 5.0]],
    gain=[[[0.2, 0.0], [0.0, 0.5]]],
    scale=[[2.0, 3.0]],
)
MATCHED = 1e-7
"""Cumulative hazard to which paths are matched, over all bins."""
WEAR = np.array([[2e-4, 0.0], [1e-4, 0.0]])


def start(age=100.0, spread=1.0):
    one = np.ones(2) * spread
    return Start(np.array([0.5, -0.2]), np.full(2, 0.01), 0.05 * one, 1e-3 * one, 4e-4 * one, age)


def new(spread=1.0):
    nil, one = np.zeros(2), np.ones(2) * spread
    return Start(nil - 1.0, nil, 0.2 * one, nil, 1e-5 * one, 0.0)


def hazard(coef=(1.0, 0.5), rank=2):
    """One mode, no products: log-odds rise with levels (and slopes), never with age."""
    rng = np.random.default_rng(1)
    basis = spline_basis(lead_bins(HORIZON))
    wide = np.full(5, 1e9)
    map_ = FeatureMap(
        np.arange(2),
        np.zeros(5),
        np.ones(5),
        -wide,
        wide,
        np.zeros((5, 0)),
        np.zeros(0),
        np.ones(0),
    )
    a = np.zeros((1, basis.shape[1], 6))
    a[..., 0], a[..., 1], a[..., 2], a[..., 3] = -5.0, coef[0], coef[1], 0.3
    factor = rng.normal(0, 0.02, (1, rank, basis.shape[1], 6))
    return Hazard(("m",), map_, lead_bins(HORIZON), basis, a, factor, np.zeros((1, 3)))


def case(spread=1.0, **more):
    given_ = {"hazard": hazard(), "wear": WEAR, "inputs": np.array([50.0, 20.0])} | more
    return Case(TREND, now=start(spread=spread), new=new(spread), horizon=HORIZON, **given_)


def test_no_change_is_the_landmark_curve():
    c = case()
    got = course_of(c, rehearse(c, 64), Scenario())
    x = (c.now.level[None], c.now.slope[None], np.array([c.now.age]))
    risk = assess(c.hazard, *x, list(got.at))
    for curve, want in zip(got.failure, (risk.p, risk.p_lo, risk.p_hi), strict=True):
        np.testing.assert_allclose(curve, want[0], rtol=1e-9, atol=1e-12)
    assert not got.mc_sd.any()


def test_a_change_to_what_is_changes_nothing():
    c = case()
    r = rehearse(c, 64)
    same = course_of(c, r, Scenario((Change(0, 50.0), Change(1, 20.0, 7.0))))
    base = course_of(c, r, Scenario())
    shared = np.isin(same.at, base.at)
    np.testing.assert_array_equal(same.cumulative[:, shared], base.cumulative)
    np.testing.assert_array_equal(same.mean[shared], base.mean)


@pytest.mark.parametrize("begin", [0.0, 5.0])
def test_levels_under_load_equal_powers_of_the_matrix(begin):
    """x(t) = F^t x + Σ F^(t−1−i) [0, B Δu] from the step of the change on, in plant units."""
    c = case()
    got = course_of(c, rehearse(c, 8), Scenario((Change(0, 90.0, begin),)))
    F, _ = van_loan(GROWTH, Q_LEVEL, Q_SLOPE, 1.0)
    power = np.linalg.matrix_power
    for t in (10, 34, 60):
        n = int(np.argmin(np.abs(got.at - t)))
        assert got.at[n] == pytest.approx(t)
        for i in range(2):
            x = power(F, t) @ [c.now.level[i], c.now.slope[i]]
            for s in range(int(begin), t):
                x = x + power(F, t - 1 - s) @ [0.0, WEAR[i, 0] * 40.0]
            base = TREND.offset[0, i] + TREND.gain[0, i] @ [90.0, 20.0]
            assert got.mean[n, i] == pytest.approx(base + TREND.scale[0, i] * x[0], rel=1e-9)


def test_mean_and_spread_equal_filterpys_prediction():
    c = case()
    got = course_of(c, rehearse(c, 8), Scenario((Change(0, 70.0),)))
    F, Q = van_loan(GROWTH, Q_LEVEL, Q_SLOPE, 1.0)
    for i in range(2):
        kf = KalmanFilter(2, 1, 1)
        kf.x = np.array([c.now.level[i], c.now.slope[i]])
        kf.P = np.array([[c.now.p11[i], c.now.p12[i]], [c.now.p12[i], c.now.p22[i]]])
        kf.F, kf.Q, kf.B = F, Q, np.array([[0.0], [1.0]])
        for t in range(1, 61):
            kf.predict(u=np.array([WEAR[i, 0] * 20.0]))
            if t not in (19, 60):
                continue
            n = int(np.argmin(np.abs(got.at - t)))
            base = TREND.offset[0, i] + TREND.gain[0, i] @ [70.0, 20.0]
            scale = TREND.scale[0, i]
            assert got.mean[n, i] == pytest.approx(base + scale * kf.x[0], rel=1e-6)
            assert got.sd[n, i] == pytest.approx(scale * np.sqrt(kf.P[0, 0]), rel=1e-6)
            reading = np.sqrt(kf.P[0, 0] + TREND.r[i])
            assert got.reading_sd[n, i] == pytest.approx(scale * reading, rel=1e-6)


def test_paths_have_the_mean_and_variance_of_the_closed_form():
    """Each over its standard error, seeded: 4 in 10⁴ points beyond 3.5 σ would be many."""
    at = np.array([0.0, 2.0, 7.0, 30.0, 60.0])
    n = 4000
    paths = free_paths(TREND, start(), at, n, 5)
    mean, variance = spread_at(TREND, start(), at)
    np.testing.assert_allclose(paths.level.mean(0), mean, atol=1e-9)  # mirrored pairs
    got = paths.level[: n // 2].var(0)
    assert (np.abs(got / variance - 1) < 3.5 * np.sqrt(2 / (n // 2))).all()


def test_sure_state_has_no_error_and_the_hazard_of_its_one_path():
    """Nothing uncertain: Λ* is the sum along the mean path, computed here bin by bin."""
    sure = TREND._replace(q_level=np.zeros(2), q_slope=np.zeros(2))
    c = case(spread=0.0)._replace(trend=sure)
    got = course_of(c, rehearse(c, 16), Scenario((Change(0, 100.0),)))
    assert got.mc_sd.max() < 1e-9
    h = c.hazard
    F = van_loan(GROWTH, 0, 0, 1.0)[0]
    x, total = np.stack([c.now.level, c.now.slope]), 0.0
    for t in range(60):
        if t in h.edges:
            j = int(np.flatnonzero(h.edges == t)[0])
            f = features(h.map_, x[:1], x[1:], np.array([c.now.age + t]))[0]
            odds = np.exp(h.basis[0] @ h.coef[0] @ f) * (h.edges[j + 1] - t)
            total += np.log1p(odds)
        x = F @ x
        x[1] += WEAR[:, 0] * 50.0
    assert got.read[-1] == pytest.approx(total, rel=1e-9)


def test_path_hazard_equals_the_features_column_by_column():
    """With products, two modes and clipped features: Σ log(1 + odds) from the feature matrix."""
    rng = np.random.default_rng(2)
    level, slope = rng.normal(size=(2, 50, 2)) * [[[1.0]], [[0.1]]]
    map_ = learn_features(level, slope, rng.uniform(0, 99, 50), np.arange(2), 2, 2)
    edges = lead_bins(HORIZON)
    basis = spline_basis(edges)
    coef = rng.normal(0, 0.3, (2, basis.shape[1], map_.size))
    h = Hazard(
        ("a", "b"), map_, edges, basis, coef, np.zeros((2, 0, 5, map_.size)), np.zeros((2, 3))
    )
    paths = free_paths(TREND, start(), edges, 6, 3)
    got = path_hazard(h, paths, 0.5, 0.1)
    for p in range(6):
        total = 0.0
        for g in range(len(edges) - 1):
            x = (paths.level[p, [g]] + 0.5, paths.slope[p, [g]] + 0.1, paths.age[[g]])
            row = features(map_, *x)[0]
            odds = np.exp(np.array([basis[0] @ a @ row for a in coef])) * (edges[g + 1] - edges[g])
            total += np.log1p(odds).sum()
            assert got[p, g + 1] == pytest.approx(total, rel=1e-9)


def test_paths_agree_with_quadrature_within_their_error():
    """One Gaussian level that stands still, else nothing: E exp(−C) by Gauss and Hermite."""
    h = hazard(coef=(1.5, 0.0))
    still = trend_of(2, 2, q_level=0.0, q_slope=0.0, growth=0.0)
    nil = np.zeros(2)
    belief = Start(nil, nil, np.array([1.0, 0.0]), nil, nil, 10.0)
    z, weight = np.polynomial.hermite_e.hermegauss(60)
    weight = weight / weight.sum()
    width = np.diff(h.edges)
    f = np.zeros((60, 6))
    f[:, 0], f[:, 1], f[:, 5] = 1.0, z, np.log1p(10.0)
    odds = np.exp(f @ (h.basis[0] @ h.coef[0]))[:, None] * width
    want = weight @ np.exp(-np.log1p(odds).sum(1))
    draws = []
    for seed in range(20):
        paths = free_paths(still, belief, h.edges, 256, seed)
        draws.append(np.exp(-population(path_hazard(h, paths))[-1]))
    error = np.std(draws, ddof=1) / np.sqrt(20)
    assert abs(np.mean(draws) - want) < 3.5 * error
    assert error < 0.005


def test_matched_paths_reproduce_the_landmark_curve():
    """Second route: survival under the factors, path by path, as a plain mean."""
    c = case()
    stretch = rehearse(c, 64).now
    for factor, kept in zip(*stretch.matched, strict=True):
        total = np.cumsum(np.diff(stretch.unchanged[kept], axis=1) * factor, axis=1)
        got = -np.log(np.exp(-total).mean(0))
        np.testing.assert_allclose(got, stretch.landmark[0][1:], rtol=1e-6)
    curve, mc_sd = pushed_curve(stretch.landmark, stretch.matched, stretch.unchanged)
    np.testing.assert_allclose(curve, stretch.landmark, rtol=1e-5)
    assert mc_sd.max() < 1e-6


def test_hazard_that_a_change_multiplies_on_a_sure_path_multiplies_the_curve():
    """One path without spread: the factor is Λ₀/C, so thrice C is thrice Λ₀, whatever C is."""
    free = np.tile(np.cumsum([0.0, 0.3, 1e-4, 2.0]), (16, 1))
    landmark = np.stack([np.cumsum([0.0, 0.01, 0.5, 0.02])] * 3)
    curve, _ = pushed_curve(landmark, match(free, landmark[0]), 3.0 * free)
    np.testing.assert_allclose(curve, 3.0 * landmark, rtol=1e-8)


def test_stated_error_is_that_of_repeated_draws():
    """The jackknife's sd against the sd over 30 seeds: within a factor of two."""
    c = case()
    change = Scenario((Change(0, 100.0),))
    runs = [course_of(c, rehearse(c, 64, seed), change) for seed in range(0, 60, 2)]
    observed = np.std([np.log(r.cumulative[0, -1]) for r in runs], ddof=1)
    stated = np.median([r.mc_sd[-1] for r in runs])
    assert stated / 2 < observed < stated * 2


@settings(max_examples=40)
@given(
    load=st.floats(50.0, 150.0),
    more=st.floats(0.0, 50.0),
    begin=st.floats(0.0, 50.0),
    seed=st.integers(0, 1000),
)
def test_more_load_is_never_less_risk(load, more, begin, seed):
    """Wear and coefficients are all ≥ 0 here, and load is above what it is now."""
    c = case()
    r = rehearse(c, 32, seed)
    low, high = (
        course_of(c, r, Scenario((Change(0, u, begin),))).cumulative[0] for u in (load, load + more)
    )
    assert (high >= low - MATCHED).all()
    base = np.interp(
        course_of(c, r, Scenario((Change(0, load, begin),))).at, r.now.paths.at, r.now.landmark[0]
    )
    assert (low >= base - MATCHED).all()


@settings(max_examples=40)
@example(service=0.0)
@given(service=st.floats(0.0, 60.0))
def test_a_service_lowers_the_hazard_after_it_and_not_before(service):
    c = case()
    r = rehearse(c, 16)
    none, served = (course_of(c, r, Scenario((), s)) for s in (None, service))
    want = np.interp(served.at, none.at, none.cumulative[0])
    before = served.at < service
    np.testing.assert_allclose(served.cumulative[0][before], want[before], rtol=1e-6, atol=1e-9)
    at_service = np.interp(service, none.at, none.cumulative[0])
    after = served.cumulative[0][~before] - at_service
    fresh = np.interp(served.at[~before] - service, r.new.paths.at, r.new.landmark[0])
    np.testing.assert_allclose(after, fresh, atol=1e-6)


def test_probability_never_falls_and_lies_in_its_interval():
    c = case()
    r = rehearse(c, 64)
    for change in (Change(0, 0.0, 20.0), Change(0, 100.0, 20.0)):
        p, lo, hi = course_of(c, r, Scenario((change,), 40.0)).failure
        assert (np.diff(p) >= -1e-12).all()
        assert (lo <= p + 1e-12).all()
        assert (p <= hi + 1e-12).all()


def test_without_failure_model_levels_are_still_forecast():
    c = case(hazard=None)
    got = course_of(c, rehearse(c, 8), Scenario((Change(0, 90.0),), 30.0))
    assert np.isnan(got.cumulative).all()
    assert np.isfinite(got.mean).all()


def test_the_last_change_begun_holds():
    changes = (Change(0, 3.0, 4.0), Change(0, 7.0, 2.0))
    got = inputs_at(np.array([1.0]), changes, np.arange(6.0))[:, 0]
    assert got.tolist() == [1, 1, 7, 7, 3, 3]


def test_drift_stops_when_the_change_is_taken_back():
    level, slope = drift(0.0, np.array([[1.0], [-1.0], [0.0]]))
    assert slope[:, 0].tolist() == [0, 1, 0, 0]
    assert level[:, 0].tolist() == [0, 0, 1, 1]


def test_start_is_the_belief_of_the_filter(fleet):
    rows = fleet(1, 30, 2)
    trend = trend_of(2, growth=GROWTH)
    state = new_state(trend, np.array([rows["time"][0] - int(3.6e9)]))
    advance(trend, state, new_view(trend, 1), rows)
    got = start_of(trend, state[0])
    np.testing.assert_array_equal(got.level, trend.layout.level(state)[0])
    assert got.age == pytest.approx(1 + (rows["time"][-1] - rows["time"][0]) / 3.6e9)


def test_new_is_the_mean_of_the_machines_seen_new(make_rows):
    """Four machines seen from birth and one that was old: their first 40 readings are constants."""
    trend = trend_of(1)
    born = np.array([0, 0, 0, 0, -(10**13)])
    state = new_state(trend, born)
    values = np.repeat([[1.0], [2.0], [3.0], [4.0], [50.0]], 40, axis=0)
    times = np.tile(np.arange(1, 41) * 10**6, 5)
    rows = make_rows(times, values + 0.01 * (np.arange(200) % 2)[:, None], np.repeat(range(5), 40))
    advance(trend, state, new_view(trend, 5), rows)
    got, n = as_new(trend, state)
    assert n == 4
    assert got.level[0] == pytest.approx(2.5, abs=0.01)
    assert got.p11[0] == pytest.approx(5 / 3, abs=0.01)
    assert got.age == 0.0
    assert as_new(trend, state[:2])[1] == 0


def test_crossing_is_where_the_line_meets_the_limit():
    at = np.array([0.0, 10.0, 20.0])
    paths = np.array([[0.0, 5.0, 15.0], [0.0, -4.0, 0.0], [11.0, 0.0, 0.0]])
    assert crossing_times(at, paths, np.nan, 10.0).tolist() == [15.0, np.inf, 0.0]
    assert crossing_times(at, paths, -2.0, np.nan).tolist() == [np.inf, 5.0, np.inf]


def test_nearer_limit_is_crossed_no_later():
    c = case()
    course = course_of(c, rehearse(c, 64), Scenario((Change(0, 100.0),)))
    now = course.mean[0, 0]
    near, far = (crossing(course, 0, np.nan, now + d) for d in (1.0, 4.0))
    assert near.mid <= far.mid
    assert near.share >= far.share > 0


def test_costs_are_their_definition():
    """Half the output for the whole horizon, nothing fails: half the money."""
    c = case(hazard=None)
    course = course_of(c, rehearse(c, 8), Scenario((Change(0, 25.0),)))
    course = course._replace(cumulative=np.zeros((3, len(course.at))))
    got = expected_cost(Prices(100.0, 1000.0, 7.0), course, 30.0, 0, 50.0, 50.0)
    assert got.slower == pytest.approx(0.5 * 7.0 * HORIZON)
    assert got.planned == pytest.approx(100.0)
    assert got.failure == 0.0
    assert got.total == pytest.approx(got.slower + 100.0)


def test_levels_beyond_training_are_dated():
    """Level 0 rises by 0.01 a step from 0.5 (growth aside): beyond 0.8 after some 26 steps."""
    c = case(wear=np.zeros((2, 2)))
    map_ = c.hazard.map_._replace(high=np.array([0.8, 9.0, 9.0, 9.0, 9.0]))
    narrow = c._replace(hazard=c.hazard._replace(map_=map_))
    course = course_of(narrow, rehearse(narrow, 8), Scenario())
    rise = 0.01 * np.expm1(GROWTH * course.at) / GROWTH
    want = course.at[np.flatnonzero(0.5 + rise > 0.8)[0]]
    assert unseen_from(narrow, course) == want
    assert unseen_from(c, course) == np.inf


def test_doubts_name_what_was_not_learnt():
    c = case()
    assert doubts(c, Change(0, 120.0), 0.0, 100.0) == ["beyond_range"]
    assert doubts(c, Change(1, 30.0), 0.0, 40.0) == ["no_wear"]
    deaf = c._replace(trend=TREND._replace(gain=np.zeros((1, 2, 2))))
    assert doubts(deaf, Change(1, 30.0), 0.0, 40.0) == ["no_wear", "no_answer"]
    two = TREND._replace(
        centre=np.array([[10.0, 20.0], [90.0, 20.0]]),
        gain=np.zeros((2, 2, 2)),
        offset=np.zeros((2, 2)),
        scale=np.ones((2, 2)),
    )
    apart = c._replace(trend=two, inputs=np.array([10.0, 20.0]))
    assert doubts(apart, Change(0, 50.0), 0.0, 100.0) == ["unseen_regime"]
    assert doubts(apart, Change(0, 90.0), 0.0, 100.0) == []


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("value", [10.0, 90.0])
def test_load_that_is_learnt_to_slow_wear_is_doubted(sign: float, value: float) -> None:
    c = case()
    wear = np.zeros_like(c.wear)
    wear[0, 0] = sign * 1e-4
    c = c._replace(wear=wear)
    scenario = Scenario((Change(0, value),))
    told = eases(c, rehearse(c, 32), scenario, 0)
    course = course_of(c, rehearse(c, 32), scenario).cumulative[0, -1]
    usual = course_of(c, rehearse(c, 32), Scenario()).cumulative[0, -1]
    assert told == ((course < usual) == (value > c.inputs[0]))
    assert told == (sign < 0)


def test_load_without_effect_is_not_said_to_ease() -> None:
    c = case(wear=np.zeros((2, 2)))
    assert not eases(c, rehearse(c, 8), Scenario((Change(0, 90.0),)), 0)
