"""What a class of machines has in common: lanes, limits, failure modes, costs, twin settings."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from twin.core.rows import MAX_LANES
from twin.core.view import N_MODES
from twin.plant.resources import Service
from twin.plant.twin_settings import TwinSettings
from twin.plant.words import Key, Strict, Text

__all__ = [
    "AlarmLimits",
    "Costs",
    "FailureMode",
    "Input",
    "MachineClass",
    "Production",
    "Quality",
    "Sensor",
]


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
                f"got limits {given}, want them rising: low_low < low < high < high_high"
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


class Quality(Strict):
    """Tolerance of a sensor within which what the machine makes is good."""

    sensor: str
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("got neither low nor high, want at least one limit of the tolerance")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"got low {self.low} and high {self.high}, want low < high")
        return self


class Production(Strict):
    """What the class produces, for OEE (ISO 22400-2); machines without it produce nothing."""

    rate: str
    """Sensor or input that says how fast the machine produces."""
    ideal: Annotated[float, Field(gt=0)]
    """Its value at the nominal rate."""
    running_above: Annotated[float, Field(ge=0)] = 0.0
    """Value above which the machine produces."""
    quality: Quality | None = None
    """None: quality is not measured, and OEE only known from above."""


class MachineClass(Strict):
    name: Text = ""
    period_s: Annotated[float, Field(gt=0)]
    """Expected time between two samples; stale after three."""
    step_s: Annotated[float, Field(gt=0)] = 3600.0
    """Unit of the model's time: slopes are per step, hazards per step, ages in steps."""
    sensors: Annotated[list[Sensor], Field(alias="sensor", min_length=1)]
    inputs: list[Input] = Field(alias="input", default=[])
    modes: Annotated[list[FailureMode], Field(alias="failure_mode", max_length=N_MODES, default=[])]
    twin: TwinSettings = TwinSettings()
    costs: Costs = Costs()
    production: Production | None = None
    service: Service = Service()
    setup_cost_h: Annotated[float, Field(ge=0)] | None = None
    """Money for an hour of setting up one of its machines; None: the plant's."""

    @model_validator(mode="after")
    def _produces(self) -> Self:
        made = self.production
        if made is not None and made.rate not in self.lane_ids:
            raise ValueError(
                f"got production.rate {made.rate!r}, want one of {', '.join(self.lane_ids)}"
            )
        quality = made.quality if made is not None else None
        if quality is not None and quality.sensor not in self.sensor_ids:
            want = ", ".join(self.sensor_ids)
            raise ValueError(
                f"got production.quality.sensor {quality.sensor!r}, want one of {want}"
            )
        return self

    @model_validator(mode="after")
    def _lanes(self) -> Self:
        ids = [*self.sensor_ids, *self.input_ids]
        if len(ids) > MAX_LANES:
            raise ValueError(f"got {len(ids)} sensors and inputs, want at most {MAX_LANES}")
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"got sensor or input ids {twice} twice, want each once")
        return self

    @model_validator(mode="after")
    def _shapes(self) -> Self:
        linear = self.twin.family == "linear"
        found = self.twin.shape_faults(len(self.sensors), len(self.inputs)) if linear else []
        if found:
            raise ValueError("twin." + "; twin.".join(found))
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
