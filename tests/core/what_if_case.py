"""A machine whose trend, wear and hazard are known, to ask what-ifs of."""

import numpy as np

from twin.core.features import FeatureMap
from twin.core.hazard import Hazard, lead_bins, spline_basis
from twin.core.paths import Start
from twin.core.statespace import trend_of
from twin.core.whatif import Case

__all__ = ["GROWTH", "HORIZON", "Q_LEVEL", "Q_SLOPE", "TREND", "WEAR", "case", "hazard", "start"]

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
