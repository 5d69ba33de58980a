"""Services that have begun: whose machines stand for a reason that is known, and are left alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboard.snapshot import Snapshot, is_silent, machine_of, row_of
from twin.pipeline.services import HOUR_US, services_of

__all__ = ["AtService", "serviced_until", "services_begun", "undo_fault"]

OF_A_SERVICE = frozenset({"service.plan", "service.move", "suggestion.accept"})
"""Verbs that are taken back only while the service that they made or moved has not begun."""


class AtService(NamedTuple):
    machine: str
    until: int
    """Expected end, µs UTC."""


def services_begun(snapshot: Snapshot) -> dict[str, AtService]:
    """Service id → where and until when, of those at work: the plant has told that they began and
    not that the machine was repaired, or it is their time and the machine is silent."""
    return _due(snapshot) | _told(snapshot)


def serviced_until(snapshot: Snapshot) -> dict[str, int]:
    """Machine id → when its service under way ends, µs UTC."""
    return {s.machine: s.until for s in services_begun(snapshot).values()}


def undo_fault(snapshot: Snapshot, line: Mapping[str, Any]) -> str:
    """Why the action of a journal's line cannot be taken back any more as its service has gone
    on, a code; "" where that does not stand in its way."""
    service_id = (line.get("note") or {}).get("service")
    if line.get("verb") not in OF_A_SERVICE or not service_id:
        return ""
    services = snapshot.desk.get("services") or ()
    planned = any(s["id"] == service_id and s["state"] == "planned" for s in services)
    if not planned:
        return "not_planned"
    return "service_begun" if service_id in services_begun(snapshot) else ""


def _told(snapshot: Snapshot) -> dict[str, AtService]:
    found, over = {}, set()
    for event in snapshot.events:  # newest first
        if event.kind == "repair":
            over.add(event.machine_id)
        elif event.kind == "service_start" and event.machine_id not in over:
            until = int(event.detail.get("until") or 0)
            if event.time <= snapshot.plant_us < until:
                found[str(event.detail.get("service"))] = AtService(event.machine_id, until)
    return found


def _due(snapshot: Snapshot) -> dict[str, AtService]:
    found = {}
    for service in services_of(snapshot.desk.get("services")):
        start, machine_id = int(service["start"]), str(service["machine"])
        until = start + round(float(service["duration_h"]) * HOUR_US)
        if start <= snapshot.plant_us < until and _is_silent(snapshot, machine_id):
            found[str(service["id"])] = AtService(machine_id, until)
    return found


def _is_silent(snapshot: Snapshot, machine_id: str) -> bool:
    machine = machine_of(snapshot, machine_id)
    if machine is None:
        return False
    return is_silent(snapshot, snapshot.plant.class_of(machine), row_of(snapshot, machine_id))
