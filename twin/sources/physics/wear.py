"""Wear of every failure mode of every machine, and the failures drawn from it.

dw = rate · frailty · load**a · (1 + w)**b dt, in expectation; the increments are gamma
distributed, so wear never heals by itself (van Noortwijk 2009, "A survey of the application of
gamma processes in maintenance"). A machine fails by hazard, not at a threshold: per hour and mode
h(w) = H_MAX · logistic((w − 1) / WIDTH).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.sources.physics.spec import ORDINARY_LOAD, ClassSpec

__all__ = ["H_MAX", "WIDTH", "Failures", "draw_failures", "frailty", "grow", "hazard", "initial"]

Floats = NDArray[np.float64]
H_MAX = 0.12
"""Failures an hour of a mode worn far beyond 1."""
WIDTH = 0.055
GRAIN = 0.002
"""Scale of the gamma increments: their variance is GRAIN · mean."""
FRAILTY_SD = 0.28
"""Of the logarithm: two bearings of one batch do not live equally long."""
LIFE_MAX_S = 5 * 365 * 86_400.0
"""Time after which even what never fails has been overhauled."""
STANDING = 0.02
"""Load that counts while the machine stands: lubricants age anyway."""


class Failures(NamedTuple):
    """Machines (F,) that fail within a block, when (fraction of it), and by which mode."""

    machine: NDArray[np.int64]
    fraction: Floats
    mode: NDArray[np.int64]


def frailty(rng: np.random.Generator, n: int, n_modes: int) -> Floats:
    """Factor (n, M) on the rate of wear, drawn anew with every repair."""
    return np.exp(rng.normal(0.0, FRAILTY_SD, (n, n_modes)))


def initial(spec: ClassSpec, frail: Floats, life: Floats) -> tuple[Floats, Floats]:
    """Wear (N, M) and age (N,) in s of machines that have used the fraction `life` (N,) of theirs.

    The life is the shortest of the modes' at ordinary load, in closed form: with b ≠ 1
    (1 + w)**(1−b) = 1 − (b − 1) c t.
    """
    c = spec.rate * frail * _ordinary(spec)
    b1 = spec.growth - 1.0
    until_one = (1 - 2.0 ** (-b1)) / b1 / c
    age_s = life * until_one.min(axis=1, initial=LIFE_MAX_S)
    left = np.maximum(1 - b1 * c * age_s[:, None], 2.0 ** (-b1))
    return left ** (-1 / b1) - 1.0, age_s


def grow(
    spec: ClassSpec,
    wear: Floats,
    frail: Floats,
    load: Floats,
    period_s: float,
    rng: np.random.Generator,
) -> Floats:
    """Wear (N, M) after a block of loads (T, N), a period apart. Never less than before."""
    effort = np.empty_like(wear)
    used = load + STANDING
    for j, a in enumerate(spec.load_exp):
        effort[:, j] = (used**a).sum(axis=0)
    mean = spec.rate * frail * effort * (1.0 + wear) ** spec.growth * period_s
    return wear + rng.gamma(mean / GRAIN, GRAIN)


def hazard(wear: Floats) -> Floats:
    """Failures an hour at this wear, a mode alone."""
    return H_MAX / (1.0 + np.exp((1.0 - wear) / WIDTH))


def draw_failures(
    before: Floats,
    after: Floats,
    hours: float,
    running: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Failures:
    """Failures (F,) of a block of `hours` in which wear went from before to after, both (N, M).

    Exponential in the integrated hazard, which is taken at the middle of the block; running (N,)
    says which machines can fail. The first mode wins.
    """
    rate = hazard((before + after) / 2) * hours
    moment = rng.exponential(size=rate.shape) / np.maximum(rate, 1e-300)
    mode = moment.argmin(axis=1) if rate.shape[1] else np.zeros(len(rate), dtype=np.int64)
    first = moment.min(axis=1, initial=np.inf)
    machine = np.flatnonzero(running & (first < 1.0))
    return Failures(machine, first[machine], mode[machine])


def _ordinary(spec: ClassSpec) -> Floats:
    return np.asarray(ORDINARY_LOAD**spec.load_exp)
