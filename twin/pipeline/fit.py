"""`twin fit`: learn the twin and the failure model of each class from a history with failures."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.hazard import Hazard, Outlook, cumulative_between, outlook
from twin.core.hazard_fit import Landmarks, fit_hazard
from twin.errors import ModelError
from twin.modelfile import ClassModel, HazardModel, ModeModel, model_of
from twin.pipeline.learn import landmarks, learn_trend, whiteness_of
from twin.pipeline.lives import HistoryEvent, Life, cut_lives
from twin.plant import Costs, MachineClass
from twin.scheduling.maintenance import control_limit, rule_outcome

__all__ = ["fit_class", "fit_lives", "hazard_model", "service_costs", "step_risk"]

Array = NDArray[np.float64]
Progress = Callable[[str], None]

MAX_LANDMARKS = 60_000
HORIZON_STEPS = 336.0
LEAD_STEPS = 10


def fit_class(
    class_id: str,
    machine_class: MachineClass,
    histories: Mapping[str, NDArray[np.void]],
    events: Iterable[HistoryEvent],
    *,
    born_us: Mapping[str, int] | None = None,
    horizon: float = HORIZON_STEPS,
    version: int = 1,
    progress: Progress | None = None,
) -> ClassModel:
    """Learn a class from rows (twin.core.rows) and events of each machine.

    horizon: longest lead time, steps. Without any failure the trend alone is learnt and the
    model's hazard is None. progress is told of each stage and life. Raises ModelError, DataError.
    """
    modes = [mode.id for mode in machine_class.modes] or ["failure"]
    lives = cut_lives(histories, events, modes, born_us)
    return fit_lives(
        class_id, machine_class, lives, horizon=horizon, version=version, progress=progress
    )


def fit_lives(
    class_id: str,
    machine_class: MachineClass,
    lives: Sequence[Life],
    *,
    horizon: float = HORIZON_STEPS,
    version: int = 1,
    progress: Progress | None = None,
    start: Hazard | None = None,
    report: bool = True,
) -> ClassModel:
    """`fit_class` on lives already cut. report=False skips intervals, whiteness and the control
    limit, for cross-validation; start: where Newton may begin."""
    if not lives:
        raise ModelError(f"class {class_id!r}: no machine with two samples in the history")
    told = progress or _silent
    began = time.perf_counter()
    told("trend")
    learnt = learn_trend(machine_class, lives)
    draft = model_of(class_id, machine_class, learnt.model, None, version=version)
    trend = draft.trend(machine_class)
    modes = tuple(mode.id for mode in machine_class.modes) or ("failure",)
    failures = [sum(life.cause == i for life in lives) for i in range(len(modes))]
    facts: dict[str, Any] = {
        "machines": len({life.machine for life in lives}),
        "lives": len(lives),
        "samples": int(sum(len(life.rows) for life in lives)),
        "failures": dict(zip(modes, failures, strict=True)),
        "growth_per_step": float(np.exp(learnt.found.growth)),
        "growth_log_likelihood_gain": learnt.found.gain,
        "log_likelihood": learnt.found.loglik,
        "sensors_without_information": [
            s for i, s in enumerate(machine_class.sensor_ids) if i not in learnt.lanes
        ],
    }
    if sum(failures) == 0:
        return draft.model_copy(update={"fitted": facts | {"fit_s": time.perf_counter() - began}})
    marks = landmarks(trend, lives, MAX_LANDMARKS, told)
    told("hazard")
    hazard = fit_hazard(marks, modes, learnt.lanes, horizon, start=start, intervals=report)
    limit = None
    if report:
        limit, outcome = _service_limit(hazard, marks, machine_class.costs, trend.step_us / 3.6e9)
        facts["whiteness"] = whiteness_of(trend, lives, learnt.lanes)
        facts["maintenance"] = outcome
    facts["landmarks"] = len(marks.lead)
    facts["fit_s"] = time.perf_counter() - began
    written = hazard_model(hazard, machine_class.sensor_ids, failures, limit)
    return model_of(class_id, machine_class, learnt.model, written, version=version, fitted=facts)


def hazard_model(
    hazard: Hazard, sensor_ids: Sequence[str], failures: Sequence[int], limit: float | None = None
) -> HazardModel:
    """The failure model as the model file writes it."""
    map_ = hazard.map_
    return HazardModel(
        sensors=[sensor_ids[lane] for lane in map_.lanes],
        edges=hazard.edges.tolist(),
        df=hazard.basis.shape[1],
        centre=map_.centre.tolist(),
        scale=map_.scale.tolist(),
        low=map_.low.tolist(),
        high=map_.high.tolist(),
        components=map_.components.tolist(),
        product_centre=map_.product_centre.tolist(),
        product_scale=map_.product_scale.tolist(),
        modes=[
            ModeModel(
                id=mode,
                n_failures=failures[i],
                coef=hazard.coef[i].tolist(),
                factor=[[[float(f"{v:.6g}") for v in row] for row in f] for f in hazard.factor[i]],
                reference=hazard.reference[i].tolist(),
            )
            for i, mode in enumerate(hazard.modes)
        ],
        provisional=hazard.provisional,
        replace_at=limit,
    )


def step_risk(future: Outlook, edges: Array, lead: float) -> Array:
    """P(fail in the step after `lead` | alive until then) (N,)."""
    return -np.expm1(-cumulative_between(future, edges, lead, lead + 1.0))


def service_costs(costs: Costs) -> tuple[float, float]:
    """Cost of a planned and of an unplanned service, the output lost meanwhile included."""
    return (
        costs.planned + costs.planned_h * costs.output_per_h,
        costs.unplanned + costs.unplanned_h * costs.output_per_h,
    )


def _service_limit(
    hazard: Hazard, marks: Landmarks, costs: Costs, step_h: float
) -> tuple[float | None, dict[str, float]]:
    """The control limit of this fleet, in currency per step, and what it did in training."""
    planned, failure = service_costs(costs)
    failed = marks.cause >= 0
    if failure <= planned or not failed.any():
        return None, {}
    future = outlook(hazard, marks.level[failed], marks.slope[failed], marks.age[failed])
    risk = step_risk(future, hazard.edges, LEAD_STEPS)
    owner = marks.machine[failed] * 10_000_000 + np.round((marks.age + marks.lead)[failed]).astype(
        int
    )
    starts = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    lives = np.split(np.arange(len(owner)), starts[1:])
    life = np.array([(marks.age + marks.lead)[failed][i[0]] for i in lives])
    by_age = [_by_age(risk[i], marks.age[failed][i]) for i in lives]
    g = control_limit(by_age, life, planned, failure, LEAD_STEPS)
    outcome = rule_outcome(by_age, life, g, planned, failure, LEAD_STEPS)
    return g, {
        "cost_per_hour": outcome.rate / step_h,
        "failures": float(outcome.failures),
        "lives": float(outcome.machines),
    }


def _by_age(risk: Array, age: Array) -> Array:
    """Risk at ages 1, 2, … from landmarks at rising ages; held between them, 0 before the first."""
    ages = np.arange(1, int(np.ceil(age[-1])) + 1)
    place = np.searchsorted(age, ages + 1e-6, side="right") - 1
    return np.where(place >= 0, risk[np.maximum(place, 0)], 0.0)


def _silent(_stage: str) -> None:
    return None
