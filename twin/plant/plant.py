"""The plant file: lines, machines and what they are made of, with every reference checked."""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from twin.plant.closures import Closure
from twin.plant.machine_class import AlarmLimits, Costs, MachineClass, Sensor
from twin.plant.objectives import Objectives
from twin.plant.products import Changeover, Product, Step
from twin.plant.resources import Crew, Energy, Part, Shift, Site, Transport
from twin.plant.sources import Source
from twin.plant.words import Key, Strict, Text
from twin.plant.working import Pause, Targets, Time

__all__ = [
    "Line",
    "Machine",
    "Overrides",
    "Plant",
    "PlantFile",
    "PlantHead",
    "SensorOverride",
]


class Line(Strict):
    id: Key
    name: Text = ""
    site: str | None = None
    """Where it stands; needed where there is more than one site."""


class SensorOverride(Strict):
    """A machine's own range or limits for a sensor; what is not given is its class's."""

    normal: tuple[float, float] | None = None
    alarm: AlarmLimits | None = None

    def of(self, sensor: Sensor) -> Sensor:
        """The class's sensor as this machine has it."""
        given = {k: v for k in ("normal", "alarm") if (v := getattr(self, k)) is not None}
        return sensor.model_copy(update=given)


class Overrides(Strict):
    """What one machine has otherwise than its class."""

    costs: Costs | None = None
    sensor: dict[str, SensorOverride] = Field(default={})


class Machine(Strict):
    id: Key
    name: Text = ""
    class_id: Annotated[str, Field(alias="class")]
    line: str
    position: Annotated[int, Field(ge=0)] = 0
    commissioned: date | datetime = date(2020, 1, 1)
    overrides: Overrides = Overrides()

    @property
    def commissioned_us(self) -> int:
        """Start of the machine's first age, µs UTC; a bare date or time is UTC."""
        day = self.commissioned
        moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(aware.timestamp() * 1_000_000)


class PlantHead(Strict):
    name: Text
    timezone: str = "UTC"
    currency: str = "EUR"
    shift_h: Annotated[float, Field(gt=0, le=24)] = 8.0
    shift_start: Time = "06:00"
    """When the first shift of a day begins, by the plant's clock."""
    simulated: bool = False
    setup_cost_h: Annotated[float, Field(ge=0)] = 0.0
    """Money for an hour of setting up a machine."""
    late_cost_h: Annotated[float, Field(ge=0)] = 50.0
    """Money for each hour that an order of usual priority is late."""
    targets: Targets = Targets()
    pauses: list[Pause] = Field(alias="pause", default=[])
    """Weekly times at which nobody plans to produce."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"got {value!r}, want an IANA name such as 'Europe/Berlin'")
        return value


class PlantFile(Strict):
    """plant.toml as written; `Plant` is the same with its cross-references checked."""

    plant: PlantHead
    lines: Annotated[list[Line], Field(alias="line", min_length=1)]
    classes: Annotated[dict[Key, MachineClass], Field(alias="class", min_length=1)]
    machines: Annotated[list[Machine], Field(alias="machine", min_length=1)]
    sources: dict[Key, Source] = Field(alias="source", default={})
    sites: list[Site] = Field(alias="site", default=[])
    transports: list[Transport] = Field(alias="transport", default=[])
    products: list[Product] = Field(alias="product", default=[])
    changeovers: list[Changeover] = Field(alias="changeover", default=[])
    crews: list[Crew] = Field(alias="crew", default=[])
    parts: list[Part] = Field(alias="part", default=[])
    shifts: list[Shift] = Field(alias="shift", default=[])
    closures: list[Closure] = Field(alias="closure", default=[])
    energy: Energy | None = None
    """What a kWh costs; None: energy costs nothing."""
    objectives: Objectives = Objectives()


class Plant(PlantFile):
    """A checked plant: every reference resolves, every id is unique."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plant.timezone)

    def class_of(self, machine: Machine) -> MachineClass:
        return self.classes[machine.class_id]

    def machines_of(self, class_id: str) -> list[Machine]:
        return [m for m in self.machines if m.class_id == class_id]

    def costs_of(self, machine: Machine) -> Costs:
        return machine.overrides.costs or self.class_of(machine).costs

    def sensors_of(self, machine: Machine) -> list[Sensor]:
        """Sensors of one machine, its own ranges and limits in place of the class's."""
        own = machine.overrides.sensor
        return [own[s.id].of(s) if s.id in own else s for s in self.class_of(machine).sensors]

    def product(self, product_id: str) -> Product | None:
        return next((p for p in self.products if p.id == product_id), None)

    def alternatives(self, step: Step) -> list[Machine]:
        """The machines that can do a step, as the plant lists them."""
        named = {*step.machines, *(own.id for own in step.own)}
        return [m for m in self.machines if m.id in named or m.class_id == step.class_id]

    def changeover_minutes(self, class_id: str, before: str, after: str) -> float:
        """Time to set a machine of a class up from one family for another; see Changeover."""
        if before == after:
            return 0.0
        best, minutes = -1, 0.0
        for rule in self.changeovers:
            rank = rule.rank(before, after) if rule.class_id == class_id else -1
            if rank >= max(best, 0):
                best, minutes = rank, rule.minutes
        return minutes

    def setup_cost_h(self, machine: Machine) -> float:
        own = self.class_of(machine).setup_cost_h
        return self.plant.setup_cost_h if own is None else own

    def late_cost_h(self, product: Product, priority: int) -> float:
        """Money for each hour that an order is late: twice as much a step of priority, 3 being
        usual and 1 the most urgent."""
        usual = self.plant.late_cost_h if product.late_cost_h is None else product.late_cost_h
        return float(usual * 2.0 ** (3 - priority))
