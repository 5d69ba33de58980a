"""The compiled kernel and its numpy twin: one suite of rows that visits every judgement."""

import numpy as np
import pytest

from twin.core import layout
from twin.core.rows import RESET, row_dtype
from twin.core.statespace import trend_of
from twin.core.trend import COMPILED, advance, new_state, new_view, trace

pytestmark = pytest.mark.skipif(not COMPILED, reason="numba is not installed: nothing to compare")


def rough_life(m, k, n, seed):
    """Rows out of order, of unknown slots, resets, gaps, spikes, stuck and shifted sensors."""
    rng = np.random.default_rng(seed)
    R = 3000
    rows = np.zeros(R, row_dtype(m + k))
    rows["slot"] = rng.integers(0, n + 1, R)
    rows["time"] = np.cumsum(rng.integers(-(10**9), 3 * 10**9, R))
    values = 2 * rng.normal(size=(R, m + k))
    values[rng.random(values.shape) < 0.15] = np.nan
    values[rng.random(values.shape) < 0.02] += 50
    values[500:1000, 1] = 3.0
    values[1200:1700, :m] += 40
    values[2000:2700, 0] += 30
    rows["value"] = values
    rows["quality"] = rng.integers(0, 1 << (m + k), R)
    rows["slot"][rng.random(R) < 0.003] |= RESET
    return rows


@pytest.mark.parametrize(
    ("m", "k", "growth", "monitors"),
    [(5, 2, 0.01, True), (8, 0, 0.0, False), (5, 2, 0.6, True), (13, 10, 0.01, True)],
)
def test_numba_equals_numpy(m, k, growth, monitors):
    rng = np.random.default_rng(4)
    trend = trend_of(
        m,
        k,
        growth=growth,
        q_level=1e-3,
        q_slope=1e-4,
        r=rng.uniform(0.5, 2, m),
        centre=rng.normal(size=(2, k)),
        offset=rng.normal(size=(2, m)),
        gain=0.1 * rng.normal(size=(2, m, k)),
        scale=rng.uniform(1, 3, (2, m)),
        limits=[[np.nan], [-6], [6], [np.nan]],
        deadband=0.5,
        on_delay_us=3e9,
        off_delay_us=5e9,
        stuck=5.0,
        settle=12,
        monitors=monitors,
    )
    rows = rough_life(m, k, 4, seed=m)
    a, b = (new_state(trend, np.zeros(4, np.int64)) for _ in range(2))
    va, vb = (new_view(trend, 4) for _ in range(2))
    done_a = advance(trend, a, va, rows)
    done_b = advance(trend, b, vb, rows, compiled=False)
    np.testing.assert_array_equal(done_a.flags, done_b.flags)
    np.testing.assert_array_equal(done_a.gated, done_b.gated)
    np.testing.assert_array_equal(
        a.view(np.int64)[:, : layout.NIS], b.view(np.int64)[:, : layout.NIS]
    )
    np.testing.assert_allclose(a[:, layout.NIS :], b[:, layout.NIS :], rtol=1e-12, atol=1e-13)
    for name in set(va.dtype.names or ()) - {"pad"}:
        np.testing.assert_allclose(va[name], vb[name], rtol=1e-6, err_msg=name)
    ta = trace(trend, new_state(trend, np.zeros(4, np.int64)), rows)
    tb = trace(trend, new_state(trend, np.zeros(4, np.int64)), rows, compiled=False)
    np.testing.assert_allclose(ta[:5], tb[:5], rtol=1e-10, atol=1e-12)
    if monitors:
        assert va["n_gated"].sum() > 100
