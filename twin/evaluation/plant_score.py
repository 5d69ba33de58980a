"""One plant of one seed under every policy: what it cost, machine by machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.evaluation.plant_asks import Course, Oracle, Planner, Threshold
from twin.evaluation.plant_choices import Basis, Choices, basis_of, candidates, policy_of
from twin.evaluation.plant_floor import Ends, ends_of
from twin.evaluation.plant_lives import Lives, machine_lives, new_lives
from twin.evaluation.plant_months import Months, Policy, run_months
from twin.evaluation.plant_risk import expected_failures
from twin.modelfile import ClassModel, default_model, load_model
from twin.pipeline.learning.servicing import service_costs
from twin.plant import Plant, load_plant

__all__ = ["Scored", "Setting", "basis_of_class", "score_seed", "train_seed"]

Array = NDArray[np.float64]
LIFE_H = 480.0
"""About what policies use of a life: so many hours a life are made for the months, and two."""
BASIS_LIVES = 150


class Setting(NamedTuple):
    """What is simulated; everything a process of its own needs."""

    plant: Path
    models: Path
    hours: float
    period_s: float | None


class Scored(NamedTuple):
    """Of a policy on one plant; arrays (N,) by machine, the same machines for every policy."""

    cost: Array
    """Services, repairs, output lost meanwhile, and orders that standing machines made late."""
    late: Array
    """The orders' part of it."""
    failures: Array
    services: Array
    down_h: Array
    used: Array
    lives: Array
    chance: Array
    """What the failures that were to be expected would have cost more than those that came."""
    tardiness_h: float
    energy: float
    energy_kwh: float


def basis_of_class(setting: Setting, class_id: str, *, seed: int) -> Basis:
    """What new machines of a class are like, on training lives."""
    plant = load_plant(setting.plant)
    model = _model(setting, plant, class_id)
    lives = new_lives(plant, class_id, model, BASIS_LIVES, seed, setting.period_s)
    planned, failure = service_costs(plant.classes[class_id].costs)
    return basis_of(lives, planned, failure, _course(model))


def train_seed(
    setting: Setting, basis: Mapping[str, Basis], seed: int
) -> dict[tuple[str, float], dict[str, float]]:
    """What each candidate costs by class on a training plant, with the failures to be expected."""
    plant = load_plant(setting.plant)
    lives = _all_lives(setting, plant, seed)
    found = {}
    for key, policy in candidates(basis).items():
        months = run_months(plant, lives, setting.hours, seed, policy)
        cost = np.bincount(months.class_of, months.tally.cost + _chance(months))
        found[key] = {c: float(cost[i]) for i, c in enumerate(months.classes)}
    return found


def score_seed(
    setting: Setting, basis: Mapping[str, Basis], choices: Choices, seed: int
) -> tuple[dict[str, Scored], dict[str, Ends]]:
    """Every policy on the same plant: the same lives, repairs and orders; and by class how lives
    end under limits of the true hazard."""
    plant = load_plant(setting.plant)
    lives = _all_lives(setting, plant, seed)
    policies: dict[str, Policy] = {"run_to_failure": Policy()}
    policies |= {name: policy_of(name, basis, choices.factor[name]) for name in choices.factor}
    policies["threshold"] = Threshold()
    policies["oracle"] = Oracle({c: known.rate for c, known in basis.items()})
    policies["twin"] = Planner(
        {c: _fitted_g(setting, plant, c, known.rate) for c, known in basis.items()},
        {c: known.course for c, known in basis.items()},
    )
    ends = {c: ends_of(known, len(plant.machines_of(c))) for c, known in lives.items()}
    return {
        name: _scored(run_months(plant, lives, setting.hours, seed, policy))
        for name, policy in policies.items()
    }, ends


def _scored(months: Months) -> Scored:
    late, tally = months.orders.late(months.down), months.tally
    return Scored(
        tally.cost + late.money,
        late.money,
        tally.failures,
        tally.services,
        tally.down_h,
        tally.used,
        tally.lives,
        _chance(months),
        late.late_h,
        late.energy,
        late.energy_kwh,
    )


def _chance(months: Months) -> Array:
    return np.asarray((expected_failures(months) - months.tally.failures) * months.failure_cost)


def _all_lives(setting: Setting, plant: Plant, seed: int) -> dict[str, Lives]:
    k = int(setting.hours / LIFE_H) + 2
    return {
        c: machine_lives(plant, c, _model(setting, plant, c), k, seed, setting.period_s)
        for c in sorted(plant.classes)
        if plant.machines_of(c)
    }


def _fitted_g(setting: Setting, plant: Plant, class_id: str, rate: float) -> float:
    """Money an hour by the limit that the model file holds, as the running planner takes it; the
    clairvoyant's where it holds none."""
    hazard = _model(setting, plant, class_id).hazard_model
    if hazard is None or hazard.replace_at is None:
        return rate
    machine_class = plant.classes[class_id]
    per_step = hazard.replace_at * service_costs(machine_class.costs)[0]
    return per_step * 3600.0 / machine_class.step_s


def _course(model: ClassModel) -> Course:
    return None if model.hazard_model is None else model.hazard_model.course


def _model(setting: Setting, plant: Plant, class_id: str) -> ClassModel:
    """The class's fitted model; one that predicts nothing where there is none."""
    try:
        return load_model(setting.models / f"{class_id}.json")
    except TwinError:
        return default_model(class_id, plant.classes[class_id])
