"""What the plant makes and on what: products, their steps, and setting up between families."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from twin.plant.words import Key, Strict, Text

__all__ = ["Changeover", "OwnTime", "Product", "Step"]

Minutes = Annotated[float, Field(ge=0, le=525_600)]
Power = Annotated[float, Field(ge=0, le=1e6)]
STEPS_MAX = 50


class OwnTime(Strict):
    """A machine on which a step takes its own time or power; it needs not be named twice."""

    id: str
    minutes: Annotated[Minutes, Field(gt=0)] | None = None
    power_kw: Power | None = None


class Step(Strict):
    """One step of a product, on any one machine of a class, of a list, or with its own time."""

    name: Text = ""
    class_id: Annotated[str | None, Field(alias="class")] = None
    machines: list[str] = Field(default=[])
    minutes: Annotated[Minutes, Field(gt=0)]
    """Work of one piece."""
    fixed_minutes: Minutes = 0.0
    """Work of an order besides its pieces; changing the family is a changeover, not this."""
    power_kw: Power = 0.0
    """Drawn while it works."""
    own: list[OwnTime] = Field(alias="machine", default=[])

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.class_id is None and not self.machines and not self.own:
            raise ValueError(
                "got neither class nor machines, want a class, a list of machines or tables "
                "[[product.step.machine]]"
            )
        if self.class_id is not None and self.machines:
            raise ValueError(
                f"got class {self.class_id!r} and machines {self.machines}, want one of them"
            )
        return self

    def minutes_for(self, quantity: float, machine_id: str) -> float:
        """Work of so many pieces on one machine, setting up left out."""
        own = next((o.minutes for o in self.own if o.id == machine_id), None)
        return self.fixed_minutes + quantity * (self.minutes if own is None else own)

    def power_on(self, machine_id: str) -> float:
        """kW drawn while it works on one machine."""
        own = next((o.power_kw for o in self.own if o.id == machine_id), None)
        return self.power_kw if own is None else own


class Product(Strict):
    id: Key
    name: Text = ""
    family: Key
    """Products of one family follow each other on a machine without a changeover."""
    late_cost_h: Annotated[float, Field(ge=0)] | None = None
    """Money for each hour that an order of usual priority is late; None: the plant's."""
    steps: Annotated[list[Step], Field(alias="step", min_length=1, max_length=STEPS_MAX)]


class Changeover(Strict):
    """Setting up machines of a class from one family for another; "*" is any.

    The rule that names more families wins, of two alike the later; what no rule names takes no
    time, nor does staying in a family.
    """

    class_id: Annotated[str, Field(alias="class")]
    before: Annotated[str, Field(alias="from")] = "*"
    after: Annotated[str, Field(alias="to")] = "*"
    minutes: Minutes

    def rank(self, before: str, after: str) -> int:
        """How many of two families it names; -1: it is not about them."""
        pairs = ((self.before, before), (self.after, after))
        if any(named not in {"*", family} for named, family in pairs):
            return -1
        return sum(named != "*" for named, _ in pairs)
