"""What policies choose beforehand: intervals and waiting rates, on plants of training seeds.

Every candidate runs the same training months as it will run the scored ones, crews and all; each
class then takes what costs least on its machines by a parabola through them. A few failures more or
less would decide between neighbours by chance, so it is those to be expected that count
(plant_risk). So the fixed interval is at its best; the planner as it runs chooses nothing here, its
limits are those of its models, and beside it stands what it would be with limits chosen alike.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from twin.evaluation.plant_asks import Course, Interval, KnownWear, Planner
from twin.evaluation.plant_lives import EPOCH_H, Lives
from twin.evaluation.plant_months import Policy
from twin.scheduling.maintenance import best_age

__all__ = ["Basis", "Choices", "basis_of", "candidates", "chosen", "policy_of"]

Figures = Mapping[str, float]
"""By class."""
FACTORS = {
    "fixed_interval": (0.7, 0.8, 0.9, 1.0, 1.1),
    "tuned": (0.7, 1.0, 1.4, 2.0, 2.8),
    "known_wear": (0.5, 0.7, 1.0, 1.4, 2.0),
}
"""Tried: intervals over the best age of machines with a crew each; g over the clairvoyant rate.
`tuned` is the planner with such limits in place of those of its models."""


class Basis(NamedTuple):
    """What new machines of a class are like."""

    rate: float
    """Money an hour of one who serves each machine just before it fails."""
    age_h: float
    """The best fixed age."""
    growth_h: float
    """How fast the logarithm of the hazard rises as failure comes near, an hour."""
    course: Course = None
    """Of the risk that the fitted model says."""


class Choices(NamedTuple):
    """The factor of each class, by policy."""

    factor: dict[str, dict[str, float]]


def basis_of(lives: Lives, planned: float, failure: float, course: Course = None) -> Basis:
    """Of lives of new machines, the cost of a service and of a failure, and the model's course."""
    level = np.log(np.maximum(lives.hazard_h.astype(np.float64), 1e-12))
    look_h = np.arange(len(level))[:, None] * EPOCH_H
    near = (level > np.log(1e-5)) & (level < np.log(1e-2)) & (look_h < lives.length_h)
    rise = np.diff(level, axis=0)[near[1:]] / EPOCH_H
    growth = float(rise.mean()) if len(rise) else 0.0
    rate = planned / float(lives.length_h.mean())
    return Basis(rate, best_age(lives.length_h, planned, failure), growth, course)


def policy_of(name: str, basis: Mapping[str, Basis], factor: Figures) -> Policy:
    """A policy with its figures: those of each class times its factor."""
    if name == "fixed_interval":
        return Interval({c: basis[c].age_h * factor[c] for c in basis})
    g = {c: basis[c].rate * factor[c] for c in basis}
    if name == "tuned":
        return Planner(g, {c: basis[c].course for c in basis})
    return KnownWear(g, {c: basis[c].growth_h for c in basis})


def candidates(basis: Mapping[str, Basis]) -> dict[tuple[str, float], Policy]:
    """Every policy with every factor, the same for all classes."""
    return {
        (name, factor): policy_of(name, basis, dict.fromkeys(basis, factor))
        for name, factors in FACTORS.items()
        for factor in factors
    }


def chosen(costs: Sequence[Mapping[tuple[str, float], Figures]]) -> Choices:
    """From each training seed's costs by candidate and class."""
    classes = list(next(iter(costs[0].values())))
    total = {key: {c: sum(cost[key][c] for cost in costs) for c in classes} for key in costs[0]}
    return Choices(
        {
            name: {c: _least(factors, [total[name, f][c] for f in factors]) for c in classes}
            for name, factors in FACTORS.items()
        }
    )


def _least(factors: Sequence[float], costs: Sequence[float]) -> float:
    """Where the parabola through costs over log factor is lowest, within those tried."""
    if len(factors) < 3:
        return factors[int(np.argmin(costs))]
    fit = np.polyfit(np.log(factors), costs, 2)
    tried = np.linspace(np.log(factors[0]), np.log(factors[-1]), 101)
    return float(np.exp(tried[int(np.argmin(np.polyval(fit, tried)))]))
