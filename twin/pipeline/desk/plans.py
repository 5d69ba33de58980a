"""Planned services: made, moved, called off, and each of these taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.service_crews import crew_for, overlaps
from twin.pipeline.desk.state import DeskState
from twin.pipeline.planning.parts import Shortage, shortage
from twin.plant import Plant
from twin.types import Event

__all__ = ["HANDLERS", "PLANNED_MAX", "UNDOERS", "at_its_time", "lacked_at", "ordered_us"]

HOUR_US = 3_600_000_000
PLANNED_MAX = 5000
"""Services that stand planned: they are never dropped, so there must not be ever more of them."""
PLACE = ("start", "duration_h", "crew")
"""What moving a service changes."""
Service = dict[str, Any]


def _plan(state: DeskState, action: Action, context: Context) -> Effects:
    detail, plant = action.detail, context.site.plant
    machine = next((m for m in plant.machines if m.id == action.machine), None)
    if machine is None:
        return refused("unknown_machine")
    modes = {m.id for m in plant.class_of(machine).modes}
    if detail["mode"] is not None and detail["mode"] not in modes:
        return refused("unknown_mode")
    if sum(s["state"] == "planned" for s in state.services) >= PLANNED_MAX:
        return refused("too_many")
    service = {
        "id": context.action_id,
        "machine": machine.id,
        "start": detail["start"],
        "duration_h": detail["duration_h"],
        "mode": detail["mode"],
        "note": detail["note"],
        "who": action.who,
        "time": action.time,
        "state": "planned",
    }
    _, fault = at_its_time(plant, state.services, service, context.now_us)
    if fault:
        return refused(fault)
    state.services.append(service)
    state.mark("services")
    note = {"service": service["id"]}
    return Effects(
        note=note, was=note, events=[_event("service_planned", service, action, context)]
    )


def _move(state: DeskState, action: Action, context: Context) -> Effects:
    service, refusal = _planned(state, action)
    if service is None:
        return refused(refusal)
    plant, now_us = context.site.plant, context.now_us
    to = {k: action.detail[k] for k in ("start", "duration_h")}
    moved, fault = at_its_time(plant, state.services, service | to, now_us)
    if fault:
        return refused(fault)
    missing = lacked_at(plant, state.services, service, to["start"], now_us)
    if missing is not None:
        return refused("no_part_then", **missing._asdict())
    was = {"service": service["id"]} | {k: service[k] for k in PLACE if k in service}
    _set(state, service, action, **{k: moved[k] for k in PLACE if k in moved})
    event = _event("service_moved", service, action, context)
    return Effects(note={"service": service["id"]}, was=was, events=[event])


def _cancel(state: DeskState, action: Action, context: Context) -> Effects:
    service, refusal = _planned(state, action)
    if service is None:
        return refused(refusal)
    _set(state, service, action, state="cancelled", reason=action.detail["reason"])
    note = {"service": service["id"]}
    event = _event("service_cancelled", service, action, context)
    return Effects(note=note, was=note, events=[event])


def _unplan(state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    service = state.service(line["was"]["service"])
    if service is None or service["state"] != "planned":
        return refused("not_planned")
    _set(state, service, action, state="cancelled", reason="")
    return Effects(events=[_event("service_cancelled", service, action, ctx)])


def _move_back(state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    was = line["was"]
    service = state.service(was["service"])
    if service is None or service["state"] != "planned":
        return refused("not_planned")
    back = {k: was[k] for k in PLACE if k in was}
    if overlaps(service | back, state.services):
        return refused("service_overlaps")
    _set(state, service, action, **back)
    return Effects(events=[_event("service_moved", service, action, ctx)])


def _plan_again(state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    service = state.service(line["was"]["service"])
    if service is None or service["state"] != "cancelled":
        return refused("not_cancelled")
    if overlaps(service, state.services):
        return refused("service_overlaps")
    _set(state, service, action, state="planned")
    return Effects(events=[_event("service_planned", service, action, ctx)])


def at_its_time(
    plant: Plant, services: Sequence[Service], service: Service, now_us: int
) -> tuple[Service, str]:
    """A service with who can do it then, and why it cannot be then, a code; "" if it can.

    The crew of one that the planner suggested goes with it, or another that is there; to one that
    a person planned without being advised, that person sees.
    """
    if service["start"] + service["duration_h"] * HOUR_US <= now_us:
        return service, "in_the_past"
    if overlaps(service, services):
        return service, "service_overlaps"
    if service.get("crew") is None:
        return service, ""
    crew, fault = crew_for(plant, service, services, None)
    return service | {"crew": crew}, fault


def lacked_at(
    plant: Plant, services: Sequence[Service], service: Service, start: int, now_us: int
) -> Shortage | None:
    """The part that a service would lack if it were moved there; None: it has what it needs.

    One that a person planned without being advised needs none: that person will have seen to it.
    """
    if service.get("suggestion") is None:
        return None
    others = [s for s in services if s["id"] != service["id"]]
    return shortage(plant, others, {**service, "start": start}, now_us, ordered_us(service, now_us))


def ordered_us(service: Service, now_us: int) -> int:
    """When a piece for a planned service was ordered, µs UTC: when it was planned or suggested."""
    known = (service.get(name) for name in ("ordered", "time"))
    return min(int(next((time for time in known if time is not None), now_us)), now_us)


def _planned(state: DeskState, action: Action) -> tuple[Service | None, str]:
    """The service that an action names, if it can still be changed, else why not."""
    service = state.service(action.detail["service"])
    if service is None or action.machine not in {None, service["machine"]}:
        return None, "unknown_service"
    return (service, "") if service["state"] == "planned" else (None, "not_planned")


def _set(desk: DeskState, service: Service, action: Action, **values: Any) -> None:
    """Change a service; `changed`: when, plant µs UTC, for the crew's calendar."""
    service.update(values, changed=action.time)
    desk.mark("services")


def _event(kind: str, service: Service, action: Action, context: Context) -> Event:
    detail = {k: service[k] for k in ("start", "duration_h", "mode")}
    detail |= {"service": service["id"], "by": action.who, "action": context.action_id}
    return Event(action.time, kind, service["machine"], detail)


HANDLERS: dict[str, Handler] = {
    "service.plan": _plan,
    "service.move": _move,
    "service.cancel": _cancel,
}
UNDOERS: dict[str, Undoer] = {
    "service.plan": _unplan,
    "service.move": _move_back,
    "service.cancel": _plan_again,
}
