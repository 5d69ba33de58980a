"""What-ifs against closed forms, a filter library's prediction, and their laws."""

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from textbook import van_loan
from what_if_case import GROWTH, Q_LEVEL, Q_SLOPE, TREND, WEAR, case

from twin.core.features import features
from twin.core.hazard_risk import assess
from twin.core.whatif import Change, Scenario, course_of, inputs_at, rehearse

MATCHED = 1e-7
"""Cumulative hazard to which paths are matched, over all bins."""


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
