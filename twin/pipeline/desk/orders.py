"""Orders at the desk: taken in, changed, called off, each taken back; and how far the plant is."""

from collections.abc import Mapping
from typing import Any

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.state import DeskState
from twin.pipeline.orders.orders import (
    OPEN_MAX,
    Order,
    change_fault,
    is_started,
    new_order,
    order_fault,
    report,
    settle,
)
from twin.types import Event

__all__ = ["HANDLERS", "UNDOERS", "fold_progress"]

NAMED_MAX = 20
"""Orders that a line of the journal names; the others are counted."""
CHANGED = ("quantity", "release", "due", "priority", "note")


def fold_progress(state: DeskState, event: Event) -> None:
    """A step begun, ended or on its way; what is about no order of ours changes nothing."""
    order = state.orders.get(str(event.detail.get("order")))
    machine = str(event.detail.get("machine") or event.machine_id)
    if order is not None and report(order, event.kind, event.time, machine, event.detail):
        state.put_order(order)


def _add(state: DeskState, action: Action, context: Context) -> Effects:
    order, fault = _taken(state, action, action.detail, context, _room(state))
    if order is None:
        return refused(fault, order=action.detail["id"])
    note = {"order": order["id"]}
    return Effects(note=note, was=note, events=[_event("order_added", order, action, context)])


def _import(state: DeskState, action: Action, context: Context) -> Effects:
    """Those that can be; refused where none can."""
    done: list[Order] = []
    not_done: dict[str, str] = {}
    rows, room = action.detail["orders"], _room(state)
    for n, detail in enumerate(rows):
        order, fault = _taken(state, action, detail, context, room - len(done))
        if order is None:
            not_done[detail["id"] or f"#{n + 1}"] = fault
        else:
            done.append(order)
    told = {"n": len(rows)}
    named = dict(list(not_done.items())[:NAMED_MAX])
    note = {"n": len(done), "not_done": named, "n_not_done": len(not_done)}
    if not done:
        return refused(next(iter(not_done.values())), **note)._replace(told=told)
    note["orders"] = [order["id"] for order in done[:NAMED_MAX]]
    events = [_event("order_added", order, action, context) for order in done]
    return Effects(note=note, was={"action": context.action_id}, told=told, events=events)


def _taken(
    state: DeskState, action: Action, detail: Mapping[str, Any], context: Context, room: int
) -> tuple[Order | None, str]:
    """The order of a detail, kept; or why not."""
    plant = context.site.plant
    fault = order_fault(plant, state.orders, detail, action.time)
    if fault or room <= 0:
        return None, fault or "too_many"
    order = new_order(plant, detail, detail["id"] or _number(state), action.who, action.time)
    order |= {"action": context.action_id, "token": action.token}
    state.put_order(order)
    return order, ""


def _number(state: DeskState) -> str:
    """A number that no order has had: the last one given is remembered beyond its order."""
    while True:
        state.order_number += 1
        order_id = f"WO-{state.order_number:04d}"
        if order_id not in state.orders:
            return order_id


def _room(state: DeskState) -> int:
    """How many orders more may stand open."""
    return OPEN_MAX - sum(1 for order in state.orders.values() if order["state"] == "open")


def _change(state: DeskState, action: Action, context: Context) -> Effects:
    detail, order = action.detail, state.orders.get(action.detail["order"])
    fault = change_fault(order, detail)
    if order is None or fault:
        return refused(fault, order=detail["order"])
    given = {name: detail[name] for name in CHANGED if detail[name] is not None}
    was = {"order": order["id"], "before": {name: order[name] for name in given}}
    _set(state, order, given, context)
    event = _event("order_changed", order, action, context)
    return Effects(note={"order": order["id"]}, was=was, events=[event])


def _change_back(
    state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context
) -> Effects:
    was = line["was"]
    order = state.orders.get(was["order"])
    fault = change_fault(order, was["before"])
    if order is None or fault not in {"", "nothing_to_change"}:
        return refused(fault, order=was["order"])
    _set(state, order, was["before"], ctx)
    event = _event("order_changed", order, action, ctx)
    return Effects(note={"order": order["id"]}, events=[event])


def _set(state: DeskState, order: Order, given: Mapping[str, Any], context: Context) -> None:
    """Change an order; what its lateness costs follows its priority."""
    order |= given
    plant = context.site.plant
    product = plant.product(order["product"])
    if product is not None:
        order["late_cost_h"] = plant.late_cost_h(product, order["priority"])
    state.put_order(order)


def _cancel(state: DeskState, action: Action, context: Context) -> Effects:
    order = state.orders.get(action.detail["order"])
    if order is None or order["state"] != "open":
        reason = "unknown_order" if order is None else "order_not_open"
        return refused(reason, order=action.detail["order"])
    order |= {"state": "cancelled", "reason": action.detail["reason"], "closed": action.time}
    order["cancel"] = context.action_id
    state.put_order(order)
    note = {"order": order["id"]}
    event = _event("order_cancelled", order, action, context)
    return Effects(note=note, was=note, events=[event])


def _open_again(state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    order = state.orders.get(line["was"]["order"])
    if order is None or order["state"] != "cancelled":
        return refused("unknown_order" if order is None else "order_not_cancelled")
    order |= {"state": "open", "closed": None}
    for name in ("reason", "cancel"):
        order.pop(name, None)
    settle(order)
    state.put_order(order)
    event = _event("order_added", order, action, ctx)
    return Effects(note={"order": order["id"]}, events=[event])


def _withdraw(state: DeskState, line: Mapping[str, Any], action: Action, ctx: Context) -> Effects:
    """All orders that an action brought in, if none of them has begun; their ids are free."""
    own = [order for order in state.orders.values() if order.get("action") == line["id"]]
    if any(order["state"] != "open" or is_started(order) for order in own):
        return refused("order_started")
    if not own:
        return refused("unknown_order")
    for order in own:
        state.drop_order(order["id"])
    events = [_event("order_cancelled", order, action, ctx) for order in own]
    return Effects(note={"n": len(own), "order": own[0]["id"]}, events=events)


def _event(kind: str, order: Order, action: Action, context: Context) -> Event:
    detail = {k: order[k] for k in ("product", "quantity", "release", "due", "priority")}
    detail |= {"order": order["id"], "by": action.who, "action": context.action_id}
    return Event(action.time, kind, "", detail)


HANDLERS: dict[str, Handler] = {
    "order.add": _add,
    "order.import": _import,
    "order.change": _change,
    "order.cancel": _cancel,
}
UNDOERS: dict[str, Undoer] = {
    "order.add": _withdraw,
    "order.import": _withdraw,
    "order.change": _change_back,
    "order.cancel": _open_again,
}
