"""A crew's services for its calendar: those to come, and those that are called off.

A calendar program knows an event by its uid and takes the newer of two: a suggestion keeps its uid
when somebody accepts it, and what changes says when it did.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dashboard.snapshot import Snapshot
from dashboard.states.shift_plan import begun_services, plan_now

__all__ = ["CrewService", "Standing", "crew_services"]

Line = Mapping[str, Any]
Standing = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
"""Values of STATUS (RFC 5545, 3.8.1.11)."""


class CrewService(NamedTuple):
    """One event."""

    uid: str
    """The suggestion's, also once it is accepted."""
    line: Line
    """id, machine, start, end (µs UTC), crew, part."""
    standing: Standing
    changed: int
    """Since when it is as it is, µs UTC."""


def crew_services(snapshot: Snapshot, crew_id: str) -> list[CrewService]:
    """Services of the plan in force, accepted ones confirmed and others tentative, by start; then
    those that were the crew's and are not any more, unless their time has come."""
    own = [s for s in _alive(snapshot) if s.line.get("crew") == crew_id]
    named = {service.uid for service in own}
    gone: dict[str, CrewService] = {}
    for service in _gone(snapshot):
        is_own = service.line.get("crew") == crew_id and service.uid not in named
        if is_own and service.line["start"] > snapshot.plant_us:
            gone.setdefault(service.uid, service)
    return sorted([*own, *gone.values()], key=lambda s: (int(s.line["start"]), s.uid))


def _alive(snapshot: Snapshot) -> Iterator[CrewService]:
    plan, planned = plan_now(snapshot), _planned(snapshot)
    if plan is None:
        return
    for line in begun_services(snapshot, plan["services"]):
        known = planned.get(line["id"])
        changed = max(_since(plan), _changed(known) if known else 0)
        standing: Standing = "CONFIRMED" if line.get("pin") else "TENTATIVE"
        yield CrewService(_uid(line["id"], planned), line, standing, changed)


def _gone(snapshot: Snapshot) -> Iterator[CrewService]:
    """Services that may not be any more, the newest reason first: called off by a person, dropped
    from the plan in force since that was made, in the one before it."""
    planned, schedule = _planned(snapshot), snapshot.schedule
    for line in planned.values():
        if line["state"] == "cancelled" and line.get("crew"):
            end = line["start"] + round(float(line["duration_h"]) * 3_600_000_000)
            yield _called_off({**line, "end": end}, planned, _changed(line))
    plan = plan_now(snapshot)
    if plan is not None:
        yield from _of_plan(schedule["in_force"], planned, int(plan["made"]))
        yield from _of_plan(schedule.get("in_force_before") or {}, planned, _since(plan))


def _of_plan(plan: Line, planned: Mapping[str, Line], changed: int) -> Iterable[CrewService]:
    return (_called_off(line, planned, changed) for line in plan.get("services", ()))


def _called_off(line: Line, planned: Mapping[str, Line], changed: int) -> CrewService:
    return CrewService(_uid(line["id"], planned), line, "CANCELLED", changed)


def _planned(snapshot: Snapshot) -> dict[str, Line]:
    """Services that people planned, by id; the newest last."""
    return {s["id"]: s for s in snapshot.desk.get("services") or ()}


def _uid(service_id: str, planned: Mapping[str, Line]) -> str:
    return str((planned.get(service_id) or {}).get("suggestion") or service_id)


def _changed(service: Line) -> int:
    return int(service.get("changed") or service.get("time") or 0)


def _since(plan: Line) -> int:
    return int(plan.get("in_force_from") or plan["made"])
