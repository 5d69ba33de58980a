"""The plant file: lines, machines and what they are made of, with every reference checked."""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from twin.plant.machine_class import AlarmLimits, Costs, MachineClass, Sensor
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
