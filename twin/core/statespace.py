"""Model families. Trend: a damped or growing local linear trend for each sensor of a machine.

    x = [level, slope],  x' = F x + w,  w ~ N(0, Q),  z' = level + v,  v ~ N(0, r)
    F(Δ) = [[1, a], [0, e]],  e = exp(gΔ),  a = (e − 1)/g                      (a = Δ for g = 0)
    Q(Δ) = q_level [[Δ, 0], [0, 0]] + q_slope [[c, a²/2], [a²/2, a(e + 1)/2]]
    c = ∫₀^Δ ((e^{gτ} − 1)/g)² dτ

Q is Van Loan's integral ∫ F(τ) diag(q_level, q_slope) F(τ)ᵀ dτ in closed form, so any Δ will do.
The filter sees z' = (z − offset − gain·u) / scale, u the inputs, one set of numbers a regime.
Sources: Van Loan (1978), IEEE TAC 23:395; Harvey (1989), §2.3; Bar-Shalom, Li & Kirubarajan (2001),
§6.2.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.core.layout import Layout, layout_of
from twin.errors import ModelError

__all__ = ["GATE_9999", "Linear", "Packed", "Trend", "pack", "trend_of"]

Array = NDArray[np.float64]

GATE_9999 = 15.136705226623606
"""χ² with one degree of freedom at probability .9999."""
FORGET = 1e8
"""A level less certain than 10⁴ noise sds is no longer known: belief returns to the prior."""


class Trend(NamedTuple):
    """Parameters of a machine class: m sensors, k inputs, K regimes. `trend_of` fills defaults.

    One time step is step_us µs; q_* are intensities per step, r variances, both in model units.
    limits (4, m) are low_low, low, high, high_high in the plant's unit, NaN where there is none.
    """

    growth: float
    """g = ln φ per step: 0 for the plain local linear trend."""
    step_us: float
    q_level: Array
    q_slope: Array
    r: Array
    p0: Array
    """P₀ = r·diag(p0): how little is known of a new machine."""
    gate: float
    """A reading is believed while y² ≤ gate·s; inf: always."""
    centre: Array
    """(K, k) of inputs: a sample belongs to the nearest."""
    input_scale: Array
    """(k,) what counts as one unit of distance."""
    offset: Array
    gain: Array
    """(K, m, k) sensors' answer to inputs."""
    scale: Array
    """(K, m) plant units in one model unit."""
    limits: Array
    deadband: Array
    on_delay_us: Array
    off_delay_us: Array
    stuck: Array
    """(m,) equal readings in a row after which a sensor is stuck; inf: it may repeat for ever."""
    drift: Array
    """(m,) variance per step by which the frozen twin may wander from commissioning."""
    rejections: int = 8
    """Rejections in a row that make a sensor bad, or of several together a machine changed."""
    returns: int = 8
    """Fitting readings in a row that bring a bad sensor back."""
    settle: int = 64
    """Readings in a row that agree with each other, after which a bad sensor is believed anew."""
    hold: int = 64
    """Samples for which a machine counts as changed."""
    learn: int = 32
    """Accepted readings averaged into the frozen twin's level."""
    nis_memory: float = 32.0
    health_memory: float = 64.0
    cusum_slack: float = 0.5
    monitors: bool = True
    """False leaves out bad sensors, CUSUM, frozen twin and limits: filter, gate and view only."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @property
    def n_sensors(self) -> int:
        return len(self.r)

    @property
    def n_inputs(self) -> int:
        return len(self.input_scale)

    @property
    def layout(self) -> Layout:
        return layout_of(self.n_sensors, self.n_inputs)


class Linear(NamedTuple):
    """x' = F x + B u + w, z = H x + v; F (n, n), B (n, k), H (m, n), Q (n, n), R (m, m)."""

    F: Array
    B: Array
    H: Array
    Q: Array
    R: Array


def trend_of(n_sensors: int, n_inputs: int = 0, **given: Any) -> Trend:
    """A trend with defaults for whatever is not given; arrays broadcast to their full shape.

    Raises ModelError naming the field, got and want.
    """
    m, k = n_sensors, n_inputs
    regimes = len(given.get("centre", np.zeros((1, k))))
    shapes: dict[str, tuple[tuple[int, ...], ArrayLike]] = {
        "q_level": ((m,), 0.0),
        "q_slope": ((m,), 1e-6),
        "r": ((m,), 1.0),
        "p0": ((2,), [10.0, 1e-3]),
        "centre": ((regimes, k), 0.0),
        "input_scale": ((k,), 1.0),
        "offset": ((regimes, m), 0.0),
        "gain": ((regimes, m, k), 0.0),
        "scale": ((regimes, m), 1.0),
        "limits": ((4, m), np.nan),
        "deadband": ((m,), 0.0),
        "on_delay_us": ((m,), 0.0),
        "off_delay_us": ((m,), 0.0),
        "stuck": ((m,), 120.0),
        "drift": ((m,), given.get("q_level", 0.0)),
    }
    arrays = {name: _full(name, given, shape, value) for name, (shape, value) in shapes.items()}
    rest = {"growth": 0.0, "step_us": 3.6e9, "gate": GATE_9999}
    trend = Trend(**{**rest, **given, **arrays})
    _check(trend)
    return trend


def _full(name: str, given: dict[str, Any], shape: tuple[int, ...], default: ArrayLike) -> Array:
    value = np.asarray(given.get(name, default), dtype=np.float64)
    try:
        return np.array(np.broadcast_to(value, shape), order="C")
    except ValueError as error:
        raise ModelError(f"trend.{name}: got shape {value.shape}, want {shape}") from error


def _check(trend: Trend) -> None:
    positive = ("r", "p0", "scale", "input_scale", "step_us", "gate")
    whole = ("q_level", "q_slope", "drift", "deadband", "on_delay_us", "off_delay_us")
    for name in positive + whole:
        value = np.asarray(getattr(trend, name))
        low = bool(np.all(value > 0)) if name in positive else bool(np.all(value >= 0))
        if not low:
            want = "greater than 0" if name in positive else "0 or greater"
            raise ModelError(f"trend.{name}: got {value.tolist()}, want {want}")


class Packed(NamedTuple):
    """A trend as the kernels read it: rows of `lanes` float64, lanes without a sensor inert."""

    growth: float
    step_us: float
    gate: float
    rejections: float
    returns: float
    settle: float
    hold: int
    learn: float
    nis_weight: float
    health_weight: float
    cusum_slack: float
    sensors: int
    """Bit mask of lanes that are sensors."""
    n_sensors: int
    par: Array
    """(PAR_ROWS · lanes,): the rows named below, one after the other."""
    centre: Array
    input_weight: Array
    offset: Array
    gain: Array
    """(K · k · lanes,)."""
    scale: Array
    inv_scale: Array


PAR_ROWS = 13
R, Q_LEVEL, Q_SLOPE, P0_LEVEL, P0_SLOPE, LOST = range(6)
LOW, HIGH, DEADBAND, ON, OFF, STUCK, DRIFT = range(6, PAR_ROWS)


@lru_cache(maxsize=64)
def pack(trend: Trend) -> Packed:
    """The trend in kernel form; remembered by identity, so a Trend's arrays must not be changed."""
    m, lanes = trend.n_sensors, trend.layout.lanes
    p0 = trend.r * trend.p0[:, None]
    lost = trend.r * max(FORGET, 1e3 * float(trend.p0.max()))
    low = np.fmax(np.fmax(trend.limits[0], trend.limits[1]), -np.inf)
    high = np.fmin(np.fmin(trend.limits[2], trend.limits[3]), np.inf)
    rows = [trend.r, trend.q_level, trend.q_slope, p0[0], p0[1], lost, low, high]
    rows += [trend.deadband, trend.on_delay_us, trend.off_delay_us, trend.stuck, trend.drift]
    inert = np.array([1, 0, 0, 0, 0, 1, -np.inf, np.inf, 0, 0, 0, np.inf, 0])
    par = np.repeat(inert[:, None], lanes, axis=1)
    par[:, :m] = rows
    scale = _padded(trend.scale, lanes, 1.0)
    gain = _padded(np.ascontiguousarray(np.swapaxes(trend.gain, 1, 2)), lanes, 0.0)
    return Packed(
        growth=float(trend.growth),
        step_us=float(trend.step_us),
        gate=float(trend.gate),
        rejections=float(trend.rejections),
        returns=float(trend.returns),
        settle=float(trend.settle),
        hold=int(trend.hold),
        learn=float(trend.learn),
        nis_weight=1.0 / float(trend.nis_memory),
        health_weight=1.0 / float(trend.health_memory),
        cusum_slack=float(trend.cusum_slack),
        sensors=(1 << m) - 1,
        n_sensors=m,
        par=par.ravel(),
        centre=np.array(trend.centre),
        input_weight=1.0 / trend.input_scale,
        offset=_padded(trend.offset, lanes, 0.0).ravel(),
        gain=gain.ravel(),
        scale=scale.ravel(),
        inv_scale=1.0 / scale.ravel(),
    )


def _padded(values: Array, lanes: int, inert: float) -> Array:
    out = np.full((*values.shape[:-1], lanes), inert)
    out[..., : values.shape[-1]] = values
    return out
