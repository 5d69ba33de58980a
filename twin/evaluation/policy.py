"""What a maintenance rule would have cost, against a clairvoyant: out of fold, by machine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.maintenance import (
    Outcome,
    age_outcome,
    best_age,
    control_limit,
    oracle_outcome,
    rule_outcome,
    run_to_failure,
)

__all__ = ["policy_ratios"]

Array = NDArray[np.float64]

PLANNED, FAILURE, LEAD = 1.0, 10.0, 10


def policy_ratios(risk: Sequence[Array], life: Array, fold: NDArray[np.int64]) -> dict[str, float]:
    """Cost per step relative to the oracle's, of the rule and of trivial policies.

    risk (T_i,) of each machine at ages 1, 2, …, predicted by a model that never saw it; the limit
    of a fold comes from the machines outside it. Unplanned stops cost ten planned ones, a slot is
    asked for ten steps ahead.
    """
    rule, age = Outcome(0.0, 0.0, 0, 0), Outcome(0.0, 0.0, 0, 0)
    for f in np.unique(fold):
        inside, outside = np.flatnonzero(fold == f), np.flatnonzero(fold != f)
        g = control_limit(
            [risk[i] for i in outside.tolist()], life[outside], PLANNED, FAILURE, LEAD
        )
        mine = [risk[i] for i in inside.tolist()]
        rule = rule.plus(rule_outcome(mine, life[inside], g, PLANNED, FAILURE, LEAD))
        fixed = best_age(life[outside], PLANNED, FAILURE)
        age = age.plus(age_outcome(fixed, life[inside], PLANNED, FAILURE))
    oracle = oracle_outcome(life, PLANNED).rate
    hindsight = age_outcome(best_age(life, PLANNED, FAILURE), life, PLANNED, FAILURE)
    return {
        "rule": rule.rate / oracle,
        "rule_failures": float(rule.failures),
        "run_to_failure": run_to_failure(life, FAILURE).rate / oracle,
        "fixed_age": age.rate / oracle,
        "fixed_age_in_hindsight": hindsight.rate / oracle,
    }
