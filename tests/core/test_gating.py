import numpy as np
import pytest
from scipy.stats import chi2

from twin.core import layout
from twin.core.gating import chi2_band, cusum, gate_of, nees, nis_of, stuck_limit, whiteness
from twin.core.statespace import GATE_9999, trend_of
from twin.core.trend import advance, new_state, new_view, trace

STEP_US = 3_600_000_000
M = 4


def simulate(trend, steps, machines=1, seed=7):
    """Machines that are exactly what the trend says: states (T, n, m, 2), readings (T, n, m)."""
    from textbook import van_loan

    rng = np.random.default_rng(seed)
    shape = (machines, trend.n_sensors, 2)
    noise = list(zip(trend.q_level, trend.q_slope, strict=True))
    moves = [van_loan(trend.growth, *q, 1.0) for q in noise]
    F = np.array([f for f, _ in moves])
    root = np.linalg.cholesky([q for _, q in moves])
    x = rng.normal(size=shape) * np.sqrt(trend.r[:, None] * trend.p0)
    states = [x]
    for _ in range(steps - 1):
        drawn = rng.normal(size=shape)
        x = np.einsum("mij,nmj->nmi", F, x) + np.einsum("mij,nmj->nmi", root, drawn)
        states.append(x)
    states = np.array(states)
    return states, states[..., 0] + np.sqrt(trend.r) * rng.normal(size=states.shape[:-1])


@pytest.fixture(scope="module")
def fitting(make_rows):
    trend = trend_of(M, q_level=0.02, q_slope=1e-3, r=[0.5, 1, 2, 4], gate=np.inf, monitors=False)
    states, z = simulate(trend, 2000)
    rows = make_rows(STEP_US * np.arange(2000), z[:, 0])
    return trend, states, trace(trend, new_state(trend, np.zeros(1, np.int64)), rows)


def run(trend, rows):
    state, view = new_state(trend, np.zeros(1, np.int64)), new_view(trend, 1)
    history = []
    for row in range(len(rows)):
        advance(trend, state, view, rows[row : row + 1])
        history.append(view[0].copy())
    return state, np.array(history)


def test_nis_of_a_fitting_twin_is_chi_squared(fitting):
    _, _, got = fitting
    band = chi2_band(1, got.nis.size, 0.999)
    assert band.low < got.nis.mean() < band.high
    inside = (got.nis < chi2.ppf(0.95, 1)).mean()
    assert abs(inside - 0.95) < 4 * np.sqrt(0.95 * 0.05 / got.nis.size)


def test_innovations_of_a_fitting_twin_are_white(fitting):
    _, _, got = fitting
    assert (np.abs(whiteness(got.innovation)) < 4 / np.sqrt(len(got.y))).all()
    assert (np.abs(got.innovation.mean(axis=0)) < 4 / np.sqrt(len(got.y))).all()


def test_nees_of_the_level_is_chi_squared_over_independent_lives(make_rows):
    n = 52  # machines of eight sensors, each a life of its own
    trend = trend_of(8, q_level=0.02, q_slope=1e-3, gate=np.inf, monitors=False)
    states, z = simulate(trend, 30, n)
    slots = np.tile(np.arange(n), 30)
    state = new_state(trend, np.zeros(n, np.int64))
    trace(trend, state, make_rows(STEP_US * np.repeat(np.arange(30), n), z.reshape(-1, 8), slots))
    p = trend.layout.covariance(state).transpose(1, 2, 0)
    P = np.moveaxis(np.array([[p[..., 0], p[..., 1]], [p[..., 1], p[..., 2]]]), (0, 1), (2, 3))
    x = np.stack([trend.layout.level(state), trend.layout.slope(state)], axis=-1)
    values = nees((x - states[-1]).reshape(-1, 2), P.reshape(-1, 2, 2))
    band = chi2_band(2, len(values), 0.999)
    assert band.low < values.mean() < band.high


def test_bands_and_gate_are_scipys_chi_squared():
    assert gate_of(0.9999) == pytest.approx(GATE_9999)
    assert gate_of(0.95) == pytest.approx(chi2.ppf(0.95, 1))
    band = chi2_band(3, 50, 0.95)
    assert band.low == pytest.approx(chi2.ppf(0.025, 150) / 50)
    assert band.high == pytest.approx(chi2.ppf(0.975, 150) / 50)


def test_nis_is_the_quadratic_form():
    y, S = np.array([[1.0, 2.0]]), np.array([[[2.0, 0.5], [0.5, 1.0]]])
    assert nis_of(y, S)[0] == pytest.approx(y[0] @ np.linalg.inv(S[0]) @ y[0])


def test_cusum_of_the_kernel_is_pages(make_rows):
    trend = trend_of(2, q_slope=1e-4)
    z = np.random.default_rng(8).normal(size=(60, 2))
    z[30:] += 1.0
    z[::7, 0] = np.nan
    rows = make_rows(STEP_US * np.arange(60), z)
    state = new_state(trend, np.zeros(1, np.int64))
    got = trace(trend, state, rows)
    up, down, _ = cusum(np.clip(got.innovation, -4, 4))
    np.testing.assert_allclose(trend.layout.block(state, layout.UP)[0], up[-1], atol=1e-12)
    np.testing.assert_allclose(trend.layout.block(state, layout.DOWN)[0], down[-1], atol=1e-12)


def test_cusum_dates_the_onset_of_a_shift():
    e = np.zeros((50, 1))
    e[30:] = 2.0
    up, _, onset = cusum(e)
    assert up[-1, 0] == 20 * 1.5
    assert onset[-1, 0] == 20


def noise(steps, m=M, seed=9):
    return 0.5 * np.random.default_rng(seed).normal(size=(steps, m))


@pytest.fixture
def quiet():
    return trend_of(M, q_slope=1e-6, q_level=1e-4, r=0.25, stuck=20.0)


def test_one_sensor_that_jumps_is_a_bad_sensor_and_its_level_is_kept(quiet, make_rows):
    z = noise(100)
    z[60:, 2] += 30
    state, seen = run(quiet, make_rows(STEP_US * np.arange(100), z))
    assert (seen["bad"][:67] == 0).all()
    assert (seen["bad"][67:] == 0b100).all()
    assert (seen["changed"] == 0).all()
    assert abs(quiet.layout.level(state)[0, 2]) < 1
    assert seen["n_gated"][-1] == 8


def test_sensors_that_jump_together_are_a_changed_machine_that_is_learnt_anew(quiet, make_rows):
    z = noise(200)
    z[60:, :3] += 30
    state, seen = run(quiet, make_rows(STEP_US * np.arange(200), z))
    assert (seen["bad"] == 0).all()
    assert (seen["changed"][67 : 67 + quiet.hold] == 1).all()
    assert seen["changed"][-1] == 0
    np.testing.assert_allclose(quiet.layout.level(state)[0], [30, 30, 30, 0], atol=1)
    assert seen["health"][-1] > 50
    assert seen["nis"][-1] < 2


def test_spikes_that_do_not_last_condemn_nobody(quiet, make_rows):
    z = noise(200)
    z[20::5] += 30
    _, seen = run(quiet, make_rows(STEP_US * np.arange(200), z))
    assert (seen["bad"] == 0).all()
    assert (seen["changed"] == 0).all()
    assert seen["n_gated"][-1] == M * 36


def test_stuck_sensor_is_bad_and_comes_back_when_it_moves(quiet, make_rows):
    z = noise(200)
    z[50:100, 1] = z[50, 1]
    _, seen = run(quiet, make_rows(STEP_US * np.arange(200), z))
    assert seen["bad"][69] == 0
    assert (seen["bad"][70:100] == 0b10).all()
    assert seen["bad"][-1] == 0


def test_bad_sensor_returns_once_its_readings_fit(quiet, make_rows):
    z = noise(160)
    z[60:100, 2] += 30
    _, seen = run(quiet, make_rows(STEP_US * np.arange(160), z))
    assert seen["bad"][99] == 0b100
    assert (seen["bad"][107:] == 0).all()


def test_sensor_that_was_moved_is_believed_anew_after_it_has_settled(quiet, make_rows):
    z = noise(200)
    z[60:, 2] += 30
    state, seen = run(quiet, make_rows(STEP_US * np.arange(200), z))
    # 8 rejections condemn it; then one reading to compare with, and 64 that agree
    settled = 60 + 8 + 1 + quiet.settle
    assert seen["bad"][settled - 2] == 0b100
    assert (seen["bad"][settled - 1 + 8 :] == 0).all()
    assert quiet.layout.level(state)[0, 2] == pytest.approx(30, abs=1)


def test_coarse_sensor_may_repeat_a_fine_one_may_not():
    rng = np.random.default_rng(10)
    fine = rng.normal(size=5000)
    values = np.stack([fine, np.round(fine), np.zeros(5000)], axis=1)
    limit = stuck_limit(values)
    assert limit[0] == 8
    assert 8 < limit[1] < 60
    assert limit[2] == np.inf


def limited(**changes):
    given = {
        "limits": [[np.nan], [-5.0], [5.0], [np.nan]],
        "deadband": 1.0,
        "on_delay_us": 2e6,
        "off_delay_us": 3e6,
        "gate": np.inf,
        **changes,
    }
    return trend_of(1, **given)


def alarms(trend, seconds, values, make_rows):
    rows = make_rows(np.asarray(seconds) * 1_000_000, np.asarray(values, float)[:, None])
    return run(trend, rows)[1]["beyond"].tolist()


def test_alarm_comes_only_after_its_delay_without_break(make_rows):
    assert alarms(limited(), range(7), [6, 6, 0, 6, 6, 6, 6], make_rows) == [0, 0, 0, 0, 0, 1, 1]


def test_alarm_goes_only_after_its_delay_inside_the_deadband(make_rows):
    values = [6, 6, 6, 4.5, 4.5, 4.5, 4.5, 3.5, 3.5, 3.5, 3.5]
    want = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    assert alarms(limited(), range(11), values, make_rows) == want


def test_low_limit_and_missing_readings(make_rows):
    values = [-6, np.nan, -6, np.nan, -3, np.nan, np.nan, -3]
    assert alarms(limited(), range(8), values, make_rows) == [0, 0, 1, 1, 1, 1, 1, 0]


def test_without_delay_or_deadband_the_alarm_is_the_reading(make_rows):
    trend = limited(deadband=0.0, on_delay_us=0.0, off_delay_us=0.0)
    assert alarms(trend, range(5), [5, 5.5, 5, -5.5, -5], make_rows) == [0, 1, 0, 1, 0]


def test_no_limit_no_alarm(make_rows):
    trend = limited(limits=np.nan)
    assert alarms(trend, range(3), [1e9, -1e9, 0], make_rows) == [0, 0, 0]
