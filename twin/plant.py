"""The plant as its owner describes it in plant.toml: lines, classes of machine, machines.

Pure description: no state, no store. Slots (row numbers) are given out by the catalogue.
"""

import tomllib
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twin.core.rows import MAX_LANES
from twin.core.view import N_MODES
from twin.errors import SchemaError

__all__ = [
    "AlarmLimits",
    "Costs",
    "FailureMode",
    "Input",
    "Line",
    "Machine",
    "MachineClass",
    "Plant",
    "PlantFile",
    "Sensor",
    "Text",
    "TwinSettings",
    "faults",
    "load_plant",
]

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Text = str | dict[Literal["en", "zh"], str]
"""A name as it is, or one a language."""


class Strict(BaseModel):
    """A table in which an unknown key is a fault, because it is usually a misspelt one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AlarmLimits(Strict):
    """Limits in the sensor's unit. An alarm comes after on_delay_s beyond a limit without break,
    goes after off_delay_s back within it by deadband (ISA-18.2, §10)."""

    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None
    deadband: Annotated[float, Field(ge=0)] = 0.0
    on_delay_s: Annotated[float, Field(ge=0)] = 0.0
    off_delay_s: Annotated[float, Field(ge=0)] = 0.0
    priority: Literal[1, 2, 3] = 2

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        given = [v for v in (self.low_low, self.low, self.high, self.high_high) if v is not None]
        if any(a >= b for a, b in pairwise(given)):
            raise ValueError(
                f"limits are {given}, want them rising: low_low < low < high < high_high"
            )
        return self


class Sensor(Strict):
    id: Key
    name: Text = ""
    unit: str = ""
    normal: tuple[float, float]
    """Range of the healthy machine, drawn as the bar's middle."""
    alarm: AlarmLimits = AlarmLimits()

    @field_validator("normal")
    @classmethod
    def _rising(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] >= value[1]:
            raise ValueError(f"got {list(value)}, want [low, high] with low < high")
        return value


class Input(Strict):
    """What is done to the machine rather than measured on it: load, speed, ambient."""

    id: Key
    name: Text = ""
    unit: str = ""
    range: tuple[float, float]


class FailureMode(Strict):
    id: Key
    name: Text = ""
    consequence: Text = ""
    response: Text = ""


class Costs(Strict):
    """Money in the plant's currency; durations in hours."""

    planned: Annotated[float, Field(ge=0)] = 1000.0
    unplanned: Annotated[float, Field(ge=0)] = 10000.0
    planned_h: Annotated[float, Field(ge=0)] = 4.0
    unplanned_h: Annotated[float, Field(ge=0)] = 24.0
    output_per_h: Annotated[float, Field(ge=0)] = 0.0
    """Value of what the machine makes in an hour: lost while it stands."""


Matrix = list[list[float]]


class TwinSettings(Strict):
    family: Literal["trend", "linear"] = "trend"
    gate: Annotated[float, Field(gt=0, lt=1)] = 0.9999
    """Probability under which a reading's χ² must lie to be believed."""
    F: Matrix | None = None
    B: Matrix | None = None
    H: Matrix | None = None
    Q: Matrix | None = None
    R: Matrix | None = None

    @model_validator(mode="after")
    def _matrices(self) -> Self:
        if self.family == "trend":
            given = [k for k in "FBHQR" if getattr(self, k) is not None]
            if given:
                raise ValueError(
                    f"family 'trend' learns its matrices, got {given}; want family 'linear'"
                )
            return self
        missing = [k for k in "FHQR" if getattr(self, k) is None]
        if missing:
            raise ValueError(f"family 'linear' wants F, H, Q and R, missing {missing}")
        return self


class MachineClass(Strict):
    name: Text = ""
    period_s: Annotated[float, Field(gt=0)]
    """Expected time between two samples; stale after three."""
    step_s: Annotated[float, Field(gt=0)] = 3600.0
    """Unit of the model's time: slopes are per step, hazards per step, ages in steps."""
    sensors: Annotated[list[Sensor], Field(alias="sensor", min_length=1)]
    inputs: list[Input] = Field(alias="input", default=[])
    modes: Annotated[list[FailureMode], Field(alias="failure_mode", max_length=N_MODES)] = []
    twin: TwinSettings = TwinSettings()
    costs: Costs = Costs()

    @model_validator(mode="after")
    def _lanes(self) -> Self:
        ids = [*self.sensor_ids, *self.input_ids]
        if len(ids) > MAX_LANES:
            raise ValueError(f"{len(ids)} sensors and inputs, want at most {MAX_LANES}")
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"sensor or input ids used twice: {twice}")
        return self

    @property
    def sensor_ids(self) -> list[str]:
        return [s.id for s in self.sensors]

    @property
    def input_ids(self) -> list[str]:
        return [u.id for u in self.inputs]

    @property
    def lane_ids(self) -> list[str]:
        """Order of the values in a row: sensors, then inputs."""
        return [*self.sensor_ids, *self.input_ids]


class Line(Strict):
    id: Key
    name: Text = ""


class Overrides(Strict):
    """What one machine has otherwise than its class."""

    costs: Costs | None = None
    sensor: dict[str, Sensor] = {}


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
    simulated: bool = False

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"got {value!r}, want an IANA name such as 'Europe/Berlin'")
        return value


class SimulatorSource(Strict):
    type: Literal["simulator"]
    seed: int = 1
    speed: Annotated[float, Field(gt=0)] = 1.0
    """Seconds of plant time in a second."""


class ReplaySource(Strict):
    """A CSV or Parquet file, long (a reading a line) or wide (a sample a line)."""

    type: Literal["replay"]
    path: str
    layout: Literal["wide", "long"] = "wide"
    machine: str = "machine"
    """Column that names the machine."""
    time: str = "time"
    """Column of the source time: ISO 8601, or a number in `time_unit` since `epoch`."""
    time_unit: Literal["iso", "s", "ms", "us", "step"] = "iso"
    epoch: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    timezone: str = "UTC"
    """Zone of times that carry none."""
    sensor: str = "sensor"
    value: str = "value"
    quality: str | None = None
    columns: dict[str, str] = {}
    """Column (or name in the long file's sensor column) → sensor or input id."""
    machines: dict[str, str] = {}
    """Name in the file → machine id, where they differ."""
    speed: Annotated[float, Field(ge=0)] = 1.0
    """Seconds of plant time in a second; 0: as fast as the twin follows."""


class GatewaySource(Strict):
    """Readings posted over HTTP; the token is read from the environment variable named here."""

    type: Literal["gateway"]
    token_env: str


Source = Annotated[SimulatorSource | ReplaySource | GatewaySource, Field(discriminator="type")]


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


def faults(document: dict[str, Any]) -> list[str]:
    """Every fault of a parsed plant file as 'key: got …, want …', all at once; [] if none."""
    raise_on = _schema_faults(document)
    return raise_on or _reference_faults(PlantFile.model_validate(document))


def load_plant(path: Path) -> Plant:
    """Read and check plant.toml. Raises SchemaError: file, key, got and want of every fault."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: not TOML: {error}") from error
    found = faults(document)
    if found:
        raise SchemaError("\n".join(f"{path}: {fault}" for fault in found))
    return Plant.model_validate(document)


def _schema_faults(document: dict[str, Any]) -> list[str]:
    try:
        PlantFile.model_validate(document)
    except ValidationError as error:
        return [_sentence(e["loc"], e["msg"], e["input"], e["type"]) for e in error.errors()]
    return []


def _sentence(loc: tuple[int | str, ...], message: str, got: object, kind: str) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(
        "."
    )
    want = message.removeprefix("Value error, ")
    if kind in {"missing", "extra_forbidden", "value_error"}:
        return f"{where}: {want}"
    return f"{where}: got {got!r}, want: {want}"


def _reference_faults(plant: PlantFile) -> list[str]:
    lines = {line.id for line in plant.lines}
    found = [f"line: id {i!r} used twice" for i in _repeated([x.id for x in plant.lines])]
    found += [f"machine: id {i!r} used twice" for i in _repeated([m.id for m in plant.machines])]
    for n, machine in enumerate(plant.machines):
        where = f"machine[{n}] {machine.id!r}"
        if machine.line not in lines:
            found.append(f"{where}.line: got {machine.line!r}, want one of {sorted(lines)}")
        if machine.class_id not in plant.classes:
            found.append(
                f"{where}.class: got {machine.class_id!r}, want one of {sorted(plant.classes)}"
            )
            continue
        known = set(plant.classes[machine.class_id].sensor_ids)
        for sensor in sorted(set(machine.overrides.sensor) - known):
            found.append(f"{where}.overrides.sensor: got {sensor!r}, want one of {sorted(known)}")
    return found


def _repeated(ids: list[str]) -> list[str]:
    return sorted({i for i in ids if ids.count(i) > 1})
