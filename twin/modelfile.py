"""The model file: what was learnt of a class of machines, one small versioned JSON.

    model = load_model(path)                     ClassModel, checked
    trend = model.trend(machine_class)           limits, delays and gate come from the plant file
    hazard = model.hazard()                      None: no failure model was fitted

A file that does not fit is answered with ModelError naming file, key, got and want.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from twin.core.features import FeatureMap
from twin.core.hazard import Hazard, spline_basis
from twin.core.statespace import Trend, trend_of
from twin.errors import ModelError

__all__ = [
    "FORMAT",
    "ClassModel",
    "HazardModel",
    "ModeModel",
    "TrendModel",
    "default_model",
    "load_model",
    "model_of",
    "parse_model",
    "save_model",
]

FORMAT: Literal["plant-twin-model/1"] = "plant-twin-model/1"
Array = NDArray[np.float64]
Vector = list[float]
Grid = list[Vector]


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


class Part(BaseModel):
    """A table of the file: unknown keys and numbers that are not finite are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrendModel(Part):
    """Learnt parameters of the trend family; see twin.core.statespace.Trend."""

    growth: float
    q_level: Vector
    q_slope: Vector
    r: Vector
    p0: tuple[float, float]
    centre: Grid
    input_scale: Vector
    offset: Grid
    gain: list[Grid]
    scale: Grid
    constant: list[bool]
    """Sensors that may repeat a value for ever without being stuck."""
    wear: Grid
    """B (m, k): what an input adds to the slope in a step, for what-ifs."""


class ModeModel(Part):
    """One failure mode: coefficients (K, f), their variance as r factors, the fleet's mean."""

    id: str
    n_failures: Annotated[int, Field(ge=0)]
    coef: Grid
    factor: list[Grid]
    reference: Vector


class HazardModel(Part):
    """The failure model; see twin.core.hazard.Hazard and twin.core.features.FeatureMap."""

    sensors: list[str]
    """Those that carry information."""
    edges: Vector
    df: Annotated[int, Field(ge=4)]
    centre: Vector
    scale: Vector
    low: Vector
    high: Vector
    components: Grid
    product_centre: Vector
    product_scale: Vector
    modes: Annotated[list[ModeModel], Field(min_length=1)]
    provisional: bool
    replace_at: float | None = None
    """Control limit of maintenance: long-run cost per step, in units of a planned service."""

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        base, pairs = 2 * len(self.sensors) + 1, len(self.product_centre)
        width = 1 + base + pairs
        c = len(self.components[0]) if self.components else 0
        found = {
            "centre": (len(self.centre), base),
            "scale": (len(self.scale), base),
            "low": (len(self.low), base),
            "high": (len(self.high), base),
            "components": (len(self.components), base),
            "product_centre": (pairs, c * (c + 1) // 2),
            "product_scale": (len(self.product_scale), pairs),
        }
        for i, mode in enumerate(self.modes):
            found[f"modes[{i}].coef"] = (len(mode.coef), self.df)
            found[f"modes[{i}].reference"] = (len(mode.reference), len(self.sensors) + 1)
            for rows in [mode.coef, *mode.factor]:
                found |= {f"modes[{i}] row": (len(r), width) for r in rows if len(r) != width}
        wrong = [
            f"{k}: got {got} values, want {want}" for k, (got, want) in found.items() if got != want
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class ClassModel(Part):
    """Everything learnt of one machine class."""

    format: Literal["plant-twin-model/1"] = FORMAT
    class_id: str
    version: Annotated[int, Field(ge=0)]
    """0: nothing was learnt; else rises with every fit."""
    step_s: Annotated[float, Field(gt=0)]
    sensors: list[str]
    inputs: list[str]
    trend_model: TrendModel = Field(alias="trend")
    hazard_model: HazardModel | None = Field(alias="hazard", default=None)
    fitted: dict[str, Any] = {}
    """The fit's report: machines, failures, likelihood, the command that made it."""

    def trend(self, machine_class: ClassLike) -> Trend:
        """Parameters for the filter. Raises ModelError where the class has other lanes."""
        self._fits(machine_class)
        learnt = self.trend_model.model_dump(exclude={"constant", "wear"})
        constant = np.array(self.trend_model.constant)
        return trend_of(
            len(self.sensors),
            len(self.inputs),
            step_us=self.step_s * 1e6,
            stuck=np.where(constant, np.inf, STUCK_AFTER),
            **learnt,
            **_alarm_limits(machine_class),
        )

    def hazard(self) -> Hazard | None:
        """The failure model as arrays; None where none was fitted."""
        h = self.hazard_model
        if h is None:
            return None
        edges = np.array(h.edges)
        lanes = np.array([self.sensors.index(s) for s in h.sensors], dtype=np.int64)
        components = np.array(h.components).reshape(2 * len(lanes) + 1, -1)
        shape = (len(h.modes), -1, h.df, len(h.modes[0].coef[0]))
        return Hazard(
            modes=tuple(mode.id for mode in h.modes),
            map_=FeatureMap(
                lanes=lanes,
                centre=np.array(h.centre),
                scale=np.array(h.scale),
                low=np.array(h.low),
                high=np.array(h.high),
                components=components,
                product_centre=np.array(h.product_centre),
                product_scale=np.array(h.product_scale),
            ),
            edges=edges,
            basis=spline_basis(edges, h.df),
            coef=np.array([mode.coef for mode in h.modes]),
            factor=np.array([mode.factor for mode in h.modes]).reshape(shape),
            reference=np.array([mode.reference for mode in h.modes]),
            provisional=h.provisional,
        )

    def _fits(self, machine_class: ClassLike) -> None:
        for key, got, want in (
            ("sensors", self.sensors, machine_class.sensor_ids),
            ("inputs", self.inputs, machine_class.input_ids),
            ("step_s", self.step_s, machine_class.step_s),
        ):
            if got != want:
                raise ModelError(
                    f"model of class {self.class_id!r}: {key}: got {got}, want {want} "
                    "as in the plant file; fit it again with `twin fit`"
                )


STUCK_AFTER = 120.0
NORMAL_SDS = 6.0
"""Width of a sensor's normal range in sds of a healthy machine, until something is learnt."""


def default_model(class_id: str, machine_class: ClassLike) -> ClassModel:
    """A usable model of a class that nothing was learnt of yet: levels from the normal ranges,
    noise a sixth of them, slow plain trends, no failure model."""
    m, k = len(machine_class.sensors), len(machine_class.inputs)
    low, high = np.array([s.normal for s in machine_class.sensors]).T
    ranges = np.array([u.range for u in machine_class.inputs]).reshape(k, 2)
    hours = machine_class.step_s / 3600.0
    return ClassModel(
        class_id=class_id,
        version=0,
        step_s=machine_class.step_s,
        sensors=machine_class.sensor_ids,
        inputs=machine_class.input_ids,
        trend=TrendModel(
            growth=0.0,
            q_level=[1e-3 * hours] * m,
            q_slope=[1e-6 * hours] * m,
            r=[1.0] * m,
            p0=(10.0, 1e-3),
            centre=[ranges.mean(1).tolist()],
            input_scale=np.maximum(np.ptp(ranges, axis=1), 1e-12).tolist(),
            offset=[((low + high) / 2).tolist()],
            gain=[np.zeros((m, k)).tolist()],
            scale=[((high - low) / NORMAL_SDS).tolist()],
            constant=[False] * m,
            wear=np.zeros((m, k)).tolist(),
        ),
    )


def parse_model(text: str | bytes, source: str = "model") -> ClassModel:
    """A model from JSON. Raises ModelError: source, key, got and want of every fault."""
    try:
        return ClassModel.model_validate_json(text)
    except ValidationError as error:
        raise ModelError("\n".join(f"{source}: {line}" for line in _faults(error))) from error


def load_model(path: Path) -> ClassModel:
    """Read and check a model file. Raises ModelError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_model(text, str(path))


def save_model(model: ClassModel, path: Path) -> None:
    """Write a model file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(model.model_dump_json(by_alias=True) + "\n", encoding="utf-8")
    part.replace(path)


def model_of(
    class_id: str,
    machine_class: ClassLike,
    trend: TrendModel,
    hazard: HazardModel | None,
    **rest: Any,
) -> ClassModel:
    """A model of a machine class from its learnt parts."""
    return ClassModel(
        class_id=class_id,
        step_s=machine_class.step_s,
        sensors=machine_class.sensor_ids,
        inputs=machine_class.input_ids,
        trend=trend,
        hazard=hazard,
        **rest,
    )


def _alarm_limits(machine_class: ClassLike) -> dict[str, Any]:
    alarms = [s.alarm for s in machine_class.sensors]
    limits = [[getattr(a, key) for a in alarms] for key in ("low_low", "low", "high", "high_high")]
    return {
        "limits": np.array(limits, dtype=np.float64),
        "deadband": [a.deadband for a in alarms],
        "on_delay_us": [a.on_delay_s * 1e6 for a in alarms],
        "off_delay_us": [a.off_delay_s * 1e6 for a in alarms],
        "gate": _chi2_quantile(machine_class.twin.gate),
    }


def _chi2_quantile(probability: float) -> float:
    """χ² quantile with one degree of freedom."""
    from scipy.special import chdtri

    return float(chdtri(1.0, 1.0 - probability))


def _faults(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in e['loc']) or 'file'}: "
        f"got {str(e['input'])[:60]!r}, want: {e['msg'].removeprefix('Value error, ')}"
        for e in error.errors()
    ]
