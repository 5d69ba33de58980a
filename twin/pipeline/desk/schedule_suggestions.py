"""Suggestions of the planner: accepted as a planned service or a plan, or vetoed, for a time."""

from collections.abc import Mapping, Sequence
from typing import Any

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.plans import PLANNED_MAX
from twin.pipeline.desk.schedule_documents import (
    Record,
    decisions_of,
    decisions_with,
    suggestion_of,
)
from twin.pipeline.desk.schedule_plans import adopt_version, restore
from twin.pipeline.desk.service_crews import crew_fault, crew_for, overlaps
from twin.pipeline.desk.state import DeskState
from twin.pipeline.planning.parts import Shortage, shortage
from twin.plant import Plant
from twin.types import Event

__all__ = ["HANDLERS", "UNDOERS", "accepted_service", "lacked"]

HOUR_US = 3_600_000_000
GRACE_US = 900_000_000
"""A service that begins so little later than suggested is still its crew's."""
VETO_H = {"service": 24.0, "plan": 8.0}
"""How long a veto holds that names no time."""


def _accept(state: DeskState, action: Action, context: Context) -> Effects:
    """A service becomes a planned one, which the next plan goes round; a plan comes into force."""
    suggestion = suggestion_of(context, action.detail["suggestion"])
    if suggestion is None:
        return refused("unknown_suggestion")
    if suggestion["kind"] == "plan":
        return adopt_version(action, context, suggestion["version"])
    plant, now_us = context.site.plant, context.now_us
    service, fault = accepted_service(plant, state.services, suggestion, action.detail, now_us)
    if fault:
        return refused(fault)
    missing = lacked(plant, state.services, service, suggestion, now_us)
    if missing is not None:
        return refused("no_part_then", **missing._asdict())
    service |= {"id": context.action_id, "who": action.who, "time": action.time}
    service |= {"state": "planned", "mode": None, "note": ""}
    state.services.append(service)
    state.mark("services")
    decided = decisions_of(context)
    own = {k: service[k] for k in ("machine", "start", "crew", "who", "time")}
    decided["accepted"].append(own | {"suggestion": suggestion["id"], "service": service["id"]})
    note = {"suggestion": suggestion["id"], "service": service["id"], "machine": service["machine"]}
    return Effects(
        note=note,
        was=note,
        events=[_event("service_planned", service, action, context)],
        documents=decisions_with(decided, context),
    )


def accepted_service(
    plant: Plant,
    services: Sequence[Record],
    suggestion: Record,
    detail: Mapping[str, Any],
    now_us: int,
) -> tuple[Record, str]:
    """The planned service that a suggestion comes to, by a detail of suggestion.accept, and why it
    cannot be, a code; "" if it can. One whose time has just passed begins now."""
    given, suggested = detail["start"], int(suggestion["start"])
    service: Record = {
        "machine": suggestion["machine"],
        "start": max(suggested, now_us) if given is None else int(given),
        "duration_h": (int(suggestion["end"]) - suggested) / HOUR_US,
        "crew": suggestion["crew"],
        "suggestion": suggestion["id"],
    }
    service["ordered"] = _ordered(service, suggestion, now_us)
    fault = _fault(plant, services, service, now_us)
    is_elsewhen = service["start"] - suggested > (GRACE_US if given is None else 0)
    is_elsewhen |= service["start"] < suggested
    is_taken = crew_fault(plant, service, services) == "crew_busy"  # by what was accepted since
    if not fault and (detail["crew"] is not None or is_elsewhen or is_taken):
        service["crew"], fault = crew_for(plant, service, services, detail["crew"])
    return service, fault


def _fault(plant: Plant, services: Sequence[Record], service: Record, now_us: int) -> str:
    """Why a service cannot be planned, a code; "" if it can."""
    if all(m.id != service["machine"] for m in plant.machines):
        return "unknown_machine"
    end = service["start"] + service["duration_h"] * HOUR_US
    if end <= now_us:
        return "in_the_past"
    planned = [s for s in services if s["state"] == "planned"]
    if len(planned) >= PLANNED_MAX:
        return "too_many"
    if any(other.get("suggestion") == service["suggestion"] for other in planned):
        return "already_accepted"
    return "service_overlaps" if overlaps(service, planned) else ""


def lacked(
    plant: Plant, services: Sequence[Record], service: Record, suggestion: Record, now_us: int
) -> Shortage | None:
    """The part that a suggested service would lack; None: it has what it needs.

    At a time that was proposed it may count on a piece that would have been ordered then.
    """
    return shortage(plant, services, service, now_us, _ordered(service, suggestion, now_us))


def _ordered(service: Record, suggestion: Record, now_us: int) -> int:
    """When a piece for it was or is ordered, µs UTC."""
    proposed = {suggestion["start"], *(a["start"] for a in suggestion.get("alternatives", ()))}
    made = suggestion.get("made") if service["start"] in proposed else None
    return now_us if made is None else min(int(made), now_us)


def _forget(state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    """The service is called off; the suggestion may come again."""
    service = state.service(line["was"]["service"])
    if service is None or service["state"] != "planned":
        return refused("not_planned")
    service.update(state="cancelled", reason="", changed=action.time)
    state.mark("services")
    decided = decisions_of(ctx)
    decided["accepted"] = [a for a in decided["accepted"] if a["service"] != service["id"]]
    return Effects(
        events=[_event("service_cancelled", service, action, ctx)],
        documents=decisions_with(decided, ctx),
    )


def _veto(_state: DeskState, action: Action, context: Context) -> Effects:
    """It does not come back before a time."""
    suggestion = suggestion_of(context, action.detail["suggestion"])
    if suggestion is None:
        return refused("unknown_suggestion")
    decided = decisions_of(context)
    hours = action.detail["hours"] or VETO_H[suggestion["kind"]]
    until = context.now_us + round(hours * HOUR_US)
    veto = {
        "suggestion": suggestion["id"],
        "machine": suggestion["machine"],
        "until": until,
        "reason": action.detail["reason"],
        "who": action.who,
        "time": action.time,
        "action": context.action_id,
    }
    decided["vetoes"].append(veto)
    note = {"suggestion": suggestion["id"], "machine": suggestion["machine"], "until": until}
    return Effects(
        note=note,
        was={"action": context.action_id},
        documents=decisions_with(decided, context),
    )


def _allow(_state: DeskState, line: Mapping[str, Any], _action: Action, ctx: Context) -> Effects:
    """The veto is withdrawn."""
    decided = decisions_of(ctx)
    left = [v for v in decided["vetoes"] if v["action"] != line["was"]["action"]]
    if len(left) == len(decided["vetoes"]):
        return refused("veto_over")
    decided["vetoes"] = left
    return Effects(documents=decisions_with(decided, ctx))


def _event(kind: str, service: Record, action: Action, context: Context) -> Event:
    detail = {k: service[k] for k in ("start", "duration_h", "mode", "crew")}
    detail |= {"service": service["id"], "by": action.who, "action": context.action_id}
    return Event(action.time, kind, service["machine"], detail)


def _undo_accept(
    state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context
) -> Effects:
    """Whatever accepting it came to."""
    return (_forget if "service" in line["was"] else restore)(state, line, action, ctx)


HANDLERS: dict[str, Handler] = {"suggestion.accept": _accept, "suggestion.veto": _veto}
UNDOERS: dict[str, Undoer] = {"suggestion.accept": _undo_accept, "suggestion.veto": _allow}
