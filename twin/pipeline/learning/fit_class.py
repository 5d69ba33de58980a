"""Learn one class of machines: twin, failure model, control limit, and a report of it all."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.hazard import Hazard, lead_bins
from twin.core.hazard_fit import fit_hazard
from twin.errors import ModelError
from twin.modelfile import ClassModel, HazardModel, ModeModel, model_of
from twin.pipeline.learning.learn import LearntTrend, landmarks, learn_trend, whiteness_of
from twin.pipeline.learning.lives import HistoryEvent, Life, cut_lives
from twin.pipeline.learning.servicing import course_of, service_limit
from twin.plant import MachineClass

__all__ = ["fit_class", "fit_lives", "hazard_model"]

Progress = Callable[[str], None]

MAX_LANDMARKS = 60_000
MAX_CELLS = 2.6e6
"""Landmarks × lead-time bins: what Newton's time grows with."""
HORIZON_STEPS = 336.0


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
    report: bool = True,
) -> ClassModel:
    """`fit_class` on lives already cut. report=False skips intervals, whiteness and the control
    limit, for cross-validation."""
    if not lives:
        raise ModelError(f"class {class_id!r}: no machine with two samples in the history")
    told = progress or _silent
    began = time.perf_counter()
    told("trend")
    learnt = learn_trend(machine_class, lives)
    draft = model_of(class_id, machine_class, learnt.model, None, version=version)
    modes = tuple(mode.id for mode in machine_class.modes) or ("failure",)
    failures = [sum(life.cause == i for life in lives) for i in range(len(modes))]
    facts = _facts(machine_class, lives, learnt) | {
        "failures": dict(zip(modes, failures, strict=True))
    }
    if sum(failures) == 0:
        return draft.model_copy(update={"fitted": facts | {"fit_s": time.perf_counter() - began}})
    trend = draft.trend(machine_class)
    limit_marks = min(MAX_LANDMARKS, int(MAX_CELLS / len(lead_bins(horizon))))
    marks = landmarks(trend, lives, limit_marks, told)
    told("hazard")
    hazard = fit_hazard(marks, modes, learnt.lanes, horizon, intervals=report, failures=failures)
    limit = course = None
    if report:
        step_h = trend.step_us / 3.6e9
        course = course_of(hazard, marks, step_h)
        limit, served = service_limit(hazard, marks, machine_class.costs, step_h, course)
        facts |= {"whiteness": whiteness_of(trend, lives, learnt.lanes), "maintenance": served}
    facts |= {"landmarks": len(marks.lead), "fit_s": time.perf_counter() - began}
    written = hazard_model(hazard, machine_class.sensor_ids, failures, limit, course)
    return model_of(class_id, machine_class, learnt.model, written, version=version, fitted=facts)


def _facts(
    machine_class: MachineClass, lives: Sequence[Life], learnt: LearntTrend
) -> dict[str, Any]:
    """The report's first lines: how much there was to learn from, and what the trend is like."""
    dumb = [s for i, s in enumerate(machine_class.sensor_ids) if i not in learnt.lanes]
    return {
        "machines": len({life.machine for life in lives}),
        "lives": len(lives),
        "samples": int(sum(len(life.rows) for life in lives)),
        "growth_per_step": float(np.exp(learnt.found.growth)),
        "growth_log_likelihood_gain": learnt.found.gain,
        "log_likelihood": learnt.found.loglik,
        "sensors_without_information": dumb,
    }


def hazard_model(
    hazard: Hazard,
    sensor_ids: Sequence[str],
    failures: Sequence[int],
    limit: float | None = None,
    course: NDArray[np.float64] | None = None,
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
        course=None if course is None else course.tolist(),
    )


def _silent(_stage: str) -> None:
    return None
