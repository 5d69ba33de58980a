import numpy as np
import pandas as pd
import pytest
from filterpy.kalman import KalmanFilter
from textbook import dense_posterior

from twin.core.kalman import Belief, filter_series, forecast_linear, predict, update
from twin.core.smoother import smooth_linear, smooth_trend
from twin.core.statespace import Linear, trend_of
from twin.core.trend import new_state, trace

STEP_US = 3_600_000_000
N, T = 4, 30

F = np.array([[1.0, 0.5, 0.0], [0.0, 0.95, 0.1], [0.0, 0.0, 0.9]])
B = np.array([[0.0], [0.2], [1.0]])
H = np.array([[1.0, 0.0, 0.0], [0.3, 1.0, 0.0], [0.0, 0.0, 2.0]])
Q = np.array([[0.1, 0.02, 0.0], [0.02, 0.2, 0.0], [0.0, 0.0, 0.05]])
DIAGONAL = np.diag([0.5, 0.3, 1.0])
CORRELATED = np.array([[0.5, 0.2, 0.0], [0.2, 0.3, 0.1], [0.0, 0.1, 1.0]])
PRIOR = Belief(np.zeros((N, 3)), np.broadcast_to(2.0 * np.eye(3), (N, 3, 3)))


def series(missing=0.3):
    rng = np.random.default_rng(5)
    z, u = rng.normal(size=(T, N, 3)), rng.normal(size=(T, N, 1))
    z[rng.random(z.shape) < missing] = np.nan
    return z, u


def rts(R, z, machine):
    filtered = filter_series(Linear(F, B, H, Q, R), PRIOR, z)
    smoothed = smooth_linear(Linear(F, B, H, Q, R), filtered)
    return smoothed.x[:, machine], smoothed.P[:, machine]


@pytest.mark.parametrize("R", [DIAGONAL, CORRELATED], ids=["diagonal", "correlated"])
def test_filter_equals_filterpy_with_inputs_and_missing_values(R):
    z, u = series()
    got = filter_series(Linear(F, B, H, Q, R), PRIOR, z, u)
    for n in range(N):
        kf = KalmanFilter(dim_x=3, dim_z=3, dim_u=1)
        kf.x, kf.F, kf.B, kf.Q, kf.P = np.zeros((3, 1)), F, B, Q, 2.0 * np.eye(3)
        for t in range(T):
            seen = ~np.isnan(z[t, n])
            if seen.any():
                kf.update(z[t, n][seen, None], R=R[np.ix_(seen, seen)], H=H[seen])
            np.testing.assert_allclose(got.posterior.x[t, n], kf.x.ravel(), rtol=1e-9, atol=1e-11)
            np.testing.assert_allclose(got.posterior.P[t, n], kf.P, rtol=1e-9, atol=1e-11)
            kf.predict(u=u[t, n][:, None])


@pytest.mark.parametrize("R", [DIAGONAL, CORRELATED], ids=["diagonal", "correlated"])
def test_smoother_is_the_joint_gaussian_posterior(R):
    z, _ = series()
    first = [np.eye(3), *[F] * (T - 1)]
    noise = [np.zeros((3, 3)), *[Q] * (T - 1)]
    want = dense_posterior(first, noise, H, R, np.zeros(3), 2.0 * np.eye(3), list(z[:, 1]))
    x, P = rts(R, z, 1)
    np.testing.assert_allclose(x, want[0], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(P, want[1], rtol=1e-8, atol=1e-10)


def test_one_sensor_at_a_time_equals_all_at_once():
    z, _ = series()
    almost = DIAGONAL.copy()
    almost[0, 1] = almost[1, 0] = 1e-300
    one, joint = update(PRIOR, z[0], H, DIAGONAL), update(PRIOR, z[0], H, almost)
    np.testing.assert_allclose(one.belief.x, joint.belief.x, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(one.belief.P, joint.belief.P, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(one.nis, joint.nis, rtol=1e-12)
    np.testing.assert_allclose(one.log_likelihood, joint.log_likelihood, rtol=1e-12)
    np.testing.assert_array_equal(one.dof, (~np.isnan(z[0])).sum(axis=1))


def test_machines_together_equal_machines_alone():
    z, u = series()
    model = Linear(F, B, H, Q, CORRELATED)
    together = filter_series(model, PRIOR, z, u)
    for n in range(N):
        alone = Belief(PRIOR.x[[n]], PRIOR.P[[n]])
        got = filter_series(model, alone, z[:, [n]], u[:, [n]])
        np.testing.assert_allclose(got.posterior.x[:, 0], together.posterior.x[:, n], rtol=1e-12)


def test_gated_reading_leaves_the_belief_alone():
    far = np.full((N, 3), 100.0)
    for R in (DIAGONAL, CORRELATED):
        done = update(PRIOR, far, H, R, gate=15.0)
        np.testing.assert_array_equal(done.belief.x, PRIOR.x)
        assert (done.dof == 0).all()


def test_forecast_is_the_filter_when_everything_is_missing():
    model = Linear(F, B, H, Q, DIAGONAL)
    mean, covariance = forecast_linear(model, PRIOR, 5, np.ones((5, N, 1)))
    belief = PRIOR
    for t in range(5):
        belief = predict(belief, F, Q, B, np.ones((N, 1)))
        done = update(belief, np.full((N, 3), np.nan), H, DIAGONAL)
        np.testing.assert_allclose(mean[t], belief.x @ H.T, rtol=1e-12)
        np.testing.assert_allclose(covariance[t], done.S, rtol=1e-12)


# KFAS starts exactly diffuse. Here the prior is wide instead, 10⁸ on variances of 1 to 10, which
# leaves relative errors of order 10⁻⁷: hence rtol 10⁻⁵, and no comparison of variances while KFAS
# still counts a diffuse part. The tables' readings are their innovation + prediction. Their column
# sumPtt is left out: for the local level it is half of what the next step's sumP implies.
WIDE = 1e8
LEVEL_VAR, SLOPE_VAR, NOISE_VAR = 8.253, 2.334, 1.993
MODELS = {
    "local_level": Linear(
        np.eye(1), np.zeros((1, 0)), np.eye(1), np.array([[LEVEL_VAR]]), np.array([[NOISE_VAR]])
    ),
    "local_linear_trend": Linear(
        np.array([[1.0, 1.0], [0.0, 1.0]]),
        np.zeros((2, 0)),
        np.array([[1.0, 0.0]]),
        np.diag([LEVEL_VAR, SLOPE_VAR]),
        np.array([[NOISE_VAR]]),
    ),
}


@pytest.mark.real
@pytest.mark.parametrize(
    ("model", "variant"),
    [
        ("local_level", ""),
        ("local_linear_trend", ""),
        ("local_linear_trend", "_missing"),
    ],
)
def test_filter_and_smoother_reproduce_kfas(model, variant, published):
    table = pd.read_csv(published / "kalman" / f"results_exact_initial_{model}{variant}_R.csv")
    y = (table["v_1"] + table["a_1"]).to_numpy()[:10]
    family = MODELS[model]
    n = len(family.F)
    prior = Belief(np.zeros((1, n)), WIDE * np.eye(n)[None])
    got = filter_series(family, prior, y[:, None, None])
    smooth = smooth_linear(family, got)
    close = {"rtol": 1e-5, "atol": 1e-5}
    diffuse = int((table["sumPinf"].fillna(0) > 0).sum())
    for j in range(n):
        np.testing.assert_allclose(got.posterior.x[:, 0, j], table[f"att_{j + 1}"][:10], **close)
        np.testing.assert_allclose(got.prior.x[1:, 0, j], table[f"a_{j + 1}"][1:10], **close)
        np.testing.assert_allclose(smooth.x[:, 0, j], table[f"alphahat_{j + 1}"][:10], **close)
    known = slice(diffuse, 10)
    np.testing.assert_allclose(
        got.prior.P[known, 0].sum(axis=(1, 2)), table["sumP"][known], **close
    )
    np.testing.assert_allclose(got.S[known, 0, 0, 0], table["F_1"][known], **close)
    np.testing.assert_allclose(smooth.P[:, 0].sum(axis=(1, 2)), table["sumV"][:10], **close)


@pytest.mark.real
def test_trend_kernel_and_smoother_reproduce_kfas_local_level(published, make_rows):
    """Slope held at 0: the trend family is then the local level. Wide prior, as above."""
    table = pd.read_csv(published / "kalman" / "results_exact_initial_local_level_R.csv")
    trend = trend_of(
        1,
        q_level=LEVEL_VAR,
        q_slope=0.0,
        r=NOISE_VAR,
        p0=[WIDE, 1e-30],
        gate=np.inf,
        monitors=False,
    )
    times = STEP_US * np.arange(10)
    y = (table["v_1"] + table["a_1"]).to_numpy()[:10, None]
    got = trace(trend, new_state(trend, np.zeros(1, np.int64)), make_rows(times, y))
    np.testing.assert_allclose(got.level[:, 0], table["att_1"][:10], rtol=1e-5)
    np.testing.assert_allclose(got.p11[:, 0] + LEVEL_VAR, table["sumP"][1:], rtol=1e-5)
    smooth = smooth_trend(trend, times, y)
    np.testing.assert_allclose(smooth.level[:, 0], table["alphahat_1"][:10], rtol=1e-5)
    np.testing.assert_allclose(smooth.p11[:, 0], table["sumV"][:10], rtol=1e-5)
