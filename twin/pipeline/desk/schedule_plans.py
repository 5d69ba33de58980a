"""The plan in force: adopted from what the planner proposes, and taken back."""

from collections.abc import Mapping
from typing import Any

import orjson

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.front import front_fault
from twin.pipeline.desk.schedule_documents import KIND, Record, decisions_of, document
from twin.pipeline.desk.state import DeskState
from twin.pipeline.planning.holds import holds
from twin.pipeline.planning.kept import PLANS, Kept
from twin.pipeline.planning.situation import Situation, situation_of
from twin.pipeline.planning.written import FRONT_PLANS, parsed
from twin.types import Event

__all__ = ["HANDLERS", "UNDOERS", "adopt_version", "point_fault", "restore", "version_fault"]


def _adopt(state: DeskState, action: Action, context: Context) -> Effects:
    point, version = action.detail["point"], action.detail["version"]
    if point is None:
        return adopt_version(action, context, version)
    plan = _plan_of_point(context, point)
    if plan is None:
        return refused("unknown_plan", point=point)
    front, in_force = document(context, "front"), document(context, "in_force")
    fault = front_fault(front, in_force, state.orders, context.now_us)
    if not fault and not holds(_situation(state, in_force, context), plan):
        fault = "plan_does_not_hold"
    fault = fault or point_fault(front, in_force, point)
    if fault:
        return refused(fault, point=point)
    return _put_in_force(plan | {"point": point}, action, context)


def adopt_version(action: Action, context: Context, version: int) -> Effects:
    """Put the plan proposed in force, if it is the one that the person has seen."""
    proposed, in_force = document(context, "proposed"), document(context, "in_force")
    fault = version_fault(proposed, in_force, version)
    if fault:
        return refused(fault, version=version)
    return _put_in_force(proposed, action, context)


def point_fault(
    front: Mapping[str, Any] | None, in_force: Mapping[str, Any] | None, point: str
) -> str:
    """Why there is no such point to be adopted, a code; "" if there is."""
    if all(p["id"] != point for p in (front or {}).get("points", ())):
        return "unknown_plan"
    return "already_in_force" if in_force and in_force.get("point") == point else ""


def version_fault(
    proposed: Mapping[str, Any] | None, in_force: Mapping[str, Any] | None, version: int
) -> str:
    """Why a version cannot be adopted, a code; "" if it can."""
    if in_force is not None and in_force["version"] == version:
        return "already_in_force"
    if proposed is None or proposed["version"] < version:
        return "unknown_plan"
    return "newer_plan" if proposed["version"] > version else ""


def _situation(state: DeskState, in_force: Record | None, context: Context) -> Situation:
    """The plant as this action finds it, but for the machines' risks."""
    failed = {machine: state.failed_since(machine) for machine in state.logs}
    known = {machine.id for machine in context.site.plant.machines}
    return situation_of(
        context.site.plant,
        context.now_us,
        failed_us={m: since for m, since in failed.items() if m in known and since is not None},
        orders=state.orders,
        services=state.services,
        schedule={"decisions": decisions_of(context), "in_force": in_force},
    )


def _plan_of_point(context: Context, point: str) -> Record | None:
    """The plan of a point of the front, with a version of its own."""
    front = document(context, "front") or {}
    found = next((p for p in front.get("points", ()) if p["id"] == point), None)
    text = None if found is None else context.documents(FRONT_PLANS).get(str(found.get("plan")))
    plan = parsed("in_force", text)[0]
    if plan is None:
        return None
    kept = Kept(context.documents(KIND), context.documents(PLANS))
    return dict(plan) | {"version": kept.next_version(document(context, "in_force"))}


def _put_in_force(plan: Record, action: Action, context: Context) -> Effects:
    """It comes into force, and the one before is kept to go back to."""
    before = document(context, "in_force")
    held = {**plan, "in_force_from": context.now_us, "who": action.who}
    documents: dict[str, bytes | None] = {"in_force": orjson.dumps(held)}
    documents["in_force_before"] = None if before is None else orjson.dumps(before)
    was = None if before is None else before["version"]
    note = {"version": plan["version"], "before": was, "why": plan["why"]}
    return Effects(
        note=note,
        was=None if before is None else note,
        final="first_plan" if before is None else "",
        events=[_event("plan_adopted", note, action, context)],
        documents={KIND: documents},
    )


def restore(_state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    """The plan that was in force before comes back, if nothing else came between."""
    now, before = document(ctx, "in_force"), document(ctx, "in_force_before")
    was = line["was"]
    if now is None or now["version"] != was["version"]:
        return refused("newer_plan", version=None if now is None else now["version"])
    if before is None or before["version"] != was["before"]:
        return refused("too_old")
    held = {**before, "in_force_from": ctx.now_us, "who": action.who}
    note = {"version": before["version"], "before": now["version"], "why": before["why"]}
    documents = {"in_force": orjson.dumps(held), "in_force_before": None}
    return Effects(
        note=note,
        events=[_event("plan_adopted", note, action, ctx)],
        documents={KIND: documents},
    )


def _event(kind: str, note: Mapping[str, Any], action: Action, context: Context) -> Event:
    detail = {**note, "by": action.who, "action": context.action_id}
    return Event(action.time, kind, "", detail)


HANDLERS: dict[str, Handler] = {"plan.adopt": _adopt}
UNDOERS: dict[str, Undoer] = {"plan.adopt": restore}
