"""When to take a machine out for service: a control limit that pays for itself.

A service slot is asked for L steps ahead. Waiting one step more saves a step's worth of long-run
cost g and risks the dearer failure, so the slot is taken as soon as

    (C_fail − C_planned) · P(fail in the step after L | alive until then)  ≥  g

and g is the cost per step that this very rule brings about, found as a fixed point over machines
run to failure (renewal–reward). Nothing to tune.
Sources: Barlow & Proschan (1965), ch. 4; Makis & Jardine (1992), INFOR 30:172 (control limit
optimal for proportional hazards); Ross (1996), §3.6 (renewal–reward).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

__all__ = [
    "Outcome",
    "age_outcome",
    "best_age",
    "control_limit",
    "cost_curve",
    "cumulative_at",
    "oracle_outcome",
    "rule_outcome",
    "run_to_failure",
    "settled_limit",
    "slot_steps",
]

Array = NDArray[np.float64]

MAX_ROUNDS = 100
LEAST, LEAST_H = 1e-12, 1e-3
"""Risks and hours below are taken as these, for their logarithm's sake."""


class Outcome(NamedTuple):
    """What a policy costs on machines whose failures are known."""

    cost: float
    steps: float
    """Steps in service, all machines."""
    failures: int
    machines: int

    @property
    def rate(self) -> float:
        """Long-run cost per step: expected cost of a life over its expected length."""
        return self.cost / self.steps

    def plus(self, other: "Outcome") -> "Outcome":
        """Both fleets together."""
        return Outcome(
            self.cost + other.cost,
            self.steps + other.steps,
            self.failures + other.failures,
            self.machines + other.machines,
        )


def slot_steps(risk: Sequence[Array], g: float, planned: float, failure: float, lead: int) -> Array:
    """Step (N,) in which each machine's slot falls, inf if the rule never asks for one.

    risk: for each machine (T_i,), at its age 1, 2, … the probability of failing in the step after
    `lead`, if alive until then.
    """
    limit = g / (failure - planned)
    first = [np.flatnonzero(r >= limit) for r in risk]
    return np.array([f[0] + 1 + lead if len(f) else np.inf for f in first])


def rule_outcome(
    risk: Sequence[Array], life: Array, g: float, planned: float, failure: float, lead: int
) -> Outcome:
    """The control limit g on machines that fail at age life (N,) steps."""
    return _outcome(slot_steps(risk, g, planned, failure, lead), life, planned, failure)


def control_limit(
    risk: Sequence[Array], life: Array, planned: float, failure: float, lead: int
) -> float:
    """g, the fixed point of cost per step → limit → cost per step, from running to failure down.

    Each round can only lower the cost in the long run; with a finite fleet the rounds may circle,
    then the cheapest is taken.
    """
    seen, g = _rounds(risk, life, planned, failure, lead)
    return min(seen, key=lambda tried: seen[tried]) if seen else g


def settled_limit(
    risk: Sequence[Array], life: Array, planned: float, failure: float, lead: int
) -> float:
    """The limit that the rounds of `control_limit` end at; of those that they circle, the cheapest.

    The way there begins at running to failure, whose limit may look cheapest on the lives at hand
    by chance alone: where many months are to be served by it, it is left out.
    """
    seen, g = _rounds(risk, life, planned, failure, lead)
    if g not in seen:
        return g
    tried = list(seen)
    return min(tried[tried.index(g) :], key=lambda limit: seen[limit])


def _rounds(
    risk: Sequence[Array], life: Array, planned: float, failure: float, lead: int
) -> tuple[dict[float, float], float]:
    """Limit → cost per step of every round, and where they end: at a fixed point, or at a limit
    tried before."""
    g = run_to_failure(life, failure).rate
    seen: dict[float, float] = {}
    for _ in range(MAX_ROUNDS):
        rate = rule_outcome(risk, life, g, planned, failure, lead).rate
        if g in seen or abs(rate - g) <= 1e-12 * g:
            break
        seen[g] = rate
        g = rate
    return seen, g


def run_to_failure(life: Array, failure: float) -> Outcome:
    """No service at all."""
    return Outcome(failure * len(life), float(life.sum()), len(life), len(life))


def age_outcome(age: float, life: Array, planned: float, failure: float) -> Outcome:
    """Service every machine at a fixed age in steps."""
    return _outcome(np.full(len(life), float(age)), life, planned, failure)


def best_age(life: Array, planned: float, failure: float) -> float:
    """The fixed age in whole steps with the least cost per step on these machines."""
    ages = np.arange(1.0, life.max() + 1.0)
    rates = [age_outcome(a, life, planned, failure).rate for a in ages]
    return float(ages[int(np.argmin(rates))])


def oracle_outcome(life: Array, planned: float) -> Outcome:
    """A clairvoyant: service in the last step before each failure."""
    return Outcome(planned * len(life), float((life - 1).sum()), 0, len(life))


def cost_curve(
    failure_p: Array,
    slot: Array,
    downtime: Array | float,
    g: Array | float,
    planned: Array | float,
    failure: Array | float,
) -> Array:
    """C(s) = C_planned + downtime(s) + (C_fail − C_planned)·P(fail before s) − g·s.

    failure_p (…, S) probability of failing before each slot, slot (S,) in steps from now,
    downtime (…, S) cost of standing still in that slot. The schedule minimises its sum under crews
    and line capacity; alone, a machine's best slot is the argmin.
    """
    planned_, failure_ = np.asarray(planned)[..., None], np.asarray(failure)[..., None]
    wait = np.asarray(g)[..., None] * slot
    return np.asarray(planned_ + downtime + (failure_ - planned_) * failure_p - wait)


def cumulative_at(times: Array, p: Array, at: Array) -> Array:
    """Cumulative hazard (S,) by the times `at`, from P of failing by the few times that are known.

    times (K,) in hours, rising from 0, p (K,) rising, below 1. Between them a monotone cubic of
    the log hazard in log time: a straight line would spread the failures of a worn machine's week
    evenly over its days, and have it serviced too soon. Before the first time it is a power of
    time, no flatter than a constant hazard; after the last nothing is added.
    Source: Fritsch & Carlson (1980), SIAM J. Numer. Anal. 17:238.
    """
    t = np.maximum(times[1:], LEAST_H)
    known = np.append(np.diff(np.log(t)) > 1e-6, True)
    x, y = np.log(t)[known], np.log(np.maximum(-np.log1p(-p[1:]), LEAST))[known]
    if len(x) < 2:
        return np.asarray(np.exp(y[-1]) * np.minimum(at / t[-1], 1.0))
    between = PchipInterpolator(x, y)
    z = np.log(np.maximum(at, LEAST_H))
    steep = max(1.0, float(between(x[0], 1)))
    logs = np.where(z < x[0], y[0] + steep * (z - x[0]), between(np.clip(z, x[0], x[-1])))
    return np.asarray(np.where(at > 0, np.exp(logs), 0.0))


def _outcome(slot: Array, life: Array, planned: float, failure: float) -> Outcome:
    """A machine whose slot falls in the step it fails in, or later, fails."""
    served = slot < life
    cost = planned * served.sum() + failure * (~served).sum()
    return Outcome(
        float(cost), float(np.where(served, slot, life).sum()), int((~served).sum()), len(life)
    )
