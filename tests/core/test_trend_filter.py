import numpy as np
import pytest
from filterpy.kalman import KalmanFilter
from hypothesis import given, settings
from hypothesis import strategies as st
from textbook import dense_posterior, van_loan

from twin.core.rows import RESET
from twin.core.statespace import trend_of
from twin.core.trend import LATE, UNKNOWN, advance, new_state, new_view, trace

STEP_US = 3_600_000_000
M = 3
PLAIN = {"q_level": 1e-3, "q_slope": 1e-4, "gate": np.inf, "monitors": False, "r": 0.5}


def both(trend, rows, n, **options):
    state, view = new_state(trend, np.zeros(n, np.int64)), new_view(trend, n)
    applied = advance(trend, state, view, rows, **options)
    return state, view, applied


def filterpy_run(growth, times, values, trend):
    """Level, slope, P of each sensor after each sample, by filterpy and scipy's expm."""
    out = np.empty((len(times), M, 5))
    for i in range(M):
        kf = KalmanFilter(dim_x=2, dim_z=1)
        kf.H, kf.R = np.array([[1.0, 0.0]]), np.array([[trend.r[i]]])
        kf.P = trend.r[i] * np.diag(trend.p0)
        for t, z in enumerate(values[:, i]):
            dt = (times[t] - times[t - 1]) / STEP_US if t else 0.0
            kf.F, kf.Q = van_loan(growth, trend.q_level[i], trend.q_slope[i], dt)
            kf.predict()
            kf.update(None if np.isnan(z) else z)
            x, P = kf.x.ravel(), kf.P
            out[t, i] = x[0], x[1], P[0, 0], P[0, 1], P[1, 1]
    return out


@pytest.mark.parametrize("growth", [0.0, 0.02, -0.3])
def test_filter_equals_filterpy_under_missing_values_and_irregular_steps(growth, fleet):
    trend = trend_of(M, growth=growth, **PLAIN)
    rows = fleet(1, 200, M, missing=0.3)
    state = new_state(trend, np.zeros(1, np.int64))
    got = trace(trend, state, rows)
    want = filterpy_run(growth, rows["time"], rows["value"].astype(float), trend)
    np.testing.assert_allclose(got.level, want[:, :, 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(got.slope, want[:, :, 1], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(got.p11, want[:, :, 2], rtol=1e-9)
    np.testing.assert_allclose(trend.layout.covariance(state)[:, 0], want[-1, :, 2:].T, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    data=st.data(),
    growth=st.sampled_from([0.0, 0.02, -0.2]),
    steps=st.lists(st.integers(1, 4 * STEP_US), min_size=2, max_size=6),
)
def test_last_estimate_is_the_joint_gaussian_posterior(data, growth, steps):
    values = data.draw(
        st.lists(
            st.one_of(st.just(np.nan), st.floats(-5, 5, width=32)),
            min_size=len(steps),
            max_size=len(steps),
        )
    )
    trend = trend_of(1, growth=growth, **PLAIN)
    times = np.cumsum(steps)
    from twin.core.rows import row_dtype

    rows = np.zeros(len(steps), row_dtype(1))
    rows["time"], rows["value"][:, 0] = times, values
    state = new_state(trend, np.zeros(1, np.int64))
    trace(trend, state, rows)
    pairs = [van_loan(growth, 1e-3, 1e-4, d / STEP_US) for d in np.diff(times, prepend=times[0])]
    F, Q = [f for f, _ in pairs], [q for _, q in pairs]
    P0 = 0.5 * np.diag(trend.p0)
    zs = [np.array([v]) for v in values]
    mean, cov = dense_posterior(
        F, Q, np.array([[1.0, 0.0]]), np.array([[0.5]]), np.zeros(2), P0, zs
    )
    got = [trend.layout.level(state)[0, 0], trend.layout.slope(state)[0, 0]]
    np.testing.assert_allclose(got, mean[-1], rtol=1e-7, atol=1e-9)
    p11, p12, p22 = trend.layout.covariance(state)[:, 0, 0]
    np.testing.assert_allclose([[p11, p12], [p12, p22]], cov[-1], rtol=1e-6, atol=1e-9)


def test_batched_equals_one_machine_at_a_time_bit_for_bit(fleet):
    trend = trend_of(M, growth=0.01, q_slope=1e-4)
    rows = fleet(5, 60, M)
    state, view, _ = both(trend, rows, 5)
    for slot in range(5):
        alone, alone_view, _ = both(trend, rows[rows["slot"] == slot], 5)
        assert alone[slot].tobytes() == state[slot].tobytes()
        assert alone_view[slot].tobytes() == view[slot].tobytes()


def test_advance_equals_trace_bit_for_bit(fleet):
    trend = trend_of(M, growth=0.01, q_slope=1e-4)
    rows = fleet(5, 60, M)
    state, view, _ = both(trend, rows, 5)
    other = new_state(trend, np.zeros(5, np.int64))
    traced = trace(trend, other, rows)
    assert other.tobytes() == state.tobytes()
    last = traced.level[-5:].astype(np.float32)
    assert np.array_equal(last, view["level"])


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=5))
def test_splitting_a_batch_anywhere_changes_nothing(cuts, fleet):
    trend = trend_of(M, growth=0.01, q_slope=1e-4)
    rows = fleet(5, 60, M)
    whole, whole_view, _ = both(trend, rows, 5)
    state, view = new_state(trend, np.zeros(5, np.int64)), new_view(trend, 5)
    for part in np.split(rows, sorted(cuts)):
        advance(trend, state, view, part)
    assert state.tobytes() == whole.tobytes()
    assert view.tobytes() == whole_view.tobytes()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_of_machines_never_matters(seed, fleet):
    trend = trend_of(M, growth=0.01, q_slope=1e-4)
    rows = fleet(5, 60, M)
    want, want_view, _ = both(trend, rows, 5)
    # a random merge of the machines' own sequences, each kept in its order
    slots = np.random.default_rng(seed).permutation(rows["slot"])
    merged = np.empty_like(rows)
    for slot in range(5):
        merged[slots == slot] = rows[rows["slot"] == slot]
    state, view, _ = both(trend, merged, 5)
    assert state.tobytes() == want.tobytes()
    assert view.tobytes() == want_view.tobytes()


def test_covariance_stays_positive_definite_over_50000_steps(make_rows):
    """With next to no process noise, where P − KHP loses definiteness."""
    trend = trend_of(2, q_level=0.0, q_slope=[1e-14, 1e-8], p0=[1e6, 1e3], monitors=False)
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.integers(STEP_US // 2, 2 * STEP_US, 50_000))
    rows = make_rows(times, rng.normal(size=(50_000, 2)))
    state = new_state(trend, np.zeros(1, np.int64))
    for part in np.split(rows, 500):
        trace(trend, state, part)
        p11, p12, p22 = trend.layout.covariance(state)[:, 0]
        assert (p11 > 0).all()
        assert (p11 * p22 - p12 * p12 > 0).all()


def test_late_row_changes_nothing_but_the_count(fleet):
    trend = trend_of(M)
    rows = fleet(1, 20, M)
    state, view, _ = both(trend, rows, 1)
    before, before_view = state.copy(), view.copy()
    late = rows[[19, 3]]
    applied = advance(trend, state, view, late)
    assert applied.count(LATE) == 2
    assert view["n_late"][0] == before_view["n_late"][0] + 2
    view["n_late"] -= 2
    assert view.tobytes() == before_view.tobytes()
    changed = np.flatnonzero(state.view(np.int64)[0] != before.view(np.int64)[0])
    assert len(changed) == 1
    assert state.view(np.int64)[0, changed[0]] == before.view(np.int64)[0, changed[0]] + 2


def test_reset_returns_to_the_prior_and_later_rows_follow_as_in_a_new_life(fleet):
    trend = trend_of(M, growth=0.01)
    rows = fleet(1, 50, M)
    repair = rows[:1].copy()
    repair["slot"], repair["time"] = RESET, rows["time"][29] + 1
    state, view, _ = both(trend, np.concatenate([rows[:30], repair]), 1)
    fresh = new_state(trend, repair["time"].astype(np.int64))
    np.testing.assert_array_equal(trend.layout.level(state), trend.layout.level(fresh))
    np.testing.assert_array_equal(trend.layout.covariance(state), trend.layout.covariance(fresh))
    assert view["born"][0] == repair["time"][0]
    assert view["nis"][0] == view["health"][0] == 1.0
    assert view["n_applied"][0] == 30


def test_reset_older_than_the_last_is_late(fleet):
    trend = trend_of(M)
    rows = fleet(1, 3, M)
    rows["slot"][1:] |= RESET
    rows["time"] = [10, 20, 15]
    _, view, applied = both(trend, rows, 1)
    assert applied.flags[2] == LATE
    assert view["born"][0] == 20


def test_slot_that_the_state_does_not_have_is_told_and_touches_nothing(fleet):
    trend = trend_of(M)
    rows = fleet(1, 4, M)
    rows["slot"] = 7
    state, view, applied = both(trend, rows, 2)
    assert applied.count(UNKNOWN) == 4
    assert state.tobytes() == new_state(trend, np.zeros(2, np.int64)).tobytes()
    assert view.tobytes() == new_view(trend, 2).tobytes()


def test_partition_takes_every_nth_slot(fleet):
    trend = trend_of(M)
    rows = fleet(6, 10, M)
    whole, _, _ = both(trend, rows, 6)
    state, _, _ = both(trend, rows[rows["slot"] % 2 == 1], 3, partitions=2)
    assert state.tobytes() == whole[1::2].tobytes()


def test_silence_of_years_returns_the_belief_to_the_prior(make_rows):
    trend = trend_of(1, growth=0.02, **PLAIN)
    rows = make_rows([STEP_US, 100_000 * STEP_US], [[4.0], [np.nan]])
    state, _, _ = both(trend, rows, 1)
    assert trend.layout.level(state)[0, 0] == 0.0
    np.testing.assert_array_equal(trend.layout.covariance(state)[:, 0, 0], [5.0, 0.0, 5e-4])
