"""Planned services: made, moved, called off, and each of these taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.state import DeskState
from twin.pipeline.planning.parts import Shortage, shortage
from twin.plant import Plant
from twin.types import Event

__all__ = ["HANDLERS", "PLANNED_MAX", "UNDOERS", "lacked_at", "ordered_us"]

HOUR_US = 3_600_000_000
PLANNED_MAX = 5000
"""Services that stand planned: they are never dropped, so there must not be ever more of them."""
Service = dict[str, Any]


def _plan(state: DeskState, action: Action, context: Context) -> Effects:
    detail, plant = action.detail, context.site.plant
    machine = next((m for m in plant.machines if m.id == action.machine), None)
    if machine is None:
        return refused("unknown_machine")
    modes = {m.id for m in plant.class_of(machine).modes}
    if detail["mode"] is not None and detail["mode"] not in modes:
        return refused("unknown_mode")
    if _is_over(detail["start"], detail["duration_h"], context):
        return refused("in_the_past")
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
    now_us = context.now_us
    if _is_over(action.detail["start"], action.detail["duration_h"], context):
        return refused("in_the_past")
    missing = lacked_at(context.site.plant, state.services, service, action.detail["start"], now_us)
    if missing is not None:
        return refused("no_part_then", **missing._asdict())
    was = {"service": service["id"]} | {k: service[k] for k in ("start", "duration_h")}
    _set(
        state, service, action, start=action.detail["start"], duration_h=action.detail["duration_h"]
    )
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
    _set(state, service, action, start=was["start"], duration_h=was["duration_h"])
    return Effects(events=[_event("service_moved", service, action, ctx)])


def _plan_again(state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    service = state.service(line["was"]["service"])
    if service is None or service["state"] != "cancelled":
        return refused("not_cancelled")
    _set(state, service, action, state="planned")
    return Effects(events=[_event("service_planned", service, action, ctx)])


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


def _is_over(start: int, duration_h: float, context: Context) -> bool:
    return bool(start + duration_h * HOUR_US <= context.now_us)


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
