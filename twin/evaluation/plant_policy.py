"""`twin evaluate policy`: months of simulated plant under five ways of maintaining it.

Run to failure, the best fixed interval, alarm limits, the planner with the twin's forecasts, and a
clairvoyant, on the same lives, repairs, crews and orders. An hour of standing costs what the plant
file says, as in the planner's own costs. A sixth policy, which is told the true wear, shows how
much of the distance to the clairvoyant is chance that no forecast can know.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from twin.evaluation.plant_choices import chosen
from twin.evaluation.plant_score import (
    Scored,
    Setting,
    basis_of_class,
    score_seed,
    train_seed,
)
from twin.plant import load_plant

__all__ = ["POLICIES", "evaluate_policy", "policy_lines", "policy_report"]

Array = NDArray[np.float64]
POLICIES = ("run_to_failure", "fixed_interval", "threshold", "twin", "oracle")
FLOOR = "known_wear"
PERIOD_S = 180.0
"""Readings every three minutes, a third of what the demonstration plant sends: time for more
seeds, and no advantage to the twin."""
TRAINING = (9001, 9002, 9003)
FIRST_SEED = 101
N_BOOTSTRAP = 2000


def evaluate_policy(
    plant: Path,
    months: float,
    seeds: int,
    *,
    models: Path | None = None,
    period_s: float = PERIOD_S,
    training: Sequence[int] = TRAINING,
    processes: int = 2,
) -> dict[str, Any]:
    """The policies on `seeds` plants of so many months of 30 days.

    models: folder of the fitted models, default beside the plant file. Returns the report that
    `policy_report` describes. Raises TwinError where the plant cannot be read.
    """
    setting = Setting(plant, models or plant.parent / "models", months * 720.0, period_s)
    read = load_plant(plant)
    classes = [c for c in sorted(read.classes) if read.machines_of(c)]
    scored_seeds = range(FIRST_SEED, FIRST_SEED + seeds)
    total = len(classes) + len(training) + seeds
    with _pool(processes) as pool, tqdm(total=total, unit="plant", desc="policy") as bar:
        run = partial(_run, pool, bar)
        first = partial(basis_of_class, setting, seed=training[0])
        basis = dict(zip(classes, run(first, classes), strict=True))
        choices = chosen(run(partial(train_seed, setting, basis), training))
        scored = run(partial(score_seed, setting, basis, choices), scored_seeds)
    class_of = [machine.class_id for c in classes for machine in read.machines_of(c)]
    report = policy_report(scored, class_of)
    chose = {c: round(basis[c].age_h * choices.factor["fixed_interval"][c]) for c in classes}
    return {"months": months, "seeds": seeds, **report, "fixed_interval_h": chose}


def policy_report(
    scored: Sequence[Mapping[str, Scored]], class_of: Sequence[str]
) -> dict[str, Any]:
    """Figures by policy, a plant's mean; ratios to the oracle on the same machines.

    cost, downtime_h, tardiness_h, energy (money), energy_kwh, failures and services: of a plant in
    all its months. life_used: mean share of lives ended. cost_ratio_ci: 95 %, bootstrapped over
    pairs of machines of all plants. classes: the same ratios by class; floor: of one who knows the
    wear; notes: where the twin is not better, and what it cannot be.
    """
    policies = {
        name: _figures([s[name] for s in scored], _ratio(scored, name)) for name in POLICIES
    }
    of_class = np.array(class_of)
    classes = {
        c: {name: _class_figures(scored, name, of_class == c) for name in (*POLICIES, FLOOR)}
        for c in sorted(set(class_of))
    }
    floor = _class_figures(scored, FLOOR, np.ones(len(of_class), bool))
    notes = _notes(policies, classes, floor)
    return {"policies": policies, "classes": classes, "floor": floor, "notes": notes}


def policy_lines(found: Mapping[str, Any]) -> list[str]:
    """The report as a table, and its notes."""
    lines = [
        f"{found['months']:g} months, {found['seeds']} plants; a plant's mean, cost to oracle's"
    ]
    head = ("cost", "ratio", "95 %", "failures", "down h", "late h", "energy", "life used")
    lines.append(f"{'':16}" + "".join(f"{name:>13}" for name in head))
    for name, row in found["policies"].items():
        low, high = row["cost_ratio_ci"]
        cells = [
            f"{row['cost']:.0f}",
            f"{row['cost_ratio']:.3f}",
            f"{low:.2f}–{high:.2f}",
            f"{row['failures']:.1f}",
            f"{row['downtime_h']:.0f}",
            f"{row['tardiness_h']:.0f}",
            f"{row['energy']:.0f}",
            f"{row['life_used']:.2f}",
        ]
        lines.append(f"{name:16}" + "".join(f"{cell:>13}" for cell in cells))
    return lines + [f"- {note}" for note in found["notes"]]


def _figures(scored: Sequence[Scored], ratio: tuple[float, float, float]) -> dict[str, Any]:
    sums = {name: sum(float(np.sum(getattr(s, name))) for s in scored) for name in Scored._fields}
    mean = {name: value / len(scored) for name, value in sums.items()}
    return {
        "cost": mean["cost"],
        "cost_ratio": ratio[0],
        "cost_ratio_ci": [ratio[1], ratio[2]],
        "failures": mean["failures"],
        "services": mean["services"],
        "downtime_h": mean["down_h"],
        "tardiness_h": mean["tardiness_h"],
        "energy": mean["energy"],
        "energy_kwh": mean["energy_kwh"],
        "life_used": sums["used"] / max(1.0, sums["lives"]),
    }


def _ratio(
    scored: Sequence[Mapping[str, Scored]], name: str, who: NDArray[np.bool_] | None = None
) -> tuple[float, float, float]:
    """Cost over the oracle's, and its 95 % interval over pairs of machines."""
    mine, best = (
        np.concatenate([s[n].cost if who is None else s[n].cost[who] for s in scored])
        for n in (name, "oracle")
    )
    draws = np.random.default_rng(1).integers(0, len(mine), (N_BOOTSTRAP, len(mine)))
    ratios = mine[draws].sum(axis=1) / np.maximum(best[draws].sum(axis=1), 1e-9)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(mine.sum() / max(best.sum(), 1e-9)), float(low), float(high)


def _class_figures(
    scored: Sequence[Mapping[str, Scored]], name: str, who: NDArray[np.bool_]
) -> dict[str, Any]:
    ratio, low, high = _ratio(scored, name, who)
    failures = sum(float(s[name].failures[who].sum()) for s in scored) / len(scored)
    return {"cost_ratio": ratio, "cost_ratio_ci": [low, high], "failures": failures}


def _notes(
    policies: Mapping[str, Any], classes: Mapping[str, Any], floor: Mapping[str, Any]
) -> list[str]:
    twin, fixed = (policies[name]["cost_ratio"] for name in ("twin", "fixed_interval"))
    notes = [
        f"the twin costs {twin:.2f} times the clairvoyant, want 1.15 or less",
        f"and {100 * (1 - twin / fixed):.0f} % less than the best fixed interval, want 30 or more",
        f"told the true wear, the same planner would cost {floor['cost_ratio']:.2f} times the "
        "clairvoyant: failures are drawn by hazard, and nobody can know the draw",
    ]
    for class_id, row in classes.items():
        mine = row["twin"]["cost_ratio"]
        worse = [n for n in POLICIES[:3] if row[n]["cost_ratio"] <= mine]
        if worse:
            notes.append(f"{class_id}: the twin is not better than {', '.join(worse)}")
        elif mine > 0.7 * row["fixed_interval"]["cost_ratio"]:
            less = 100 * (1 - mine / row["fixed_interval"]["cost_ratio"])
            notes.append(f"{class_id}: only {less:.0f} % below the best fixed interval")
    notes.append("energy is that of the orders, which are the same: it is no part of the cost")
    return notes


def _pool(processes: int) -> AbstractContextManager[ProcessPoolExecutor | None]:
    if processes < 2:
        return nullcontext()
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"))


def _run(
    pool: ProcessPoolExecutor | None,
    bar: Any,
    work: Callable[[Any], Any],
    items: Sequence[Any] | range,
) -> list[Any]:
    """Work on every item, in order, on all processes; the bar moves on with each."""
    found = []
    for result in map(work, items) if pool is None else pool.map(work, items):
        found.append(result)
        bar.update()
    return found
