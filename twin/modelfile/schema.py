"""The tables of a model file, checked as they are read."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["HazardModel", "ModeModel", "Part", "Recalibration", "TrendModel"]

Vector = list[float]
Grid = list[Vector]
LogHazard = Annotated[float, Field(ge=-30.0, le=3.5)]
"""Of a cumulative hazard between what no forecast tells from none and from certain failure."""


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


class Recalibration(Part):
    """logit P' = a + b·logit P, from matured outcomes; see twin.core.hazard.Hazard."""

    a: float
    b: Annotated[float, Field(gt=0)]


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
    course: Annotated[list[LogHazard], Field(min_length=3, max_length=3)] | None = None
    """Rising: usual log cumulative hazard by a shift, a day and a week; see
    twin.scheduling.usual_course. None: not learnt."""
    recalibration: Recalibration | None = None
    """None: as it was fitted."""

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
            found |= {
                f"modes[{i}].factor": (len(g), self.df) for g in mode.factor if len(g) != self.df
            }
            found[f"modes[{i}].coef"] = (len(mode.coef), self.df)
            found[f"modes[{i}].reference"] = (len(mode.reference), len(self.sensors) + 1)
            for rows in [mode.coef, *mode.factor]:
                found |= {f"modes[{i}] row": (len(r), width) for r in rows if len(r) != width}
        wrong = [
            f"{k}: got {got} values, want {want}" for k, (got, want) in found.items() if got != want
        ]
        if self.course is not None and self.course != sorted(self.course):
            wrong.append(f"course: got {self.course}, want values that do not fall")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self
