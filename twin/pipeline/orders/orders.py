"""Orders as the store holds them: how one comes about, what may be changed, how far it is.

A document of kind "orders" each: id, product, quantity, release, due, priority, late_cost_h, state,
who, added, note, steps; times are µs UTC. What the plant reports of a step may come late, twice or
out of order: a step remembers the earliest start, the latest one's machine and the earliest end,
so that the order of arrival does not matter.
"""

from collections.abc import Mapping
from typing import Any

from twin.plant import Plant

__all__ = [
    "FIRST_US",
    "KIND",
    "OPEN_MAX",
    "PROGRESS_KINDS",
    "Order",
    "can_be",
    "change_fault",
    "done_quantity",
    "heal",
    "is_started",
    "new_order",
    "order_fault",
    "report",
    "settle",
]

KIND = "orders"
OPEN_MAX = 5000
"""Orders that stand open: they are never dropped, so there must not be ever more of them."""
FIRST_US, LAST_US = 946_684_800_000_000, 7_258_118_400_000_000
"""2000 and 2200: what is said to have been done outside is a slip of somebody's clock."""
SETUP_KINDS = frozenset({"setup", "setup_end"})
PROGRESS_KINDS = frozenset({"operation_start", "operation_end", "order_progress"}) | SETUP_KINDS
Order = dict[str, Any]


def order_fault(plant: Plant, known: Mapping[str, Any], detail: Mapping[str, Any], now: int) -> str:
    """Why an order cannot be taken, a code; "" if it can. known: orders by id."""
    release = now if detail["release"] is None else detail["release"]
    if plant.product(detail["product"]) is None:
        return "unknown_product"
    if detail["id"] in known:
        return "order_exists"
    return "due_before_release" if detail["due"] <= release else ""


def new_order(plant: Plant, detail: Mapping[str, Any], order_id: str, who: str, now: int) -> Order:
    """The order of a detail without a fault, as of `now`, µs UTC of the plant."""
    product = plant.product(detail["product"])
    assert product is not None
    release = now if detail["release"] is None else detail["release"]
    kept = {name: detail[name] for name in ("product", "quantity", "due", "priority", "note")}
    step = {"state": "waiting", "machine": None, "start": None, "end": None}
    return {
        "id": order_id,
        **kept,
        "release": release,
        "late_cost_h": plant.late_cost_h(product, detail["priority"]),
        "state": "open",
        "who": who,
        "added": now,
        "steps": [dict(step) for _ in product.steps],
    }


def change_fault(order: Mapping[str, Any] | None, detail: Mapping[str, Any]) -> str:
    """Why an order cannot be changed so, a code; "" if it can."""
    if order is None:
        return "unknown_order"
    if order["state"] != "open":
        return "order_not_open"
    given = {k: v for k, v in detail.items() if v is not None and k != "order"}
    if all(order[name] == value for name, value in given.items()):
        return "nothing_to_change"
    fixed = [
        name for name in ("quantity", "release") if given.get(name, order[name]) != order[name]
    ]
    if fixed and is_started(order):
        return "order_started"
    after = {**order, **given}
    return "due_before_release" if after["due"] <= after["release"] else ""


def is_started(order: Mapping[str, Any]) -> bool:
    """Whether the plant has begun any step of it."""
    return any(step["state"] != "waiting" for step in order["steps"])


def done_quantity(order: Mapping[str, Any], step: Mapping[str, Any]) -> int:
    """Pieces that a step is through with."""
    return int(order["quantity"] if step["state"] == "done" else step.get("quantity_done", 0))


def report(order: Order, kind: str, time: int, machine: str, detail: Mapping[str, Any]) -> bool:
    """Take up what the plant says of a step; whether it says anything. Changes the order."""
    n = detail.get("step")
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < len(order["steps"]):
        return False
    if not can_be(time, order):
        return False
    step, before = order["steps"][n], dict(order["steps"][n])
    if kind == "operation_start":
        _start(step, time, machine)
    elif kind == "operation_end":
        step["end"] = time if step["end"] is None else min(time, step["end"])
        step["machine"] = step["machine"] or machine or None
    elif kind in SETUP_KINDS:
        _set_up(step, kind, time, machine)
    else:
        _progress(order, step, detail.get("quantity_done"))
    settle(order)
    return bool(step != before)


def settle(order: Order) -> None:
    """States of steps and order from what is known: a step that a later one has followed is
    done, though nobody said so; an order is done with its last step."""
    followed = False
    for step in reversed(order["steps"]):
        is_done = followed or step["end"] is not None
        is_begun = is_done or step["start"] is not None
        step["state"] = "done" if is_done else "running" if is_begun else "waiting"
        followed = is_begun
    if order["state"] != "cancelled":
        is_done = order["steps"][-1]["state"] == "done"
        order["state"] = "done" if is_done else "open"
        order["closed"] = order["steps"][-1]["end"] if is_done else None


def heal(order: Order) -> bool:
    """Put stored times that cannot be where they can: to when the order was added, or the step
    began. Whether there were any. Changes the order."""
    added, is_healed = int(order.get("added", FIRST_US)), False
    for told in (x for step in order["steps"] for x in (step, step.get("setup") or {})):
        for key in ("start", "moved", "end"):
            if told.get(key) is not None and not can_be(told[key], order):
                told[key] = max(added, told.get("start") or 0) if key == "end" else added
                is_healed = True
    if is_healed:
        settle(order)
    return is_healed


def can_be(time: int, order: Mapping[str, Any]) -> bool:
    """Whether something about an order may have happened at a time: not in 1970, where a clock
    stands that was never set, unless the plant's own stands there too."""
    return min(FIRST_US, max(0, int(order.get("added", 0)))) <= time < LAST_US


def _start(step: dict[str, Any], time: int, machine: str) -> None:
    step["start"] = time if step["start"] is None else min(time, step["start"])
    if machine and time >= step.get("moved", time):
        step["machine"], step["moved"] = machine, time


def _set_up(step: dict[str, Any], kind: str, time: int, machine: str) -> None:
    """Setting up is no work on the order: the step still waits. The earliest start and end count,
    on the machine where it began; an end alone says nothing."""
    told = step.get("setup") or {"machine": machine, "start": None, "end": None}
    if kind == "setup" and (told["start"] is None or time < told["start"]):
        told = {**told, "machine": machine, "start": time}
    if kind == "setup_end" and (told["end"] is None or time < told["end"]):
        told = {**told, "end": time}
    step["setup"] = told


def _progress(order: Order, step: dict[str, Any], quantity: object) -> None:
    if isinstance(quantity, int | float) and quantity >= 0:
        least = step.get("quantity_done", 0)
        step["quantity_done"] = min(order["quantity"], max(least, int(quantity)))
