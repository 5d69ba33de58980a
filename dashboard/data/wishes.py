"""What a what-if page asks, checked: scenarios as a reader makes, shares and saves them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.core.whatif import Change, Scenario
from twin.errors import SchemaError
from twin.plant import MachineClass

__all__ = ["SCENARIOS_MAX", "Asked", "Held", "Limits", "Wish", "parse_asked", "scenario_of"]

SCENARIOS_MAX = 4


class Part(BaseModel):
    """A table of what is asked: unknown keys and numbers that are not finite are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Hours = Annotated[float, Field(ge=0, le=24 * 365)]


class Held(Part):
    """An input takes a value, hours from now."""

    value: float
    from_h: Hours = 0.0


class Limits(Part):
    """Limits of a sensor in place of its own; None: its own."""

    low: float | None = None
    high: float | None = None


class Wish(Part):
    """One scenario as a reader makes and saves it."""

    name: Annotated[str, Field(max_length=80)] = ""
    inputs: Annotated[dict[str, Held], Field(max_length=32)] = {}
    service: Literal["planned", "none"] | Hours = "planned"
    """Hours from now; "planned": as the desk has it."""
    limits: Annotated[dict[str, Limits], Field(max_length=32)] = {}


class Asked(Part):
    """What a page sends."""

    machine: str
    sensor: str = ""
    scenarios: Annotated[list[Wish], Field(max_length=SCENARIOS_MAX)] = []


def parse_asked(body: bytes) -> Asked:
    """Raises SchemaError naming every field, got and want."""
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SchemaError("; ".join(faults)) from error


def scenario_of(
    wish: Wish, machine_class: MachineClass, planned: float | None, step_h: float
) -> Scenario:
    """A reader's wish in steps of the model; planned: the service that stands, steps from now."""
    changes = tuple(
        Change(machine_class.input_ids.index(name), held.value, held.from_h / step_h)
        for name, held in wish.inputs.items()
    )
    if wish.service == "planned":
        return Scenario(changes, planned)
    return Scenario(changes, None if wish.service == "none" else wish.service / step_h)
