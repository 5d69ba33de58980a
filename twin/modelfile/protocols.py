"""What a model needs to know of a machine class: `twin.plant.MachineClass` is one such.

Said as protocols, so that models do not depend on how a plant is described."""

from collections.abc import Sequence
from typing import Protocol

__all__ = ["ClassLike", "InputLike", "Limits", "SensorLike", "TwinLike"]


class Limits(Protocol):
    """Alarm limits of a sensor, as the plant file has them."""

    @property
    def low_low(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def high_high(self) -> float | None: ...
    @property
    def deadband(self) -> float: ...
    @property
    def on_delay_s(self) -> float: ...
    @property
    def off_delay_s(self) -> float: ...


class SensorLike(Protocol):
    """A sensor as the plant file has it."""

    @property
    def normal(self) -> tuple[float, float]: ...
    @property
    def alarm(self) -> Limits: ...


class InputLike(Protocol):
    """An input as the plant file has it."""

    @property
    def range(self) -> tuple[float, float]: ...


class TwinLike(Protocol):
    """Twin settings as the plant file has them."""

    @property
    def gate(self) -> float: ...


class ClassLike(Protocol):
    """What a model needs to know of a machine class; `twin.plant.MachineClass` is one."""

    @property
    def step_s(self) -> float: ...
    @property
    def sensors(self) -> Sequence[SensorLike]: ...
    @property
    def inputs(self) -> Sequence[InputLike]: ...
    @property
    def twin(self) -> TwinLike: ...
    @property
    def sensor_ids(self) -> list[str]: ...
    @property
    def input_ids(self) -> list[str]: ...
