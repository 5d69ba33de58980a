"""F and Q of the trend over any Δ, in closed form and without cancellation.

Five numbers that all sensors share: with x = gΔ,
    e  = exp(x)                 decay or growth of the slope
    a  = Δ (eˣ − 1)/x           what a slope adds to the level
    qa = ∫ a(τ)² dτ             = Δ³ Σₙ (2ⁿ⁺² − 2)/((n+2)!(n+3)) xⁿ
    qb = a²/2,  qc = a(e + 1)/2
The plain formula for qa loses digits as x⁻³; so series to |x| ≤ ½, shorter to |x| ≤ 1/64.
Written in scalars so that the same lines compile under numba and run as they are.
"""

from math import exp, expm1, factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LONGEST", "NEAR", "far", "near", "transition", "trend_matrices"]

NEAR = 1.0 / 64.0

LONGEST = 50.0
"""|gΔ| is taken as at most this: beyond it nothing is known of the slope, and exp overflows."""

A = tuple(1.0 / factorial(n + 1) for n in range(17))
C = tuple((2.0 ** (n + 2) - 2.0) / (factorial(n + 2) * (n + 3)) for n in range(20))
(A1, A2, A3, A4, A5, A6, A7) = A[1:8]
(C0, C1, C2, C3, C4, C5, C6, C7, C8) = C[:9]


def near(growth: float, dt: Any) -> Any:
    """(e, a, qa, qb, qc) over dt steps, a number or an array, where |growth·dt| ≤ NEAR.

    Series by Estrin's scheme: a third of the latency of Horner's, for which the kernel would wait.
    """
    x = growth * dt
    xx = x * x
    x4 = xx * xx
    ratio = ((1.0 + A1 * x) + (A2 + A3 * x) * xx) + ((A4 + A5 * x) + (A6 + A7 * x) * xx) * x4
    upper = ((C4 + C5 * x) + (C6 + C7 * x) * xx) + C8 * x4
    area = ((C0 + C1 * x) + (C2 + C3 * x) * xx) + upper * x4
    e = 1.0 + x * ratio
    a = dt * ratio
    return e, a, dt * dt * dt * area, 0.5 * a * a, 0.5 * a * (e + 1.0)


def far(growth: float, dt: float) -> tuple[float, float, float, float, float]:
    """(e, a, qa, qb, qc) over dt steps where |growth·dt| > NEAR."""
    x = growth * dt
    if x > LONGEST:
        x = LONGEST
        dt = x / growth
    e = exp(x)
    ratio = expm1(x) / x
    area = 0.0
    if abs(x) <= 0.5:
        for n in range(len(C) - 1, -1, -1):
            area = C[n] + x * area
    else:
        area = ((e + 1.0) * 0.5 * ratio - 2.0 * ratio + 1.0) / (x * x)
    a = dt * ratio
    return e, a, dt * dt * dt * area, 0.5 * a * a, 0.5 * a * (e + 1.0)


def transition(growth: float, dt: float) -> tuple[float, float, float, float, float]:
    """(e, a, qa, qb, qc) over dt ≥ 0 steps."""
    e, a, qa, qb, qc = near(growth, dt) if abs(growth * dt) <= NEAR else far(growth, dt)
    return e, a, qa, qb, qc


def trend_matrices(
    growth: float, q_level: float, q_slope: float, dt: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """F (2, 2) and Q (2, 2) over dt steps."""
    e, a, qa, qb, qc = transition(growth, dt)
    F = np.array([[1.0, a], [0.0, e]])
    Q = q_slope * np.array([[qa, qb], [qb, qc]])
    Q[0, 0] += q_level * dt
    return F, Q
