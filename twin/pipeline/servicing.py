"""When a service pays: the control limit of a fleet, from the risks its own lives showed."""

import numpy as np
from numpy.typing import NDArray

from twin.core.hazard import Hazard, Outlook, cumulative_between, outlook
from twin.core.hazard_statistics import Landmarks
from twin.plant import Costs
from twin.scheduling.maintenance import rule_outcome, settled_limit

__all__ = ["LEAD_STEPS", "service_costs", "service_limit", "step_risk"]

Array = NDArray[np.float64]

LEAD_STEPS = 10
"""Steps between asking for a service slot and having it."""


def step_risk(future: Outlook, edges: Array, lead: float) -> Array:
    """P(fail in the step after `lead` | alive until then) (N,)."""
    return -np.expm1(-cumulative_between(future, edges, lead, lead + 1.0))


def service_costs(costs: Costs) -> tuple[float, float]:
    """Cost of a planned and of an unplanned service, the output lost meanwhile included."""
    return (
        costs.planned + costs.planned_h * costs.output_per_h,
        costs.unplanned + costs.unplanned_h * costs.output_per_h,
    )


def service_limit(
    hazard: Hazard, marks: Landmarks, costs: Costs, step_h: float
) -> tuple[float | None, dict[str, float]]:
    """The control limit of this fleet, in planned services per step, and what it did in training.

    None where a failure costs no more than a service, or none was seen.
    """
    planned, failure = service_costs(costs)
    failed = np.flatnonzero(marks.cause >= 0)
    if failure <= planned or planned <= 0 or len(failed) == 0:
        return None, {}
    future = outlook(hazard, marks.level[failed], marks.slope[failed], marks.age[failed])
    risk = step_risk(future, hazard.edges, LEAD_STEPS)
    machine, age = marks.machine[failed], marks.age[failed]
    begins = np.flatnonzero((np.diff(machine) != 0) | (np.diff(age) <= 0)) + 1
    by_age = [
        _by_age(r, a) for r, a in zip(np.split(risk, begins), np.split(age, begins), strict=True)
    ]
    life = (age + marks.lead[failed])[np.append(0, begins)]
    dearer = failure / planned
    g = settled_limit(by_age, life, 1.0, dearer, LEAD_STEPS)
    outcome = rule_outcome(by_age, life, g, 1.0, dearer, LEAD_STEPS)
    return g, {
        "cost_per_hour": outcome.rate * planned / step_h,
        "failures": float(outcome.failures),
        "lives": float(outcome.machines),
    }


def _by_age(risk: Array, age: Array) -> Array:
    """Risk at ages 1, 2, … from landmarks at rising ages; held between them, 0 before the first."""
    ages = np.arange(1, int(np.ceil(age[-1])) + 1)
    place = np.searchsorted(age, ages + 1e-6, side="right") - 1
    return np.where(place >= 0, risk[np.maximum(place, 0)], 0.0)
