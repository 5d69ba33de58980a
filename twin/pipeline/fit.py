"""`twin fit`: learn the twin and the failure model of each class from a history with failures."""

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.core.hazard import Hazard, Outlook, cumulative_between, outlook
from twin.core.hazard_fit import Landmarks, fit_hazard
from twin.core.rows import RESET
from twin.errors import ModelError, TwinError
from twin.modelfile import (
    ClassModel,
    HazardModel,
    ModeModel,
    load_model,
    model_of,
    save_model,
)
from twin.pipeline.learn import landmarks, learn_trend, whiteness_of
from twin.pipeline.lives import HistoryEvent, Life, cut_lives
from twin.plant import Costs, MachineClass, Plant, load_plant
from twin.scheduling.maintenance import control_limit, rule_outcome
from twin.sources.history import History, read_history, write_history

__all__ = ["fit_class", "fit_lives", "hazard_model", "run_fit", "service_costs", "step_risk"]

Array = NDArray[np.float64]
Progress = Callable[[str], None]

MAX_LANDMARKS = 60_000
HORIZON_STEPS = 336.0
HORIZON_S = 14 * 86400.0
LEAD_STEPS = 10


def run_fit(
    settings: Settings, history: Path | None, out: Path | None, *, days: float, seed: int
) -> dict[str, Any]:
    """Fit every class of the plant that the history holds; write one model file each.

    history: folder as `twin simulate` writes it; None simulates the plant for so many days.
    out: default the settings' model folder. Returns the report by class. Raises TwinError.
    """
    plant = load_plant(settings.plant)
    folder = out or settings.models or settings.plant.parent / "models"
    if history is not None:
        return _fit_plant(plant, read_history(history, plant, _catalogue(plant)), folder)
    with tempfile.TemporaryDirectory(prefix="twin-fit-") as made:
        made_path = Path(made)
        write_history(settings.plant, made_path, days=days, seed=seed)
        found = read_history(made_path, plant, _catalogue(plant))
    report = _fit_plant(plant, found, folder)
    return report | {"history": f"simulated: twin fit --days {days:g} --seed {seed}"}


def _catalogue(plant: Plant) -> Catalogue:
    return Catalogue().update(plant)


def _fit_plant(plant: Plant, history: History, folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = {}
    catalogue = _catalogue(plant)
    with tqdm(total=len(history.rows), unit="class", desc="fit") as bar:
        for class_id, rows in history.rows.items():
            machine_class, path = plant.classes[class_id], folder / f"{class_id}.json"
            bar.set_postfix_str(class_id)
            model = fit_class(
                class_id,
                machine_class,
                _by_machine(rows, catalogue.machines_ever(class_id)),
                _events(history, plant, class_id),
                horizon=HORIZON_S / machine_class.step_s,
                version=_next_version(path),
                progress=lambda stage, c=class_id: bar.set_postfix_str(f"{c}: {stage}"),  # type: ignore[misc]
            )
            save_model(model, path)
            report[class_id] = {"file": str(path), "version": model.version, **model.fitted}
            bar.update()
    return report


def _by_machine(rows: NDArray[np.void], machine_ids: Sequence[str]) -> dict[str, NDArray[np.void]]:
    slot = (rows["slot"] & ~RESET).astype(np.int64)
    order = np.argsort(slot, kind="stable")
    cuts = np.searchsorted(slot[order], np.arange(len(machine_ids) + 1))
    parts = [rows[order[a:b]] for a, b in pairwise(cuts)]
    return {i: part for i, part in zip(machine_ids, parts, strict=True) if len(part)}


def _events(history: History, plant: Plant, class_id: str) -> list[HistoryEvent]:
    """Failures of the class; its repairs are in the rows, as resets."""
    mine = {machine.id for machine in plant.machines_of(class_id)}
    return [
        HistoryEvent(e.machine_id, e.time, "failure", e.detail.get("mode"))
        for e in history.events
        if e.kind == "failure" and e.machine_id in mine
    ]


def _next_version(path: Path) -> int:
    try:
        return load_model(path).version + 1
    except TwinError:
        return 1


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
    hazard = fit_hazard(marks, modes, learnt.lanes, horizon, intervals=report)
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
