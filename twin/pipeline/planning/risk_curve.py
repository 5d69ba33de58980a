"""What it costs to service a machine at every quarter of an hour.

    C(s) = C_planned + output lost while it stands + (C_fail − C_planned)·P(fail before s | alive)
           + g·(H − s)

with g the long-run cost per hour of a machine in service: whoever services early buys new life
early, and throws the rest of the old one away. This is MODELS' C(s) = … − g·s but for the constant
g·H, so that what is shown is never negative. Output is lost only in open hours: a service by night
or on Sunday costs less. Doing nothing costs C(H) (twin.scheduling.maintenance). P is that to act
on, the chance told beside it the one that is shown everywhere (twin.pipeline.risk_read).
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.pipeline.planning.horizon import BUCKET, Horizon
from twin.pipeline.worklist import MachineNow, costs_of_stops
from twin.plant import Costs
from twin.scheduling.maintenance import cost_curve
from twin.scheduling.problem import Calendar
from twin.scheduling.working_time import WorkingTime

__all__ = ["Curve", "curve_of", "forecast_is_known", "service_ticks"]

Array = NDArray[np.float64]


class Curve(NamedTuple):
    """What a service start costs, by bucket of the horizon."""

    money: Array
    p_fail: Array
    """P of failing before the bucket, if alive now, as it is shown."""
    planned: float
    """Money of a planned service with all its output lost."""
    failure: float

    @property
    def skip(self) -> float:
        """Of doing nothing within the horizon."""
        return float(self.money[-1])


def curve_of(now: MachineNow, horizon: Horizon, calendar: Calendar) -> Curve | None:
    """What a service of the machine costs at every bucket; None: without a failure model, or
    where a failure costs no more than a service."""
    costs = now.plant.costs_of(now.machine)
    service, failure = costs_of_stops(costs)
    if not forecast_is_known(now) or failure <= service or now.long_run_cost_h is None:
        return None
    hours = np.arange(-(-horizon.ticks // BUCKET) + 1) * BUCKET / 60.0
    p_fail = now.risk.acted_on(hours)
    lost = _output_lost(costs, service_ticks(now), hours, calendar)
    money = cost_curve(p_fail, hours, lost, now.long_run_cost_h, costs.planned, failure)
    # cost_curve knows one cost of a service; here it depends on when: what a failure costs more.
    money += now.long_run_cost_h * hours[-1] - p_fail * lost
    return Curve(money, now.risk.shown(hours), service, failure)


def forecast_is_known(now: MachineNow) -> bool:
    """Whether anything is known of when the machine will fail."""
    return bool(np.isfinite(now.row["p"]).all())


def service_ticks(now: MachineNow) -> int:
    """How long a planned service of the machine takes."""
    hours = now.machine_class.service.hours
    costs = now.plant.costs_of(now.machine)
    return max(1, ceil((costs.planned_h if hours is None else hours) * 60))


def _output_lost(costs: Costs, ticks: int, hours: Array, calendar: Calendar) -> Array:
    """Money of the output lost by a service that starts at each time (S,)."""
    time = WorkingTime(calendar)
    starts = np.round(hours * 60).astype(int)
    within = starts + ticks <= starts[-1]
    lost = np.array([time.worked(s + ticks) - time.worked(s) for s in starts.tolist()], float)
    # Beyond the horizon comes a time that suits as well as the best within it.
    lost[~within] = lost[within].min() if within.any() else 0.0
    return np.asarray(lost / 60.0 * costs.output_per_h)
