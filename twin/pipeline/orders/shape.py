"""What the document of an order looks like: only that which its readers cannot do without."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from twin.pipeline.shapes import Loose, Time, Told

__all__ = ["ORDER"]


class _SetUp(Loose):
    machine: str | None
    start: Told | None
    end: Told | None


class _OrderStep(Loose):
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


class _Order(Loose):
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
