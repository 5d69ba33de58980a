"""What the plant's owner holds dear in a plan: weights of its objectives, or an order of them."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from twin.plant.words import Strict

__all__ = ["Objective", "Objectives"]

Objective = Literal[
    "makespan_h", "idle_h", "tardiness", "risk", "energy", "changeover", "stability"
]
MoneyAnHour = Annotated[float, Field(ge=0, le=1e6)]
Factor = Annotated[float, Field(ge=0, le=1e3)]
BEFORE_TARDINESS = frozenset({"risk", "stability"})
"""In any other objective the best plan is one in which there is nothing."""


class Objectives(Strict):
    """As it is, a plan is judged by its money alone: every factor 1, hours without a price."""

    makespan_h: MoneyAnHour = 0.0
    """Money for each hour until everything is done."""
    idle_h: MoneyAnHour = 0.0
    """Money for each hour that a machine is open, within what is planned on it, and makes nothing:
    what utilisation lacks. Setting up makes nothing; a service counts as use."""
    tardiness: Annotated[float, Field(gt=0, le=1e3)] = 1.0
    """Factor on the late cost of orders; never 0, because nothing would then be made."""
    risk: Factor = 1.0
    energy: Factor = 1.0
    changeover: Factor = 1.0
    stability: Factor = 1.0
    """Factor on what it is made to cost to move the plan in force."""
    order: list[Objective] = Field(max_length=4, default=[])
    """First things first; what is not named comes after, by its money. None: money alone."""
    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share by which two plans may differ in an objective of `order` and still be alike in it."""

    @field_validator("order")
    @classmethod
    def _sound(cls, order: list[Objective]) -> list[Objective]:
        twice = sorted({name for name in order if order.count(name) > 1})
        if twice:
            raise ValueError(f"got {', '.join(map(repr, twice))} more than once, want each once")
        before = order[: order.index("tardiness")] if "tardiness" in order else order
        early = [name for name in before if name not in BEFORE_TARDINESS]
        if early:
            raise ValueError(
                f"got {early[0]!r} without 'tardiness' before it, want 'tardiness' first: "
                "a plan that leaves all orders out would be the best at it"
            )
        return order
