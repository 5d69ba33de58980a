"""The plan in force: adopted from what the planner proposes; operations locked where they are."""

from collections.abc import Mapping
from typing import Any

import orjson

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.front import front_fault
from twin.pipeline.desk.schedule_documents import (
    KIND,
    Record,
    decisions_of,
    decisions_with,
    document,
)
from twin.pipeline.desk.state import DeskState
from twin.pipeline.planning.holds import holds
from twin.pipeline.planning.kept import PLANS, Kept
from twin.pipeline.planning.situation import Situation, situation_of
from twin.pipeline.planning.written import FRONT_PLANS, parsed
from twin.plant import Plant
from twin.stores.base import Documents
from twin.types import Event

__all__ = ["HANDLERS", "UNDOERS", "adopt_version", "lock_fault", "restore", "version_fault"]

TIMES = ("setup_start", "start", "end")


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


def _lock(state: DeskState, action: Action, context: Context) -> Effects:
    """The operation goes to this machine at this time, in the plan in force and in every plan to
    come; what it meets there moves on when the planner keeps the plan up."""
    detail = action.detail
    order = state.orders.get(detail["order"])
    fault = lock_fault(context.site.plant, order, detail, context.now_us)
    if fault:
        return refused(fault, order=detail["order"], step=detail["step"])
    decided = decisions_of(context)
    was = next((k for k in decided["locks"] if _is_of(k, detail)), None)
    names = ("order", "step", "machine", "start")
    lock = {k: detail[k] for k in names} | {"who": action.who, "time": action.time}
    decided["locks"] = _without_closed(state, [k for k in decided["locks"] if k != was])
    decided["locks"].append(lock)
    note = {"order": detail["order"], "step": detail["step"]}
    planned = _planned(context, detail)
    documents = decisions_with(decided, context)
    if planned is not None:
        shift = detail["start"] - planned["start"]
        moved = {k: planned[k] + shift for k in TIMES} | {"machine": detail["machine"]}
        documents = _with_operation(context, documents, planned | moved | {"pin": "locked"})
    return Effects(note=note, was=note | {"lock": was, "planned": planned}, documents=documents)


def _planned(context: Context, operation: Mapping[str, Any]) -> Record | None:
    """An operation as the plan in force has it; None: it has not."""
    plan = document(context, "in_force") or {"operations": ()}
    return next((o for o in plan["operations"] if _is_of(o, operation)), None)


def _with_operation(
    context: Context, documents: Mapping[str, Documents], operation: Record
) -> dict[str, Documents]:
    """The same documents, and the plan in force with one operation elsewhere."""
    plan = document(context, "in_force")
    operations = [operation if _is_of(o, operation) else o for o in plan["operations"]]
    text = orjson.dumps({**plan, "operations": operations})
    return {**documents, KIND: {**documents[KIND], "in_force": text}}


def lock_fault(
    plant: Plant, order: Mapping[str, Any] | None, detail: Mapping[str, Any], now_us: int
) -> str:
    """Why an operation cannot be locked there, a code; "" if it can."""
    if order is None or order["state"] != "open":
        return "unknown_order" if order is None else "order_not_open"
    product = plant.product(order["product"])
    if product is None or detail["step"] >= len(order["steps"]):
        return "unknown_operation"
    if order["steps"][detail["step"]]["state"] != "waiting":
        return "operation_begun"
    able = {m.id for m in plant.alternatives(product.steps[detail["step"]])}
    if detail["machine"] not in able:
        return "machine_cannot"
    return "in_the_past" if detail["start"] < now_us else ""


def _unlock(_state: DeskState, action: Action, context: Context) -> Effects:
    decided, detail = decisions_of(context), action.detail
    was = next((k for k in decided["locks"] if _is_of(k, detail)), None)
    if was is None:
        return refused("not_locked")
    decided["locks"] = [k for k in decided["locks"] if k != was]
    note = {"order": detail["order"], "step": detail["step"]}
    return Effects(
        note=note,
        was=note | {"lock": was},
        documents=decisions_with(decided, context),
    )


def _lock_as_before(
    _state: DeskState, line: Mapping[str, Any], _action: Action, ctx: Context
) -> Effects:
    """As the operation was locked before, or not at all; and where it was in the plan."""
    decided, was = decisions_of(ctx), line["was"]
    decided["locks"] = [k for k in decided["locks"] if not _is_of(k, was)]
    if was["lock"] is not None:
        decided["locks"].append(was["lock"])
    documents = decisions_with(decided, ctx)
    if was.get("planned") is not None and _planned(ctx, was) is not None:
        documents = _with_operation(ctx, documents, was["planned"])
    note = {"order": was["order"], "step": was["step"]}
    return Effects(note=note, documents=documents)


def _is_of(lock: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    return bool(lock["order"] == operation["order"] and lock["step"] == operation["step"])


def _without_closed(state: DeskState, locks: list[Record]) -> list[Record]:
    """Locks of orders that are still open."""
    return [k for k in locks if state.orders.get(k["order"], {}).get("state") == "open"]


def _event(kind: str, note: Mapping[str, Any], action: Action, context: Context) -> Event:
    detail = {**note, "by": action.who, "action": context.action_id}
    return Event(action.time, kind, "", detail)


HANDLERS: dict[str, Handler] = {
    "plan.adopt": _adopt,
    "operation.lock": _lock,
    "operation.unlock": _unlock,
}
UNDOERS: dict[str, Undoer] = {
    "plan.adopt": restore,
    "operation.lock": _lock_as_before,
    "operation.unlock": _lock_as_before,
}
