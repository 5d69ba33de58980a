"""Score the solvers on published job shops: how far from the best makespan known.

`gap` is relative, a fraction: (makespan − best known) / best known; null where nobody has said the
best known. `mean_gap` is over a format's instances that have one; null if none has. Machine code
is compiled, or read from the cache, before the first instance's clock starts.
"""

import math
import sys
from pathlib import Path
from typing import Any

from twin.errors import DataError, PlanningError
from twin.evaluation.jobshop_files import MEANS, instances_in
from twin.evaluation.jobshop_formats import Instance
from twin.evaluation.jobshop_solve import Solved, solve_instance
from twin.scheduling.tabu.solver import warm_up

__all__ = ["evaluate_jobshop", "jobshop_lines"]

KINDS = ("classic", "flexible")


def evaluate_jobshop(data: Path, seconds: float = 10.0) -> dict[str, Any]:
    """Figures of every instance in the folder and below, so many seconds for each, and mean gaps.

    Progress, and what is passed over, on standard error. Raises DataError where nothing is solved.
    """
    from tqdm import tqdm

    if not (math.isfinite(seconds) and seconds > 0):
        raise DataError(f"--seconds: got {seconds:g}, want more than 0")
    instances = instances_in(data, _say)
    warm_up()
    scores: dict[str, Any] = {}
    with tqdm(instances, unit="instance", desc="jobshop") as bar:
        for instance in bar:
            bar.set_postfix_str(instance.name)
            try:
                scores[instance.name] = _score(instance, solve_instance(instance, seconds))
            except PlanningError as error:
                _say(f"{instance.name}: {error}")
    if not scores:
        raise DataError(f"{data}: got {len(instances)} instances and no plan of any")
    means = {kind: _mean_gap(kind, list(scores.values())) for kind in KINDS}
    return {**scores, MEANS: means}


def _say(what: str) -> None:
    print(f"jobshop: {what}", file=sys.stderr, flush=True)


def _score(instance: Instance, solved: Solved) -> dict[str, Any]:
    best = instance.best_known
    return {
        "kind": instance.kind,
        "makespan": solved.makespan,
        "bound": solved.bound,
        "best_known": best,
        "gap": None if best is None else (solved.makespan - best) / best,
        "seconds": round(solved.seconds, 3),
        "rule_makespan": solved.rule_makespan,
    }


def _mean_gap(kind: str, scores: list[dict[str, Any]]) -> float | None:
    gaps = [one["gap"] for one in scores if one["kind"] == kind and one["gap"] is not None]
    return sum(gaps) / len(gaps) if gaps else None


def jobshop_lines(scores: dict[str, Any]) -> list[str]:
    """Lines of a table for `evaluate_jobshop`'s answer."""
    heads = ("makespan", "bound", "best known", "gap", "best rule", "seconds")
    lines = [f"{'instance':16}{'format':>10}" + "".join(f"{head:>12}" for head in heads)]
    for name, one in scores.items():
        if name != MEANS:
            cells = (
                f"{one['makespan']:,}",
                f"{one['bound']:,}",
                "–" if one["best_known"] is None else f"{one['best_known']:,}",
                _percent(one["gap"]),
                f"{one['rule_makespan']:,}",
                f"{one['seconds']:.1f}",
            )
            lines.append(f"{name:16}{one['kind']:>10}" + "".join(f"{cell:>12}" for cell in cells))
    means = scores[MEANS]
    lines += [f"mean gap, {kind}: {_percent(means[kind])}" for kind in KINDS]
    return lines


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.2f} %"
