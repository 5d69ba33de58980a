"""Operations locked where somebody wants them: in the plan in force and in all plans to come."""

from collections.abc import Mapping
from typing import Any

import orjson

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.schedule_documents import (
    KIND,
    Record,
    decisions_of,
    decisions_with,
    document,
)
from twin.pipeline.desk.state import DeskState
from twin.plant import Plant
from twin.stores.base import Documents

__all__ = ["HANDLERS", "UNDOERS", "lock_fault"]

TIMES = ("setup_start", "start", "end")


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


HANDLERS: dict[str, Handler] = {"operation.lock": _lock, "operation.unlock": _unlock}
UNDOERS: dict[str, Undoer] = {
    "operation.lock": _lock_as_before,
    "operation.unlock": _lock_as_before,
}
