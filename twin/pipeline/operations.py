"""What a plant that is no simulation reports of its operations: begun, ended, so many pieces."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.actions import OrderId
from twin.errors import DataError
from twin.pipeline.orders import SETUP_KINDS, Order
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
        raise DataError(f"{where}: got {str(fault['input'])[:60]!r}, {fault['msg']}") from None
    time = now_us if report.time is None else _time(report.time, plant)
    if time > now_us + AHEAD_US:
        raise DataError(f"time: got {report.time!r}, want none in the future")
    machine = _machine(report, orders, plant)
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


def _machine(report: Report, orders: Mapping[str, Order], plant: Plant) -> str:
    """The machine of a report; one that leaves it out means the one that it began on."""
    order = orders.get(report.order)
    if order is None:
        raise DataError(f"order: got {report.order!r}, want one that there is")
    n_steps = len(order["steps"])
    if report.step >= n_steps:
        raise DataError(f"step: got {report.step}, want less than {n_steps}")
    step = order["steps"][report.step]
    machine = report.machine or step["machine"] or (step.get("setup") or {}).get("machine")
    if machine is None:
        raise DataError("machine: got none, want the one that the step runs on")
    if all(m.id != machine for m in plant.machines):
        raise DataError(f"machine: got {machine!r}, want one of the plant")
    return str(machine)


def _time(given: int | str, plant: Plant) -> int:
    if isinstance(given, int):
        return given
    try:
        told = datetime.fromisoformat(given)
        when = told if told.tzinfo else told.replace(tzinfo=plant.zone)
        return (when - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise DataError(f"time: got {given!r}, want ISO 8601") from None
