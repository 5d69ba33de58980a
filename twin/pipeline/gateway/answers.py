"""What the gateway answers about orders: as others see them, what was refused and why."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from twin.pipeline.gateway.door import Said
from twin.pipeline.orders.orders import Order
from twin.pipeline.orders.rows import WANTED, Fault, fault_text
from twin.sources.answers import Answer, wrong

__all__ = [
    "REFUSALS",
    "answer_to_change",
    "answer_to_post",
    "no_such_order",
    "public_order",
    "reject_of",
]

REPORTED_MAX = 1000
TIMES = ("release", "due", "added", "closed", "start", "end")
HIDDEN = ("action", "cancel", "token", "moved")
REFUSALS = {
    "order_not_open": "the order is done or cancelled, want one that is open",
    "order_started": "the order was begun, want its quantity and release as they are",
    "due_before_release": "want a time due after the release",
    "unknown_order": "want an order that there is",
}


def answer_to_change(said: Said, before: Order) -> Answer:
    """What the desk made of a change to an order."""
    if not said.folded:
        return Answer(202, public_order(before))
    if said.refused:
        code = next(iter(said.refused.values()))
        return wrong(409, code, REFUSALS.get(code, code))
    return Answer(200, public_order(said.orders[0])) if said.orders else no_such_order(before["id"])


def no_such_order(order_id: str) -> Answer:
    """404."""
    return wrong(404, "unknown_order", f"got order {order_id[:64]!r}, want one that there is")


def answer_to_post(
    status: int, orders: list[Order], rejects: list[dict[str, Any]], n: int
) -> Answer:
    """To a POST that brought in n orders; of rejects the first REPORTED_MAX are told."""
    body = {
        "accepted": n,
        "rejected": len({(r["index"], r["detail"] if r["index"] is None else "") for r in rejects}),
        "orders": [public_order(order) for order in orders],
        "rejects": rejects[:REPORTED_MAX],
    }
    return Answer(status, body)


def reject_of(number: int, fault: Fault) -> dict[str, Any]:
    """Why an order, by its place in what was sent, was not taken."""
    return {
        "index": number,
        "column": fault.column,
        "reason": fault.want,
        "got": fault.got,
        "want": WANTED[fault.want].format(about=fault.about),
        "detail": fault_text(fault),
    }


def public_order(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order as others see it: times as ISO 8601, nothing of our own."""
    steps = [_shown(step) for step in order["steps"]]
    return _shown(order) | {"steps": steps}


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """An order, a step, or how it was set up for."""
    told = {k: _when(v) if k in TIMES else v for k, v in record.items() if k not in HIDDEN}
    setup = record.get("setup")
    return told | ({"setup": _shown(setup)} if setup else {})


def _when(time_us: int | None) -> str | None:
    if time_us is None:
        return None
    try:
        moment = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):  # no calendar holds it
        return None
    return moment.isoformat().replace("+00:00", "Z")
