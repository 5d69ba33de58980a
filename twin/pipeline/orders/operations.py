"""What a plant that is no simulation reports of its operations: begun, ended, so many pieces."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.details import OrderId
from twin.errors import DataError
from twin.pipeline.orders.orders import FIRST_US, SETUP_KINDS, Order, can_be
from twin.plant import Plant
from twin.types import Event

__all__ = ["KINDS", "Report", "event_of", "is_known"]

KINDS = {
    "start": "operation_start",
    "end": "operation_end",
    "progress": "order_progress",
    "setup": "setup",
    "setup_end": "setup_end",
}
AHEAD_US = 300_000_000
"""What is said to have happened later than now by more than this is a slip."""
BEFORE_US = 7 * 86_400_000_000
"""Work may have begun before its order was written down here, but not by more than this."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Report(BaseModel):
    """A line of what is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    order: OrderId
    step: Annotated[int, Field(ge=0)]
    """From 0."""
    kind: Literal["start", "end", "progress", "setup", "setup_end"]
    machine: str | None = None
    time: int | str | None = None
    """µs UTC or ISO 8601, without offset in the plant's zone; None: now."""
    quantity_done: Annotated[int, Field(ge=0)] | None = None


def event_of(
    given: Any, orders: Mapping[str, Order], plant: Plant, now_us: int, source: str
) -> Event:
    """The event of a report. Raises DataError: key, got and want."""
    try:
        report = Report.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "report"
        if fault["type"] == "missing":
            raise DataError(f"{where}: got none, want one") from None
        raise DataError(f"{where}: got {str(fault['input'])[:60]!r}, {fault['msg']}") from None
    time = now_us if report.time is None else _time(report.time, plant)
    order = _order(report, orders)
    machine = _machine(report, order, plant)
    if wrong := _time_fault(report, order, time, now_us, plant):
        raise DataError(f"time: got {time if report.time is None else report.time!r}, {wrong}")
    detail = {"order": report.order, "step": report.step, "machine": machine, "source": source}
    if report.kind == "progress":
        if report.quantity_done is None:
            raise DataError("quantity_done: got none, want the pieces done so far")
        detail["quantity_done"] = report.quantity_done
    return Event(time, KINDS[report.kind], machine, detail)


def is_known(event: Event, orders: Mapping[str, Order]) -> bool:
    """Whether the order says already what the event does: it was sent twice."""
    step = orders[event.detail["order"]]["steps"][event.detail["step"]]
    if event.kind in SETUP_KINDS:
        known = step.get("setup") or {}
        return bool(known.get("start" if event.kind == "setup" else "end") == event.time)
    told = {"operation_start": step["start"], "operation_end": step["end"]}
    if event.kind == "order_progress":
        return bool(step.get("quantity_done", -1) >= event.detail["quantity_done"])
    return bool(told[event.kind] == event.time and step["machine"] == event.machine_id)


def _order(report: Report, orders: Mapping[str, Order]) -> Order:
    """The order of a report, which has such a step."""
    order = orders.get(report.order)
    if order is None:
        raise DataError(f"order: got {report.order!r}, want one that there is")
    n_steps = len(order["steps"])
    if report.step >= n_steps:
        raise DataError(f"step: got {report.step}, want less than {n_steps}")
    return order


def _machine(report: Report, order: Order, plant: Plant) -> str:
    """The machine of a report; one that leaves it out means the one that it began on."""
    step = order["steps"][report.step]
    machine = report.machine or step["machine"] or (step.get("setup") or {}).get("machine")
    if machine is None:
        raise DataError("machine: got none, want the one that the step runs on")
    if all(m.id != machine for m in plant.machines):
        raise DataError(f"machine: got {machine!r}, want one of the plant")
    product = plant.product(order["product"])
    if product is not None and report.step < len(product.steps):
        able = [m.id for m in plant.alternatives(product.steps[report.step])]
        if machine not in able:
            raise DataError(f"machine: got {machine!r}, want one that can do it: {', '.join(able)}")
    return str(machine)


def _time_fault(report: Report, order: Order, time: int, now_us: int, plant: Plant) -> str:
    """What is wrong with a report's time, µs UTC; "" if nothing is."""
    if time > now_us + AHEAD_US:
        return "want none in the future"
    added = int(order.get("added", FIRST_US))
    if not can_be(time, order):
        if added < FIRST_US:  # the plant's own clock stands before it
            return f"want none before the order was added, {_clock_text(added, plant)}"
        return "want none before the year 2000: is the sender's clock set?"
    if time < added - BEFORE_US:
        since = _clock_text(added, plant)
        return f"want none more than seven days before the order was added, {since}"
    step = order["steps"][report.step]
    told = (step.get("setup") or {}) if KINDS[report.kind] in SETUP_KINDS else step
    start, end = told.get("start"), told.get("end")
    if report.kind in {"end", "setup_end"} and start is not None and time < start:
        return f"want none before its start, {_clock_text(start, plant)}"
    if report.kind in {"start", "setup"} and end is not None and time > end:
        return f"want none after its end, {_clock_text(end, plant)}"
    return ""


def _clock_text(time_us: int, plant: Plant) -> str:
    """By the plant's clock."""
    return (
        (_EPOCH + timedelta(microseconds=time_us)).astimezone(plant.zone).isoformat(" ", "seconds")
    )


def _time(given: int | str, plant: Plant) -> int:
    if isinstance(given, int):
        return given
    try:
        told = datetime.fromisoformat(given)
        when = told if told.tzinfo else told.replace(tzinfo=plant.zone)
        return (when - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise DataError(f"time: got {given!r}, want ISO 8601") from None
