"""When a service pays: a fleet's usual course of risk and its control limit, from its own lives."""

import numpy as np
from numpy.typing import NDArray

from twin.core.hazard import Hazard, Outlook, cumulative_between, failure_probability, outlook
from twin.core.hazard_statistics import Landmarks
from twin.plant import Costs
from twin.scheduling.maintenance import rule_outcome, settled_limit
from twin.scheduling.usual_course import COURSE_H, cumulative_of, level_of, usual_course

__all__ = ["LEAD_STEPS", "course_of", "service_costs", "service_limit", "step_risk"]

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


def course_of(hazard: Hazard, marks: Landmarks, step_h: float) -> Array | None:
    """The usual course of this fleet's risk; None: too few of its landmarks are near a service."""
    future = outlook(hazard, marks.level, marks.slope, marks.age)
    return usual_course(failure_probability(future, hazard.edges, COURSE_H / step_h))


def service_limit(
    hazard: Hazard, marks: Landmarks, costs: Costs, step_h: float, course: Array | None = None
) -> tuple[float | None, dict[str, float]]:
    """The control limit of this fleet, in planned services per step, and what it did in training.

    With a course risks are read by it, as they are in service. None where a failure costs no more
    than a service, or none was seen.
    """
    planned, failure = service_costs(costs)
    failed = np.flatnonzero(marks.cause >= 0)
    if failure <= planned or planned <= 0 or len(failed) == 0:
        return None, {}
    future = outlook(hazard, marks.level[failed], marks.slope[failed], marks.age[failed])
    risk = step_risk(future, hazard.edges, LEAD_STEPS)
    if course is not None:
        risk = _course_risk(future, hazard.edges, step_h, course)
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


def _course_risk(future: Outlook, edges: Array, step_h: float, course: Array) -> Array:
    """`step_risk` (N,) with the risk of every machine read by the course."""
    level = level_of(failure_probability(future, edges, COURSE_H / step_h), course)
    slot_h = np.array([LEAD_STEPS, LEAD_STEPS + 1.0]) * step_h
    return np.asarray(-np.expm1(-np.diff(cumulative_of(level, course, slot_h), axis=1)[:, 0]))


def _by_age(risk: Array, age: Array) -> Array:
    """Risk at ages 1, 2, … from landmarks at rising ages; held between them, 0 before the first."""
    ages = np.arange(1, int(np.ceil(age[-1])) + 1)
    place = np.searchsorted(age, ages + 1e-6, side="right") - 1
    return np.where(place >= 0, risk[np.maximum(place, 0)], 0.0)
