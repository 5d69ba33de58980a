"""What a planner's what-if asks, checked: what could happen to the plant, as a reader says it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.access.details import fault_words, moment_us
from dashboard.access.language import t
from twin.errors import SchemaError
from twin.plant import Plant

__all__ = [
    "CHANGES_MAX",
    "SCENARIOS_MAX",
    "PlanAsked",
    "changes_of",
    "parse_plan_asked",
    "refuse_impossible",
]

CHANGES_MAX = 8
SCENARIOS_MAX = 3
MOMENTS = frozenset({"due", "until", "start", "end"})
"""Fields that are times."""
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


Scenario = Annotated[list[Change], Field(min_length=1, max_length=CHANGES_MAX)]
"""All of it happens together."""


class PlanAsked(Part):
    """Scenarios that are compared with one another: answered as of one moment."""

    scenarios: Annotated[list[Scenario], Field(min_length=1, max_length=SCENARIOS_MAX)]


def parse_plan_asked(body: bytes) -> PlanAsked:
    """Raises SchemaError: field, got and want of the first fault, in the reader's words."""
    try:
        return PlanAsked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        named = [str(part) for part in first["loc"] if isinstance(part, str)]
        raise SchemaError(_said((named or ["scenario"])[-1], fault_words(first))) from error


def changes_of(scenario: Sequence[Change], zone: ZoneInfo) -> list[dict[str, Any]]:
    """As the planner takes them: moments in µs UTC. Raises SchemaError, in words."""
    found = []
    for change in scenario:
        values = change.model_dump()
        for name in MOMENTS & values.keys():
            try:
                values[name] = moment_us(values[name], zone)
            except ValueError as error:
                raise SchemaError(_said(name, str(error))) from error
        found.append(values)
    return found


def refuse_impossible(changes: Sequence[Mapping[str, Any]], plant: Plant, now_us: int) -> None:
    """Raises SchemaError, in words: a change names what there is not, or lies in the past.

    The planner refuses the same, in English: an address that was kept outlives what it names.
    """
    for change in changes:
        said = _CHECKS[change["kind"]](change, plant, now_us)
        if said:
            raise SchemaError(said)


def _rush(change: Mapping[str, Any], plant: Plant, _now_us: int) -> str:
    return "" if plant.product(change["product"]) else t("The plant makes no such product.")


def _down(change: Mapping[str, Any], plant: Plant, now_us: int) -> str:
    if not _is_machine(change, plant):
        return t("The plant has no such machine.")
    return "" if change["until"] > now_us else _said("until", t("This lies in the past."))


def _shift(change: Mapping[str, Any], plant: Plant, now_us: int) -> str:
    if all(line.id != change["line"] for line in plant.lines):
        return t("There is no such line.")
    if change["end"] <= change["start"]:
        return t("The shift ends before it begins.")
    return "" if change["end"] > now_us else _said("end", t("This lies in the past."))


def _postpone(change: Mapping[str, Any], plant: Plant, now_us: int) -> str:
    if not _is_machine(change, plant):
        return t("There is no such service.")
    return "" if change["start"] > now_us else _said("start", t("This lies in the past."))


_CHECKS = {"rush": _rush, "down": _down, "shift": _shift, "postpone": _postpone}


def _is_machine(change: Mapping[str, Any], plant: Plant) -> bool:
    return any(machine.id == change["machine"] for machine in plant.machines)


def _said(name: str, words: str) -> str:
    """With the name of the field as the form has it."""
    labels = {
        "product": t("Product"),
        "quantity": t("Quantity"),
        "due": t("Due"),
        "priority": t("Priority"),
        "machine": t("Machine"),
        "until": t("Until"),
        "line": t("Line"),
        "start": t("Start"),
        "end": t("End"),
        "service": t("Service"),
    }
    return f"{labels.get(name, name)}{t(': ')}{words}"
