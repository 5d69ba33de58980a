"""With what the plant works: sites, crews and their shifts, spare parts, power, open times."""

from typing import Annotated

from pydantic import Field

from twin.plant.words import Key, Strict, Text
from twin.plant.working import Weekly

__all__ = ["Crew", "Energy", "Part", "Service", "Shift", "Site", "Tariff", "Transport"]

Price = Annotated[float, Field(ge=0, le=1e6)]


class Site(Strict):
    id: Key
    name: Text = ""


class Transport(Strict):
    """How long a piece is on its way between two sites, either way; or within one, from it to
    itself."""

    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]
    minutes: Annotated[float, Field(ge=0, le=525_600)]


class Crew(Strict):
    """People who service machines; a crew does one service at a time."""

    id: Key
    name: Text = ""
    skills: list[Key] = Field(default=[])
    sites: list[str] = Field(default=[])
    """Where it works; none: everywhere."""
    shifts: list[Weekly] = Field(alias="shift", default=[])
    """When it works; none: always. A pause of the plant stops production alone: who does not work
    in it has no shift then."""
    in_closures: bool = False
    """Whether it works its shifts on holidays and in shutdowns too, unless one names it."""


class Part(Strict):
    """A spare part: how many lie in the store when nothing is on its way, and how long one takes
    that is ordered now."""

    id: Key
    name: Text = ""
    stock: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    lead_days: Annotated[float, Field(ge=0, le=3650)] = 0.0
    reorder: bool = True
    """Whether each piece that is taken is ordered again at once, and so is back lead_days later;
    false: what was taken is gone."""


class Service(Strict):
    """What a planned service of a class needs."""

    skill: Key | None = None
    part: str | None = None
    hours: Annotated[float, Field(gt=0, le=24 * 365)] | None = None
    """How long it takes; None: the class's costs.planned_h."""


class Tariff(Weekly):
    price: Price


class Energy(Strict):
    """Money for a kWh: a price, and other prices at times of the week; the later table wins."""

    price: Price
    tariffs: list[Tariff] = Field(alias="tariff", default=[])


class Shift(Weekly):
    """When lines are open; a line that no shift names is always open but for the plant's pauses."""

    lines: Annotated[list[str], Field(min_length=1)]
