"""A class of machines as learnt, and as it is before anything was learnt."""

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from twin.core.features import FeatureMap
from twin.core.hazard import Hazard, spline_basis
from twin.core.statespace import Trend, trend_of
from twin.errors import ModelError
from twin.modelfile.protocols import ClassLike
from twin.modelfile.schema import HazardModel, Part, TrendModel

__all__ = ["FORMAT", "ClassModel", "default_model", "model_of"]

FORMAT: Literal["plant-twin-model/1"] = "plant-twin-model/1"
PER_SENSOR = ("q_level", "q_slope", "r", "constant", "wear")
STUCK_AFTER = 120.0
NORMAL_SDS = 6.0
"""Width of a sensor's normal range in sds of a healthy machine, until something is learnt."""


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
    fitted: dict[str, Any] = Field(default_factory=dict)
    """The fit's report: machines, failures, likelihood, the command that made it."""

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        lengths = {k: getattr(self.trend_model, k) for k in PER_SENSOR}
        wrong = [
            f"trend.{key}: got {len(values)} values, want {len(self.sensors)}"
            for key, values in lengths.items()
            if len(values) != len(self.sensors)
        ]
        unknown = set(self.hazard_model.sensors if self.hazard_model else []) - set(self.sensors)
        if unknown:
            wrong.append(f"hazard.sensors: got {sorted(unknown)}, want some of {self.sensors}")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

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
            recalibration=None if (r := h.recalibration) is None else (r.a, r.b),
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
