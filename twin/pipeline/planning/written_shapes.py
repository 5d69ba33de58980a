"""What documents of the plan look like: of each only that which its readers cannot do without."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from twin.pipeline.shapes import Loose, Step, Time

__all__ = ["ROWS", "SHAPES"]

Version = Annotated[int, Field(ge=0, le=2_000_000_000)]


class _Operation(Loose):
    order: str
    step: Step
    machine: str
    setup_start: Time | None = None
    start: Time
    end: Time


class _Service(Loose):
    id: str
    machine: str
    crew: str | None = None
    start: Time
    end: Time


class _About(Loose):
    order: str


class _Plan(Loose):
    version: Version
    made: Time
    start: Time
    end: Time
    why: str
    solver: str
    terms: dict[str, float]
    operations: list[_Operation]
    services: list[_Service]
    left_out: list[_About]


class _PlanSuggestion(Loose):
    id: str
    kind: Literal["plan"]
    state: str
    version: Version
    machine: None = None


class _Alternative(Loose):
    start: Time | None
    """None: not at all."""


class _ServiceSuggestion(Loose):
    id: str
    kind: Literal["service"]
    state: str
    version: Version
    machine: str
    start: Time
    end: Time
    made: Time | None = None
    alternatives: list[_Alternative] = Field(default_factory=list)


_Suggestion = Annotated[_PlanSuggestion | _ServiceSuggestion, Field(discriminator="kind")]


class _Veto(Loose):
    suggestion: str
    machine: str | None = None
    until: Time
    time: Time


class _Lock(Loose):
    order: str
    step: Step
    machine: str
    start: Time


class _Accepted(Loose):
    suggestion: str
    service: str
    who: str


class _Head(Loose):
    version: Version
    made: Time


class _Slip(Loose):
    name: str
    time: Time
    fault: str


class _Unserved(Loose):
    machine: str
    saves: float
    why: Literal["part", "crew", "work"]
    until: Time | None


class _State(Loose):
    unreadable: list[_Slip] = Field(default_factory=list)
    unserved: list[_Unserved] = Field(default_factory=list)
    compiling: bool = False


class _Point(Loose):
    id: str
    terms: dict[str, float]


class _Front(Loose):
    wish: str | None = None
    made: Time
    growing: bool = False
    objectives: list[str] | None = None
    points: list[_Point]


class _Wish(Loose):
    id: str
    who: str
    seconds: float
    objectives: list[str] | None = None


SHAPES: Mapping[str, TypeAdapter[Any]] = {
    **dict.fromkeys(
        ("in_force", "in_force_now", "in_force_before", "proposed"), TypeAdapter(_Plan)
    ),
    "suggestions": TypeAdapter(list[_Suggestion]),
    "decisions": TypeAdapter(dict[str, Any]),
    "versions": TypeAdapter(list[_Head]),
    "changes": TypeAdapter(dict[str, Any]),
    "planning": TypeAdapter(_State),
    "front": TypeAdapter(_Front),
    "front_wish": TypeAdapter(_Wish),
}


ROWS: Mapping[str, TypeAdapter[Any]] = {
    "vetoes": TypeAdapter(_Veto),
    "locks": TypeAdapter(_Lock),
    "accepted": TypeAdapter(_Accepted),
}
"""Lists of "decisions", read row by row."""
