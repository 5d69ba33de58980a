"""Whether orders can be taken, changed and called off now: the desk's own rules, asked beforehand.

What a reader has on the screen may be half a second old; the desk has the last word.
"""

from typing import Any

from dashboard.access.checks import check
from dashboard.access.language import t
from dashboard.snapshot import Snapshot
from dashboard.states.alarms.alarm_words import refusal_text
from twin.pipeline.orders.orders import change_fault, order_fault

__all__ = ["can_add", "can_cancel_order", "can_change", "can_import"]

Detail = dict[str, Any]


@check("order.add")
def can_add(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """The plant makes the product, and the id is free."""
    return _words(_fault(snapshot, detail))


@check("order.import")
def can_import(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """One of them at least can be taken."""
    faults = [_fault(snapshot, order) for order in detail["orders"]]
    return _words("" if "" in faults else faults[0])


@check("order.change")
def can_change(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """It is open, and what was begun keeps its quantity and release."""
    return _words(change_fault(snapshot.orders.get(detail["order"]), detail))


@check("order.cancel")
def can_cancel_order(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """It is open."""
    order = snapshot.orders.get(detail["order"])
    if order is None:
        return _words("unknown_order")
    return _words("" if order["state"] == "open" else "order_not_open")


def _fault(snapshot: Snapshot, detail: Detail) -> str:
    return order_fault(snapshot.plant, snapshot.orders, detail, snapshot.plant_us)


def _words(code: str) -> str | None:
    return refusal_text(t, code) if code else None
