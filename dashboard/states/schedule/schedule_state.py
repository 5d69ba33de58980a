"""What is live on the schedule page, in no language: which plans there are, what waits for a word.

Bars of a plan are fetched once a plan, not streamed: `stamp` says when to fetch them again.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, failures_of, row_of
from dashboard.states.compiling import is_compiling
from dashboard.states.schedule.schedule_plan import HOUR_US, known_terms, plan_head
from dashboard.states.schedule.schedule_suggestions import suggestion_states
from dashboard.states.tiles import states_of
from dashboard.times import iso_local

__all__ = ["PlannedState", "schedule_state"]

VERSIONS_SHOWN = 50
DAY_US = 24 * HOUR_US


class PlannedState(Protocol):
    """What is read of the planner's documents; `dashboard.data.schedule.Planned` is one."""

    @property
    def orders(self) -> Mapping[str, Any]: ...
    @property
    def stamp(self) -> str: ...
    def plan(self, which: str) -> Mapping[str, Any] | None: ...
    def suggestions(self) -> list[Mapping[str, Any]]: ...
    def decisions(self) -> Mapping[str, list[Mapping[str, Any]]]: ...
    def changes(self) -> Mapping[str, Any]: ...
    def versions(self) -> list[Mapping[str, Any]]: ...
    def is_kept(self, version: int) -> bool: ...


def schedule_state(snapshot: Snapshot, planned: PlannedState) -> dict[str, Any]:
    """Everything the page shows but the bars."""
    plans = {which: planned.plan(which) for which in ("in_force", "proposed")}
    if plans["in_force"] and plans["proposed"]:
        is_news = plans["in_force"]["version"] != plans["proposed"]["version"]
        plans["proposed"] = plans["proposed"] if is_news else None
    return {
        "stamp": planned.stamp,
        "now_us": snapshot.plant_us // 1_000_000 * 1_000_000,
        "shift_h": snapshot.plant.plant.shift_h,
        "currency": snapshot.plant.plant.currency,
        "plans": {w: p and plan_head(p, snapshot.plant.zone) for w, p in plans.items()},
        "planner": _planner(snapshot),
        "saves": _saves(planned, plans["proposed"]),
        "n_orders": sum(o.get("state") == "open" for o in planned.orders.values()),
        "n_crews": len(snapshot.plant.crews),
        "suggestions": suggestion_states(snapshot, planned),
        "versions": _versions(snapshot, planned),
        "locks": _locks(snapshot, planned),
        "failed": {m: at // 1_000_000 for m, at in failures_of(snapshot).items()},
        "repair_h": _repair_hours(snapshot),
        "risk": _risks(snapshot),
    }


def _saves(planned: PlannedState, proposed: Mapping[str, Any] | None) -> float | None:
    """Money that the plan proposed saves, by the planner's own comparison; None: it has none."""
    found = planned.changes()
    is_of_it = proposed is not None and found.get("version") == proposed["version"]
    return found.get("saves") if is_of_it and found.get("terms_before") else None


def _planner(snapshot: Snapshot) -> dict[str, Any]:
    """What the planner says of itself: documents that it could not read within a day, and machines
    that it leaves unserviced though a service would pay."""
    said, zone = snapshot.schedule.get("planning") or {}, snapshot.plant.zone
    names = {m.id: m.name or m.id for m in snapshot.plant.machines}
    lately = [x for x in said.get("unreadable") or () if snapshot.plant_us - x["time"] < DAY_US]
    return {
        "unreadable": [x | {"time": iso_local(x["time"], zone)} for x in lately],
        "unserved": [
            u | {"name": names[u["machine"]], "until": u["until"] and iso_local(u["until"], zone)}
            for u in said.get("unserved") or ()
            if u["machine"] in names
        ],
        "compiling": is_compiling(snapshot),
    }


def _versions(snapshot: Snapshot, planned: PlannedState) -> list[dict[str, Any]]:
    """Newest first."""
    zone, known = snapshot.plant.zone, planned.versions()[-VERSIONS_SHOWN:]
    return [
        {
            "version": v["version"],
            "why": v.get("why"),
            "who": v.get("who"),
            "made": iso_local(v["made"], zone),
            "since": iso_local(v["in_force_from"], zone) if v.get("in_force_from") else None,
            "terms": known_terms(v),
            "kept": planned.is_kept(v["version"]),
        }
        for v in sorted(known, key=lambda v: -v["version"])
    ]


def _locks(snapshot: Snapshot, planned: PlannedState) -> dict[str, dict[str, Any]]:
    """ "order/step" → where a person locked it, and who."""
    return {
        f"{x['order']}/{x['step']}": {
            "machine": x["machine"],
            "start": iso_local(x["start"], snapshot.plant.zone),
            "start_us": x["start"],
            "who": x.get("who"),
        }
        for x in planned.decisions()["locks"]
    }


def _risks(snapshot: Snapshot) -> dict[str, list[float]]:
    """Machine → probability of failure within a shift, a day, a week; none of who is silent.

    To two digits: what does not matter is not sent anew.
    """
    found, silent = {}, states_of(snapshot)
    for machine in snapshot.plant.machines:
        row = row_of(snapshot, machine.id)
        if row is not None and silent[machine.id] != "silent":
            p = [rounded(float(x), 2) for x in row["p"]]
            if all(x is not None for x in p):
                found[machine.id] = [x for x in p if x is not None]
    return found


def _repair_hours(snapshot: Snapshot) -> dict[str, float]:
    """Of machines that stand failed: how long a repair usually takes, and has taken so far."""
    failed = failures_of(snapshot)
    return {
        m.id: snapshot.plant.costs_of(m).unplanned_h
        for m in snapshot.plant.machines
        if m.id in failed and snapshot.plant_us - failed[m.id] < 1000 * HOUR_US
    }
