"""The policies: what each would have serviced, by what it knows.

All are planned by the same crews with the same notice; only what they know of the machines differs.
What has to be chosen (an interval, a limit) is chosen on plants of other seeds, never on those that
are scored.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_crews import LOOK_H
from twin.evaluation.plant_lives import EPOCH_H
from twin.evaluation.plant_months import NOTICE_H, Asked, Months, Policy
from twin.scheduling.maintenance import cost_curve
from twin.scheduling.usual_course import COURSE_H, cumulative_of, level_of
from twin.sources.physics.wear import H_MAX

__all__ = ["Course", "Interval", "KnownWear", "Oracle", "Planner", "Threshold"]

Array = NDArray[np.float64]
Course = Sequence[float] | None
"""Of a class's risk, as its model file holds it."""
HOURS = np.arange(float(LOOK_H))
SAID = (COURSE_H / EPOCH_H).astype(int)
"""Where the horizons of a view row are among LEADS_H."""
SOON_H = 24.0
"""A service that is best later than this is not asked for yet: news may come."""
DELAY_H = 24.0
"""By how much orders may bring a service forward."""


class Interval(Policy):
    """Service at a fixed age, by class, or as soon after it as may be."""

    def __init__(self, interval_h: Mapping[str, float]) -> None:
        self._interval_h = interval_h

    def asked(self, months: Months, /) -> Asked:
        over = months.age_h + NOTICE_H - months.by_class(self._interval_h)
        haste = 1.0 + np.maximum(over, 0.0)
        return Asked(over >= 0, haste[:, None] * HOURS)


class Threshold(Policy):
    """Service as soon as may be once a sensor has been beyond an alarm limit of the plant file
    for its delay, the longest alarm first."""

    def asked(self, months: Months, /) -> Asked:
        since = months.now_h - months.begun_h - months.of_life("alarm_h")
        haste = 1.0 + np.maximum(since, 0.0)
        return Asked(since >= 0, haste[:, None] * HOURS)


class Planner(Policy):
    """The twin: MODELS.md's curve C(s) of the class's fitted model, and what a stop then makes late
    of the orders that are known, as the plant's planner does; planned under the crews.

    It is told what a view row holds, the chance of failing within a shift, a day and a week, and
    reads it by the class's usual course, as the plant's planner does. A machine is asked for while
    its cheapest start lies within a day.
    """

    def __init__(self, g: Mapping[str, float], course: Mapping[str, Course] | None = None) -> None:
        self._g, self._course = g, course or {}

    def asked(self, months: Months, /) -> Asked:
        p, g = self._failure_p(months), months.by_class(self._g)
        cost = cost_curve(p, HOURS, 0.0, g, months.planned_cost, months.failure_cost)
        near = (_best(cost) < NOTICE_H + SOON_H + DELAY_H) & months.is_free
        for i in np.flatnonzero(near).tolist():
            cost[i] += _late_money(months, i)
        return Asked(_best(cost) < NOTICE_H + SOON_H, cost)

    def _failure_p(self, months: Months) -> Array:
        """(N, LOOK_H) by hours; where the class's course was not learnt, linear between those that
        the twin's forecast was kept for."""
        p = months.at_look("failure_p")
        low = (HOURS / EPOCH_H).astype(int)
        part = HOURS / EPOCH_H - low
        found = p[:, low] * (1 - part) + p[:, low + 1] * part
        for c, class_id in enumerate(months.classes):
            course, mine = self._course.get(class_id), months.class_of == c
            if course is not None:
                level = level_of(p[mine][:, SAID], np.array(course))
                found[mine] = -np.expm1(-cumulative_of(level, np.array(course), HOURS))
        return np.asarray(found)


def _late_money(months: Months, i: int) -> Array:
    """(LOOK_H,) late cost, of orders that are known, of servicing machine i at each hour."""
    booked = [(b.machine, b.start_h, b.end_h) for b in months.crews.booked.values()]
    hours = float(months.service_h[i])
    return months.backlog.late_money(i, hours, HOURS, months.now_h, months.down, booked)


def _best(cost: Array) -> NDArray[np.int64]:
    """(N,) the hour of the cheapest start that can still be had."""
    first = int(NOTICE_H)
    return np.asarray(first + cost[:, first:].argmin(axis=1))


class KnownWear(Planner):
    """The same planner told the true hazard, which grows by its class's usual rate: about what the
    best of forecasts could do, as failures are drawn by hazard and nobody knows the draw."""

    def __init__(self, g: Mapping[str, float], growth_h: Mapping[str, float]) -> None:
        super().__init__(g)
        self._growth_h = growth_h

    def _failure_p(self, months: Months) -> Array:
        hazard = np.maximum(months.at_look("hazard_h"), 1e-12)[:, None]
        rise = np.exp(months.by_class(self._growth_h)[:, None] * HOURS)
        ahead = np.minimum(hazard * rise, 3 * H_MAX)
        before = np.cumsum(ahead, axis=1) - ahead
        return np.asarray(-np.expm1(-before))


class Oracle(Policy):
    """Knows when each machine fails, and has it serviced before, as late as crews
    allow. What would fail after the months have ended it leaves alone."""

    def __init__(self, g: Mapping[str, float]) -> None:
        self._g = g

    def asked(self, months: Months, /) -> Asked:
        left = months.left_h[:, None]
        wasted = months.by_class(self._g)[:, None] * (left - HOURS)
        cost = np.where(left > HOURS + 1.0, wasted, months.failure_cost[:, None])
        is_due = (months.left_h < LOOK_H) & (months.now_h + months.left_h < months.hours)
        return Asked(is_due & (months.left_h > NOTICE_H + 1.0), cost)
