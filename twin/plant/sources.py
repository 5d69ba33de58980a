"""Where readings come from: the tables under [source]."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from twin.plant.words import Strict

__all__ = ["GatewaySource", "ReplaySource", "SimulatorSource", "Source"]


class SimulatorSource(Strict):
    type: Literal["simulator"]
    seed: int = 1
    speed: Annotated[float, Field(gt=0)] = 1.0
    """Seconds of plant time in a second."""
    warmup_h: Annotated[float, Field(ge=0)] = 0.0
    """Hours of plant time sent at once at the first start, so that the twin is settled."""
    life_spread: Annotated[float, Field(ge=0, lt=1)] = 0.95
    """How far through its life the oldest machine is at the start; the others lie evenly below."""


class ReplaySource(Strict):
    """A CSV or Parquet file, long (a reading a line) or wide (a sample a line)."""

    type: Literal["replay"]
    path: str
    """The file; or a folder as `twin simulate` writes it, which needs no mapping."""
    events: str | None = None
    """CSV of failures and repairs beside it: columns time, kind, machine, mode. A repair begins
    the machine anew."""
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
    columns: dict[str, str] = Field(default={})
    """Column (or name in the long file's sensor column) → sensor or input id."""
    machines: dict[str, str] = Field(default={})
    """Name in the file → machine id, where they differ."""
    speed: Annotated[float, Field(ge=0)] = 1.0
    """Seconds of plant time in a second; 0: as fast as the twin follows."""
    step_s: Annotated[float, Field(gt=0)] = 3600.0
    """Plant time of a step where time_unit is 'step'."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"got {value!r}, want an IANA name such as 'Europe/Berlin'")
        return value


class GatewaySource(Strict):
    """Readings posted over HTTP; the token is read from the environment variable named here."""

    type: Literal["gateway"]
    token_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

    @field_validator("token_env")
    @classmethod
    def _not_a_setting(cls, value: str) -> str:
        if value.startswith("TWIN_"):
            raise ValueError(f"got {value!r}, want another name: TWIN_… are the settings")
        return value


Source = Annotated[SimulatorSource | ReplaySource | GatewaySource, Field(discriminator="type")]
