"""The work list: who needs somebody, why, how soon, and what it costs to wait.

Everything is read off the view (twin.pipeline.risk_read). A machine is to be serviced in the slot
with the least cost

    C_service + (C_fail − C_service)·P(fail before s) − g·s

with g the long-run cost per hour (twin.scheduling.maintenance); where no g was learnt, before the
life that nine in ten machines in that state outlive.
"""

from typing import Any, NamedTuple

import numpy as np

from twin.core.view import HORIZONS, N_DRIVERS
from twin.pipeline.risk_read import RiskRead
from twin.plant import Costs, Machine, MachineClass, Plant
from twin.scheduling.maintenance import cost_curve

__all__ = ["MachineNow", "item_of"]

DAY_H, WEEK_H = 24.0, 168.0
ATTENTION_H = 48.0
"""A service that is cheapest later than this needs nobody yet."""
HIGH_P = 0.5
"""P of failing within a week above which a machine is worth a line without a control limit."""
FAILED_PRIORITY = 1
NO_DATA_PRIORITY, BAD_SENSOR_PRIORITY, CHANGED_PRIORITY = 3, 3, 2


class MachineNow(NamedTuple):
    """One machine, its view row and what is known of its class."""

    plant: Plant
    machine: Machine
    row: np.void
    is_silent: bool
    long_run_cost_h: float | None
    """g in money per hour; None: not learnt."""
    is_failed: bool = False
    """A failure was reported since the machine was last begun anew."""
    course: tuple[float, ...] | None = None
    """Usual course of its class's risk; None: not learnt."""

    @property
    def machine_class(self) -> MachineClass:
        return self.plant.class_of(self.machine)

    @property
    def risk(self) -> RiskRead:
        horizons_h = [self.plant.plant.shift_h, DAY_H, WEEK_H]
        return RiskRead(self.row, horizons_h, self.machine_class.step_s / 3600.0, self.course)


def item_of(now: MachineNow) -> dict[str, Any] | None:
    """A line of the work list, with the most urgent of its reasons; None: nothing to do."""
    if now.is_failed:
        return _failed(now)
    risk = _risk(now)
    reasons = [r for r in (_risk_reason(now, risk), *_signals(now)) if r is not None]
    if not reasons:
        return None
    priority, reason, drivers = min(reasons, key=lambda r: r[0])
    item = {"machine": now.machine.id, "priority": priority, "reason": reason}
    return item | {"drivers": drivers or _drivers(now), "mode": _mode(now)} | risk


def _failed(now: MachineNow) -> dict[str, Any]:
    """A machine that stands still: nothing is forecast, each hour costs its output."""
    item = {"machine": now.machine.id, "priority": FAILED_PRIORITY, "reason": "failed"}
    cost_h = now.plant.costs_of(now.machine).output_per_h
    return item | {"drivers": [], "mode": None, "cost_h": cost_h or None} | _unknown_risk()


def _risk(now: MachineNow) -> dict[str, Any]:
    """Probabilities, remaining life and money; all None without a failure model."""
    row, step_h = now.row, now.machine_class.step_s / 3600.0
    if not np.isfinite(row["p"]).all():
        return _unknown_risk()
    lives = [_hours(row[f"rul_q{q}"], step_h) for q in (10, 50, 90)]
    out: dict[str, Any] = {f"p_{h}": float(row["p"][n]) for n, h in enumerate(HORIZONS)}
    out |= dict(zip(("lo_h", "mid_h", "hi_h"), lives, strict=True))
    return out | _money(now)


def _unknown_risk() -> dict[str, Any]:
    names = (*(f"p_{h}" for h in HORIZONS), "lo_h", "mid_h", "hi_h", "service_by_h")
    return dict.fromkeys((*names, "cost_wait", "cost_service", "saves"))


def _money(now: MachineNow) -> dict[str, Any]:
    service, failure = costs_of_stops(now.plant.costs_of(now.machine))
    by_h = _service_by(now, service, failure)
    wait = float(now.row["p"][-1]) * failure
    fails = 1.0 if by_h is None else float(now.risk.shown(np.array([by_h]))[0])
    then = np.inf if by_h is None else service + fails * (failure - service)
    return {
        "service_by_h": by_h,
        "cost_wait": wait,
        "cost_service": service,
        "saves": max(0.0, wait - float(then)),
    }


def costs_of_stops(costs: Costs) -> tuple[float, float]:
    """Money of a planned service and of a failure, lost output included."""
    planned = costs.planned + costs.planned_h * costs.output_per_h
    return planned, costs.unplanned + costs.unplanned_h * costs.output_per_h


def _service_by(now: MachineNow, service: float, failure: float) -> float | None:
    """Hours until the cheapest slot; None: not within a week."""
    if now.long_run_cost_h is None or failure <= service:
        life = _hours(now.row["rul_q10"], now.machine_class.step_s / 3600.0)
        return life if life is not None and life <= WEEK_H else None
    slots = np.arange(0.0, WEEK_H + 1.0)
    fails = now.risk.acted_on(slots)
    cost = cost_curve(fails, slots, 0.0, now.long_run_cost_h, service, failure)
    best = int(np.argmin(cost))
    return float(slots[best]) if best < len(slots) - 1 else None


def _risk_reason(now: MachineNow, risk: dict[str, Any]) -> tuple[int, str, list[str]] | None:
    """Act now: one in ten fails within the shift. Plan today: the cheapest slot is today. Else
    watch. That service pays at once is no reason to run: the machine may well last for days."""
    by_h, early_h = risk["service_by_h"], risk["lo_h"]
    if risk["p_week"] is None:
        return None
    if early_h is not None and early_h <= now.plant.plant.shift_h:
        return 1, "risk", _drivers(now)
    if by_h is not None and by_h <= DAY_H:
        return 2, "risk", _drivers(now)
    return (3, "risk", _drivers(now)) if _to_watch(now, risk) else None


def _to_watch(now: MachineNow, risk: dict[str, Any]) -> bool:
    """Whether the cheapest slot is near or, where none is known, a stop within the week is more
    likely than not. A fleet that wears as it should is no list of warnings."""
    by_h, mid_h = risk["service_by_h"], risk["mid_h"]
    if by_h is not None and by_h <= ATTENTION_H:
        return True
    is_planned = by_h is not None and now.long_run_cost_h is not None
    return not is_planned and risk["p_week"] >= HIGH_P and mid_h is not None and mid_h <= WEEK_H


def _signals(now: MachineNow) -> list[tuple[int, str, list[str]]]:
    """Reasons that need no failure model: priority, reason, sensors."""
    row, sensors = now.row, now.plant.sensors_of(now.machine)
    beyond = [s for n, s in enumerate(sensors) if int(row["beyond"]) >> n & 1]
    bad = [s.id for n, s in enumerate(sensors) if int(row["bad"]) >> n & 1]
    found: list[tuple[int, str, list[str]]] = []
    if beyond:
        priority = min(s.alarm.priority for s in beyond)
        found.append((priority, "limit", [s.id for s in beyond]))
    if row["changed"]:
        found.append((CHANGED_PRIORITY, "changed", []))
    if now.is_silent:
        found.append((NO_DATA_PRIORITY, "no_data", []))
    if bad:
        found.append((BAD_SENSOR_PRIORITY, "bad_sensor", bad))
    return found


def _drivers(now: MachineNow) -> list[str]:
    sensors = now.machine_class.sensors
    places = [int(now.row["driver"][n]) for n in range(N_DRIVERS)]
    return [sensors[n].id for n in places if 0 <= n < len(sensors)]


def _mode(now: MachineNow) -> str | None:
    share = now.row["mode_p"][: len(now.machine_class.modes)]
    if not len(share) or not np.isfinite(share).any():
        return None
    return now.machine_class.modes[int(np.nanargmax(share))].id


def _hours(steps: float, step_h: float) -> float | None:
    hours = float(steps) * step_h
    return hours if np.isfinite(hours) else None
