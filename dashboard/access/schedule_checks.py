"""Whether the plan can be decided on so now: the desk's own rules, asked beforehand.

What a reader has on the screen may be half a second old; the desk has the last word.
"""

from collections.abc import Mapping
from typing import Any

from dashboard.access.checks import check
from dashboard.access.language import t
from dashboard.access.part_words import shortage_words
from dashboard.snapshot import Snapshot
from dashboard.states.alarms.alarm_words import refusal_text
from twin.pipeline.desk.front import front_fault
from twin.pipeline.desk.schedule_locks import lock_fault
from twin.pipeline.desk.schedule_plans import point_fault, version_fault
from twin.pipeline.desk.schedule_suggestions import accepted_service, lacked

__all__ = ["can_accept", "can_adopt", "can_lock", "can_unlock", "can_veto"]

Detail = dict[str, Any]


@check("suggestion.accept")
def can_accept(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """The planner still suggests it."""
    found = _suggestion(snapshot, detail)
    if found is None:
        return _words("unknown_suggestion")
    if found["kind"] == "plan":
        return _words(_version(snapshot, found["version"]))
    if found["state"] == "accepted":
        return _words("already_accepted")
    now_us, plant, services = snapshot.plant_us, snapshot.plant, snapshot.desk.get("services") or ()
    service, fault = accepted_service(plant, services, found, detail, now_us)
    return _words(fault) or shortage_words(plant, lacked(plant, services, service, found, now_us))


@check("suggestion.veto")
def can_veto(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """The planner still suggests it."""
    return _words("" if _suggestion(snapshot, detail) else "unknown_suggestion")


@check("plan.adopt")
def can_adopt(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """It is the newest proposal, or a point of the front."""
    if detail["point"] is None:
        return _words(_version(snapshot, detail["version"]))
    front, in_force = snapshot.schedule.get("front"), snapshot.schedule.get("in_force")
    fault = point_fault(front, in_force, detail["point"])
    if fault or front is None:
        return _words(fault)
    return _words(front_fault(front, in_force, snapshot.orders, snapshot.plant_us))


@check("operation.lock")
def can_lock(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """It has not begun, and the machine can do it."""
    order = snapshot.orders.get(detail["order"])
    return _words(lock_fault(snapshot.plant, order, detail, snapshot.plant_us))


@check("operation.unlock")
def can_unlock(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """It is locked."""
    locks = (snapshot.schedule.get("decisions") or {}).get("locks", ())
    own = (detail["order"], detail["step"])
    is_locked = any((lock["order"], lock["step"]) == own for lock in locks)
    return _words("" if is_locked else "not_locked")


def _suggestion(snapshot: Snapshot, detail: Detail) -> Mapping[str, Any] | None:
    known = snapshot.schedule.get("suggestions") or ()
    return next((s for s in known if s["id"] == detail["suggestion"]), None)


def _version(snapshot: Snapshot, version: int) -> str:
    plans = (snapshot.schedule.get(name) for name in ("proposed", "in_force"))
    return version_fault(*plans, version)


def _words(code: str) -> str | None:
    return refusal_text(t, code) if code else None
