"""`twin evaluate policy`: months of simulated plant under five ways of maintaining it.

Run to failure, the best fixed interval, alarm limits, the planner with the twin's forecasts, and a
clairvoyant, on the same lives, repairs, crews and orders. An hour of standing costs what the plant
file says, as in the planner's own costs. Beside them stand the planner with limits chosen as the
interval is, the same told the true wear, and what the best of rules would cost that knows the wear
but not the draw.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial, reduce
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from twin.evaluation.plant_choices import chosen
from twin.evaluation.plant_floor import Ends, least_ratio
from twin.evaluation.plant_report import policy_lines, policy_report
from twin.evaluation.plant_score import Setting, basis_of_class, score_seed, train_seed
from twin.pipeline.learning.servicing import service_costs
from twin.plant import Plant, load_plant

__all__ = ["evaluate_policy", "policy_lines"]

TRAINING = (9001, 9002, 9003, 9004)
FIRST_SEED = 101


def evaluate_policy(
    plant: Path,
    months: float,
    seeds: int,
    *,
    models: Path | None = None,
    period_s: float | None = None,
    training: Sequence[int] = TRAINING,
    processes: int = 2,
) -> dict[str, Any]:
    """The policies on `seeds` plants of so many months of 30 days.

    models: folder of the fitted models, default beside the plant file; period_s: between readings,
    default each class's own. Returns the report that `policy_report` describes. Raises TwinError
    where the plant cannot be read.
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
    least = _least(read, [ends for _, ends in scored])
    report = policy_report([costs for costs, _ in scored], class_of, least)
    chose = {c: round(basis[c].age_h * choices.factor["fixed_interval"][c]) for c in classes}
    return {"months": months, "seeds": seeds, **report, "fixed_interval_h": chose}


def _least(plant: Plant, found: Sequence[Mapping[str, Ends]]) -> dict[str, float]:
    """By class, what nobody can go below who does not know the draw: cost to the clairvoyant's."""
    return {
        c: least_ratio(reduce(Ends.plus, [ends[c] for ends in found]), *service_costs(of.costs))
        for c, of in plant.classes.items()
        if c in found[0]
    }


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
