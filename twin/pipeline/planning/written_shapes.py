"""What documents of the plan and orders look like: of each only that which its readers cannot do
without."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

__all__ = ["ORDER", "ROWS", "SHAPES"]

Time = Annotated[int, Field(ge=0, le=250_000_000_000_000_000)]
"""µs UTC, of a year that calendars know."""
Told = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]
"""µs UTC as somebody's clock had it: the desk heals those that cannot be."""
Step = Annotated[int, Field(ge=0, le=10_000)]
Version = Annotated[int, Field(ge=0, le=2_000_000_000)]


class _Loose(BaseModel):
    """More than is asked for may stand there."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Operation(_Loose):
    order: str
    step: Step
    machine: str
    setup_start: Time | None = None
    start: Time
    end: Time


class _Service(_Loose):
    id: str
    machine: str
    crew: str | None = None
    start: Time
    end: Time


class _About(_Loose):
    order: str


class _Plan(_Loose):
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


class _PlanSuggestion(_Loose):
    id: str
    kind: Literal["plan"]
    state: str
    version: Version
    machine: None = None


class _ServiceSuggestion(_Loose):
    id: str
    kind: Literal["service"]
    state: str
    version: Version
    machine: str
    start: Time
    end: Time


_Suggestion = Annotated[_PlanSuggestion | _ServiceSuggestion, Field(discriminator="kind")]


class _Veto(_Loose):
    suggestion: str
    machine: str | None = None
    until: Time
    time: Time


class _Lock(_Loose):
    order: str
    step: Step
    machine: str
    start: Time


class _Accepted(_Loose):
    suggestion: str
    service: str
    who: str


class _Head(_Loose):
    version: Version
    made: Time


class _Slip(_Loose):
    name: str
    time: Time
    fault: str


class _Unserved(_Loose):
    machine: str
    saves: float
    why: Literal["part", "crew", "work"]
    until: Time | None


class _State(_Loose):
    unreadable: list[_Slip] = []
    unserved: list[_Unserved] = []
    compiling: bool = False


class _Point(_Loose):
    id: str
    terms: dict[str, float]


class _Front(_Loose):
    wish: str | None = None
    made: Time
    growing: bool = False
    objectives: list[str] | None = None
    points: list[_Point]


class _Wish(_Loose):
    id: str
    who: str
    seconds: float
    objectives: list[str] | None = None


class _SetUp(_Loose):
    machine: str | None
    start: Told | None
    end: Told | None


class _OrderStep(_Loose):
    state: Literal["waiting", "running", "done"]
    machine: str | None
    start: Told | None
    end: Told | None
    moved: Told | None = None
    setup: _SetUp | None = None
    quantity_done: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _began(self) -> Self:
        if self.state == "running" and self.start is None:
            raise ValueError("want a start of a step that runs")
        return self


class _Order(_Loose):
    id: str
    product: str
    quantity: Annotated[int, Field(ge=1, le=1_000_000_000)]
    release: Time
    due: Time
    priority: Annotated[int, Field(ge=1, le=5)]
    late_cost_h: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
    state: Literal["open", "done", "cancelled"]
    who: str
    note: str | None
    steps: Annotated[list[_OrderStep], Field(min_length=1, max_length=10_000)]
    added: Time | None = None
    closed: Told | None = None
    reason: str | None = None
    action: str | None = None
    cancel: str | None = None
    token: str | None = None


ORDER: TypeAdapter[Any] = TypeAdapter(_Order)
"""A document of kind "orders"."""

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
