"""Invented maintenance: wear that will fail a machine, who can mend it, with what.

A task's risk curve is MODELS.md's cost_curve of a lifetime law given that the machine is alive now:
F(t | alive) = (F(age + t) − F(age)) / (1 − F(age)), with the value of the life thrown away. The
long-run cost rate g is that of the best age replacement under the same law: the curve's least lies
where a bucket more risks in failures what it saves in life.
Sources: Barlow & Proschan (1965), ch. 4 (age replacement, renewal–reward).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.maintenance import cost_curve
from twin.scheduling.problem import Task

__all__ = ["Wear", "invented_task", "risk_curve"]

Array = NDArray[np.float64]


class Wear(NamedTuple):
    """A lifetime law in buckets, how old the machine is and what it costs."""

    log_survival: Array
    """(L,) log P(alive at bucket 0, 1, …), falling."""
    age: int
    planned: float
    failure: float


def risk_curve(wear: Wear, n_buckets: int) -> Array:
    """(n_buckets,) money expected if the service starts in each bucket from now.

    Counted so that a service at the expected end of life, without a failure, costs `planned`: what
    comes before that throws life away at g a bucket.
    """
    survival = np.exp(wear.log_survival)
    g = _best_rate(survival, wear.planned, wear.failure)
    ahead = survival[wear.age :] / survival[wear.age]
    slot = np.arange(n_buckets, dtype=np.float64)
    failure_p = 1.0 - ahead[:n_buckets]
    curve = cost_curve(failure_p, slot, 0.0, g, wear.planned, wear.failure)
    return np.asarray(curve + g * ahead.sum())


def invented_task(
    rng: np.random.Generator, name: str, machine: int, horizon: int, bucket: int, tick_s: float
) -> Task:
    """A task on this machine whose service falls due around the time planned for.

    `duration` is 1 to 3.5 h, as crews work at most 4 h at a stretch.
    """
    bucket_h = bucket * tick_s / 3600.0
    n_buckets = -(-horizon // bucket)
    steep = rng.random() < 0.5
    log_survival = _logistic(rng, bucket_h, n_buckets) if steep else _weibull(rng, n_buckets)
    planned = float(rng.uniform(600.0, 2000.0))
    failure = planned * float(rng.uniform(6.0, 12.0))
    best = _best_age(np.exp(log_survival), planned, failure)
    age = max(0, int(best - rng.uniform(-0.1, 0.9) * n_buckets))
    risk = risk_curve(Wear(log_survival, age, planned, failure), n_buckets)
    duration = round(float(rng.uniform(1.0, 3.5)) * 3600.0 / tick_s)
    return Task(
        name,
        machine,
        duration,
        earliest=0,
        latest=horizon - duration,
        risk=tuple(float(cost) for cost in risk),
        skip_cost=float(risk[-1]),
        skill=int(rng.integers(3)),
    )


def _weibull(rng: np.random.Generator, n_buckets: int) -> Array:
    """Shape 2 to 4, characteristic life of 3 to 10 horizons."""
    shape, scale = rng.uniform(2.0, 4.0), rng.uniform(3.0, 10.0) * n_buckets
    age = np.arange(int(3 * scale) + 2 * n_buckets, dtype=np.float64)
    return np.asarray(-((age / scale) ** shape))


def _logistic(rng: np.random.Generator, bucket_h: float, n_buckets: int) -> Array:
    """Hazard from nearly none to 1–4 % an hour, as a fault that grows passes its threshold."""
    onset, width = rng.uniform(2.0, 6.0) * n_buckets, rng.uniform(0.1, 0.4) * n_buckets
    top, floor = rng.uniform(0.01, 0.04) * bucket_h, 2e-5 * bucket_h
    age = np.arange(int(onset + 6 * n_buckets), dtype=np.float64)
    hazard = floor + top / (1.0 + np.exp(-(age - onset) / width))
    return np.asarray(-np.concatenate([[0.0], np.cumsum(hazard)[:-1]]))


def _rates(survival: Array, planned: float, failure: float) -> Array:
    """Long-run cost per bucket of a service at age 1, 2, …, or at failure."""
    alive = survival[1:]
    return np.asarray((planned * alive + failure * (1.0 - alive)) / np.cumsum(survival[:-1]))


def _best_rate(survival: Array, planned: float, failure: float) -> float:
    return float(_rates(survival, planned, failure).min())


def _best_age(survival: Array, planned: float, failure: float) -> int:
    return int(_rates(survival, planned, failure).argmin()) + 1
