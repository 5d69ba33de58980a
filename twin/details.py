"""What each kind of action needs to say besides verb, machine and person, checked."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "ORDERS_MAX",
    "AcceptSuggestion",
    "Acknowledge",
    "AdoptPlan",
    "Cancel",
    "CancelOrder",
    "ChangeOrder",
    "Comment",
    "CreateKiosk",
    "DeleteScenario",
    "Detail",
    "ExploreFront",
    "Failure",
    "ImportOrders",
    "LockOperation",
    "Move",
    "NewOrder",
    "Objective",
    "OneAlarm",
    "OneCalendar",
    "OneClass",
    "OneKiosk",
    "OrderId",
    "Plan",
    "Recalibrate",
    "Remove",
    "Repair",
    "SaveScenario",
    "Shelve",
    "Undo",
    "UnlockOperation",
    "VetoSuggestion",
]

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
LongName = Annotated[str, Field(min_length=1, max_length=120)]
Note = Annotated[str, Field(max_length=2000)]
Hours = Annotated[float, Field(gt=0, le=24 * 365)]
Time = Annotated[int, Field(ge=0, le=7_258_118_400_000_000)]
"""µs UTC of the plant, before the year 2200: what no calendar holds would stop every screen."""
OrderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
Step = Annotated[int, Field(ge=0, le=1000)]
Priority = Annotated[int, Field(ge=1, le=5)]
"""1 is the most urgent, 3 usual."""
Objective = Literal["makespan", "tardiness", "risk", "energy", "changeover", "idle", "stability"]
ORDERS_MAX = 1000
"""Orders that one action brings in."""


class Detail(BaseModel):
    """What an action says besides verb, machine and person; unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Acknowledge(Detail):
    alarms: Annotated[list[Name], Field(min_length=1, max_length=1000)]
    note: Note = ""


class Shelve(Detail):
    alarm: Name
    hours: Annotated[float, Field(gt=0, le=24 * 31)] | None
    """Plant hours until it returns by itself; None: until it clears (one shot)."""
    reason: Words


class OneAlarm(Detail):
    alarm: Name


class Remove(Detail):
    alarm: Name
    reason: Words


class Failure(Detail):
    mode: Name | None = None
    time: Time | None = None
    """When it happened; None: now."""
    note: Note = ""


class Repair(Detail):
    mode: Name | None = None
    time: Time | None = None
    note: Note = ""
    planned: bool = False
    service: Name | None = None
    """The planned service that this was."""


class Comment(Detail):
    text: Words


class Plan(Detail):
    start: Time
    duration_h: Hours
    mode: Name | None = None
    note: Note = ""


class Move(Detail):
    service: Name
    start: Time
    duration_h: Hours


class Cancel(Detail):
    service: Name
    reason: Words


class Undo(Detail):
    action: Name
    """Id of the action that is taken back."""


class Recalibrate(Detail):
    class_id: Name
    version: Annotated[int, Field(ge=0)]
    """The model that it was worked out for."""
    a: float
    b: Annotated[float, Field(gt=0)]
    """logit P' = a + b·logit P"""


class SaveScenario(Detail):
    name: Name
    document: dict[str, Any]


class DeleteScenario(Detail):
    scenario: Name


class OneClass(Detail):
    class_id: Name


class CreateKiosk(Detail):
    name: Name
    document: dict[str, Any]


class OneKiosk(Detail):
    kiosk: Name


class OneCalendar(Detail):
    crew: Name


class NewOrder(Detail):
    """An order as it comes in, by hand, from a file or over HTTP."""

    product: Name
    quantity: Quantity
    due: Time
    release: Time | None = None
    """Not begun before; None: now."""
    priority: Priority = 3
    note: Note = ""
    id: OrderId | None = None
    """None: the desk gives it a number."""


class ImportOrders(Detail):
    orders: Annotated[list[NewOrder], Field(min_length=1, max_length=ORDERS_MAX)]


class ChangeOrder(Detail):
    """What is None stays as it is."""

    order: OrderId
    quantity: Quantity | None = None
    release: Time | None = None
    due: Time | None = None
    priority: Priority | None = None
    note: Note | None = None


class CancelOrder(Detail):
    order: OrderId
    reason: Words


class ExploreFront(Detail):
    seconds: Annotated[float, Field(ge=5, le=600)] = 60.0
    """Wall time for the search."""
    objectives: list[Objective] | None = None
    """What is traded; None: all that is money. A front without tardiness leaves all orders out."""

    @model_validator(mode="after")
    def _several(self) -> Self:
        names = self.objectives
        if names is not None and (
            len(set(names)) != max(2, len(names)) or "tardiness" not in names
        ):
            raise ValueError("tardiness and at least one other, each once")
        return self


class AcceptSuggestion(Detail):
    suggestion: LongName
    start: Time | None = None
    """None: as suggested."""
    crew: Name | None = None


class VetoSuggestion(Detail):
    suggestion: LongName
    reason: Words
    hours: Annotated[float, Field(gt=0, le=24 * 31)] | None = None
    """Plant hours for which it does not come back; None: as is usual."""


class AdoptPlan(Detail):
    """A plan by its version, or one of the front by its point."""

    version: Annotated[int, Field(ge=1)] | None = None
    point: Name | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.version is None and self.point is None:
            raise ValueError("a version or a point")
        return self


class LockOperation(Detail):
    order: OrderId
    step: Step
    machine: Name
    start: Time


class UnlockOperation(Detail):
    order: OrderId
    step: Step
