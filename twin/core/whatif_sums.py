"""What scenarios come to: limits crossed, money spent, and what to doubt about them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.conditions import TIGHT, nearest
from twin.core.whatif import Case, Change, Course, Rehearsal, Scenario, course_of, explained

__all__ = [
    "Cost",
    "Crossing",
    "Prices",
    "crossing",
    "crossing_times",
    "doubts",
    "eases",
    "expected_cost",
    "unseen_from",
]

Array = NDArray[np.float64]

SLIGHT = 0.02
"""Model units by which an input must move a sensor over its range to be said to move it."""


class Crossing(NamedTuple):
    """When a level first lies beyond a limit, steps; inf: beyond the horizon."""

    low: float
    mid: float
    high: float
    """10, 50, 90 % quantiles."""
    share: float
    """Part of the paths that cross within the horizon."""


class Prices(NamedTuple):
    """Money for one planned service and for one failure, lost output included, and what a step of
    full running brings."""

    planned: float
    failure: float
    output_per_step: float


class Cost(NamedTuple):
    """Expected money over the horizon; slower: output lost by running slower, < 0 where won."""

    failure: float
    planned: float
    slower: float

    @property
    def total(self) -> float:
        return self.failure + self.planned + self.slower


def crossing_times(at: Array, paths: Array, low: float, high: float) -> Array:
    """When each path (P, T) first lies beyond low or high (NaN: no such limit), inf: never."""
    beyond = (paths <= low) | (paths >= high)
    first = np.argmax(beyond, axis=1)
    crossed = np.take_along_axis(beyond, first[:, None], axis=1)[:, 0]
    n, before = np.arange(len(paths)), np.maximum(first - 1, 0)
    reached, left = paths[n, first], paths[n, before]
    limit = np.where(reached >= high, high, low)
    gap = np.where(reached == left, 1.0, reached - left)
    part = np.clip((limit - left) / gap, 0.0, 1.0)
    time = at[before] + part * (at[first] - at[before])
    return np.where(crossed, np.where(first == 0, at[0], time), np.inf)


def crossing(course: Course, sensor: int, low: float, high: float) -> Crossing:
    """When the sensor's level crosses low or high (NaN: no such limit), over the course's paths."""
    times = crossing_times(course.at, course.paths[:, :, sensor], low, high)
    early, middle, late = np.quantile(times, (0.1, 0.5, 0.9), method="inverted_cdf").tolist()
    return Crossing(early, middle, late, float(np.isfinite(times).mean()))


def expected_cost(
    prices: Prices, course: Course, service: float | None, load: int | None, now: float, full: float
) -> Cost:
    """Money over the horizon: one failure at most, a service if the machine lives to see it.

    load: the input that output is proportional to, `now` its value and `full` the one at which a
    step brings its full output; None: output is as it is.
    """
    failed = course.failure[0]
    alive = 1.0 - failed
    planned = 0.0
    if service is not None and service <= course.at[-1]:
        planned = prices.planned * float(np.interp(service, course.at, alive))
    slower = 0.0
    if load is not None and full > 0:
        lost = prices.output_per_step * (now - course.inputs[:, load]) / full * alive
        slower = float(np.trapezoid(lost, course.at))
    return Cost(prices.failure * float(failed[-1]), planned, slower)


def unseen_from(case: Case, course: Course) -> float:
    """Steps from which the mean level of a sensor lies beyond all that the failure model learnt
    from, its margin included; inf: it never does within the horizon, or there is no such model."""
    if case.hazard is None:
        return np.inf
    map_, a = case.hazard.map_, len(case.hazard.map_.lanes)
    base, scale = explained(case.trend, course.inputs)
    level = ((course.mean - base) / scale)[:, map_.lanes]
    z = (level - map_.centre[:a]) / map_.scale[:a]
    beyond = np.flatnonzero(((z < map_.low[:a]) | (z > map_.high[:a])).any(axis=1))
    return float(course.at[beyond[0]]) if len(beyond) else np.inf


def doubts(case: Case, change: Change, low: float, high: float) -> list[str]:
    """Codes of what to doubt about a change; low, high: the input's range in the plant file.

    beyond_range   outside the range that the plant file gives, so of what was fitted
    no_wear        the model has learnt no effect of this input on wear
    no_answer      nor on any sensor's level
    unseen_regime  no operating regime is near: the nearest is taken
    """
    found = [] if low <= change.value <= high else ["beyond_range"]
    if not case.wear[:, change.input].any():
        found.append("no_wear")
    trend, i = case.trend, change.input
    if len(trend.centre) == 1:
        answer = np.abs(trend.gain[0][:, i]) * (high - low) / trend.scale[0]
        return found if answer.max() > SLIGHT else [*found, "no_answer"]
    u = case.inputs.copy()
    u[i] = change.value
    c = int(nearest(trend.centre, trend.input_scale, u[None])[0])
    away = np.abs(u - trend.centre[c]) / trend.input_scale
    return [*found, "unseen_regime"] if away.max() > TIGHT else found


def eases(case: Case, rehearsal: Rehearsal, scenario: Scenario, load: int) -> bool:
    """Whether by what was learnt more load alone makes a failure rarer, and less one likelier.

    Inputs that moved together in the history share their effects among them at random, so that
    one may come out with the wrong sign.
    """
    changes = tuple(c for c in scenario.changes if c.input == load)
    if case.hazard is None or not changes or not case.wear[:, load].any():
        return False
    alone, none = (
        float(course_of(case, rehearsal, Scenario(c, scenario.service)).cumulative[0, -1])
        for c in (changes, ())
    )
    return (alone - none) * (changes[-1].value - float(case.inputs[load])) < 0
