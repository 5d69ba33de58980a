"""What a planner's what-if asks, checked: what could happen to the plant, as a reader says it."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.access.details import moment_us
from twin.errors import SchemaError

__all__ = ["CHANGES_MAX", "PlanAsked", "changes_of", "parse_plan_asked"]

CHANGES_MAX = 8
Name = Annotated[str, Field(min_length=1, max_length=80)]
Moment = Annotated[str, Field(min_length=1, max_length=40)]
"""An ISO time; without offset: of the plant's clocks."""


class Part(BaseModel):
    """Unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Rush(Part):
    """An order that nobody expected."""

    kind: Literal["rush"]
    product: Name
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]
    due: Moment
    priority: Annotated[int, Field(ge=1, le=5)] = 1


class Down(Part):
    """A machine that stands from now on."""

    kind: Literal["down"]
    machine: Name
    until: Moment


class Shift(Part):
    """A line that works when it would not."""

    kind: Literal["shift"]
    line: Name
    start: Moment
    end: Moment


class Postpone(Part):
    """A service that cannot be before a time."""

    kind: Literal["postpone"]
    service: Name
    machine: Name
    start: Moment


Change = Annotated[Rush | Down | Shift | Postpone, Field(discriminator="kind")]


class PlanAsked(Part):
    """One scenario: all of it happens together."""

    changes: Annotated[list[Change], Field(min_length=1, max_length=CHANGES_MAX)]


def parse_plan_asked(body: bytes) -> PlanAsked:
    """Raises SchemaError: key, got and want of the first fault."""
    try:
        return PlanAsked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "scenario"
        got = str(first["input"])[:40]
        raise SchemaError(f"{where}: got {got!r}, want: {first['msg']}") from error


def changes_of(asked: PlanAsked, zone: ZoneInfo) -> list[dict[str, Any]]:
    """As the planner takes them: moments in µs UTC. Raises SchemaError, in words."""
    found = []
    for change in asked.changes:
        values = change.model_dump()
        for name in ("due", "until", "start", "end"):
            if name in values:
                try:
                    values[name] = moment_us(values[name], zone)
                except ValueError as error:
                    raise SchemaError(f"{name}: {error}") from error
        found.append(values)
    return found
