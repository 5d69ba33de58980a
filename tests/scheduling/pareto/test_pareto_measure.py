"""All objectives of a state, against the checker."""

import numpy as np
import pytest

from twin.evaluation.invented import small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.annealing.loop import load
from twin.scheduling.annealing.state import new_state
from twin.scheduling.annealing.timeline import timeline
from twin.scheduling.check import check
from twin.scheduling.objectives import OBJECTIVES, of_weights
from twin.scheduling.pareto.measure import Yardstick
from twin.scheduling.rules import RULES


@pytest.mark.parametrize("seed", range(24))
def test_measure_is_what_the_checker_reckons(seed):
    problem = random_problem(np.random.default_rng(seed)) if seed % 4 else small_plant(seed)
    tl, yardstick = timeline(problem), Yardstick(problem)
    for rule in RULES.values():
        plan = rule(problem)
        state = new_state(tl, 1)
        placed = np.flatnonzero(plan.machine >= 0)
        load(tl, state, plan, placed[np.argsort(plan.start[placed], kind="stable")], 2.0)
        want = of_weights(check(problem, plan).terms)
        got = dict(zip(OBJECTIVES, yardstick.measure(state).tolist(), strict=True))
        assert got == pytest.approx(want, rel=1e-9, abs=1e-6)
