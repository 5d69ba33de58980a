"""Whether reports and planned services can be taken now: the desk's own rules, asked beforehand.

What a reader has on the screen may be half a second old; the desk has the last word.
"""

from typing import Any

from dashboard.access.checks import check
from dashboard.access.language import t
from dashboard.access.part_words import shortage_words
from dashboard.snapshot import Snapshot, machine_of
from dashboard.states.alarms.alarm_words import refusal_text
from dashboard.states.at_service import services_begun
from twin.pipeline.desk.effects import AHEAD_US
from twin.pipeline.desk.plans import at_its_time, lacked_at
from twin.pipeline.planning.parts import Shortage

__all__ = ["can_cancel", "can_move", "can_plan", "can_report_failure", "can_report_repair"]

Detail = dict[str, Any]


@check("failure.report")
def can_report_failure(snapshot: Snapshot, machine: str | None, detail: Detail) -> str | None:
    """It has happened, and the machine does not stand failed already."""
    log = (snapshot.desk.get("machines") or {}).get(machine) or {}
    code = _report(snapshot, machine, detail)
    return _words(code or ("already_failed" if log.get("failed_since") is not None else ""))


@check("repair.report")
def can_report_repair(snapshot: Snapshot, machine: str | None, detail: Detail) -> str | None:
    """It has happened; a service that it was is one of this machine's."""
    code, service = _report(snapshot, machine, detail), None
    if detail["service"]:
        service = _service(snapshot, detail["service"])
        code = code or ("" if service and service["machine"] == machine else "unknown_service")
    return _words(code)


@check("service.plan")
def can_plan(snapshot: Snapshot, machine: str | None, detail: Detail) -> str | None:
    """It is not over before it is planned, and the machine is at no other service then."""
    code = "" if _is_mode(snapshot, machine, detail["mode"]) else "unknown_mode"
    return _words(code or _when(snapshot, {"machine": machine}, detail))


@check("service.move")
def can_move(snapshot: Snapshot, machine: str | None, detail: Detail) -> str | None:
    """It is planned, has not begun, is not moved into the past or another service of its machine,
    and has its crew and its part there."""
    fault = _planned(snapshot, machine, detail)
    fault = fault or _when(snapshot, _service(snapshot, detail["service"]) or {}, detail)
    return _words(fault) or shortage_words(snapshot.plant, _lacked(snapshot, detail))


@check("service.cancel")
def can_cancel(snapshot: Snapshot, machine: str | None, detail: Detail) -> str | None:
    """It is planned and has not begun."""
    return _words(_planned(snapshot, machine, detail))


def _report(snapshot: Snapshot, machine: str | None, detail: Detail) -> str:
    if not _is_mode(snapshot, machine, detail["mode"]):
        return "unknown_mode"
    is_ahead = detail["time"] is not None and detail["time"] > snapshot.plant_us + AHEAD_US
    return "in_the_future" if is_ahead else ""


def _is_mode(snapshot: Snapshot, machine_id: str | None, mode: str | None) -> bool:
    machine = machine_of(snapshot, machine_id or "")
    modes = snapshot.plant.class_of(machine).modes if machine else []
    return mode is None or any(known.id == mode for known in modes)


def _when(snapshot: Snapshot, service: Detail, detail: Detail) -> str:
    then = service | {k: detail[k] for k in ("start", "duration_h")}
    known = snapshot.desk.get("services") or ()
    return at_its_time(snapshot.plant, known, then, snapshot.plant_us)[1]


def _planned(snapshot: Snapshot, machine: str | None, detail: Detail) -> str:
    service = _service(snapshot, detail["service"])
    if service is None or service["machine"] != machine:
        return "unknown_service"
    if service["state"] != "planned":
        return "not_planned"
    return "service_begun" if service["id"] in services_begun(snapshot) else ""


def _lacked(snapshot: Snapshot, detail: Detail) -> Shortage | None:
    service, services = _service(snapshot, detail["service"]), snapshot.desk.get("services") or ()
    if service is None:
        return None
    return lacked_at(snapshot.plant, services, service, detail["start"], snapshot.plant_us)


def _service(snapshot: Snapshot, service_id: str) -> dict[str, Any] | None:
    services = snapshot.desk.get("services") or ()
    return next((x for x in services if x["id"] == service_id), None)


def _words(code: str) -> str | None:
    return refusal_text(t, code) if code else None
