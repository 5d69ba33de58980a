"""Problems so small that every schedule can be tried, with every rule and every cost."""

from dataclasses import replace

import numpy as np

from twin.scheduling.problem import (
    Alternative,
    Crew,
    Job,
    Machine,
    Operation,
    Pin,
    Problem,
    Reference,
    Task,
    Weights,
)

__all__ = ["tiny_problem"]

SHAPES = (((2,), 1), ((1, 1), 1), ((2, 1), 0), ((1, 1, 1), 0), ((1,), 2))
"""Operations of each job, and how many tasks."""


def tiny_problem(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    steps, n_tasks = SHAPES[seed % len(SHAPES)]
    horizon = 13 if n_tasks == 2 or sum(steps) == 2 else 11
    price = rng.integers(0, 9, 5).astype(float)
    problem = Problem(
        jobs=tuple(_job(rng, j, n) for j, n in enumerate(steps)),
        machines=tuple(
            Machine(f"m{m}", m, m, 0, int(rng.integers(-1, 3)), float(rng.integers(0, 4)))
            for m in range(2)
        ),
        calendars=(_calendar(rng, horizon), _calendar(rng, horizon), ((1, 6), (7, horizon))),
        horizon=horizon,
        tasks=tuple(_task(rng, t, horizon) for t in range(n_tasks)),
        crews=(Crew("c", 2, frozenset({0}), frozenset({0, 1})),),
        parts=((0, 5),) if rng.random() < 0.5 else ((2,),),
        setups=(rng.integers(0, 3, (3, 3)) * (1 - np.eye(3, dtype=np.int64)),),
        transport=np.array([[0, 1], [2, 0]]),
        price=price,
        tick_s=3600.0,
        bucket=2,
        weights=Weights(*(float(w) for w in rng.choice([0.0, 1.0, 2.5], 7))),
    )
    return _with_reference(rng, problem) if rng.random() < 0.5 else problem


def _calendar(rng, horizon):
    a = int(rng.integers(2, 6))
    return (
        ((0, a), (a + int(rng.integers(1, 4)), horizon)) if rng.random() < 0.7 else ((0, horizon),)
    )


def _job(rng, j: int, n: int) -> Job:
    operations = tuple(
        Operation(
            tuple(
                Alternative(m, int(rng.integers(1, 4)), float(rng.integers(0, 4)))
                for m in range(2)
                if m == 0 or rng.random() < 0.5
            ),
            int(rng.integers(3)),
            Pin(0) if rng.random() < 0.15 else None,
        )
        for _ in range(n)
    )
    optional = rng.random() < 0.5
    left_out = float(rng.integers(20, 60)) if optional else np.inf
    return Job(f"j{j}", operations, int(rng.integers(3)), int(rng.integers(2, 9)), 4.0, left_out)


def _task(rng, t: int, horizon: int) -> Task:
    earliest = int(rng.integers(4))
    risk = tuple(float(c) for c in rng.integers(0, 30, 5))
    skip = float(rng.integers(10, 40)) if rng.random() < 0.6 else np.inf
    return Task(f"t{t}", t % 2, int(rng.integers(1, 4)), earliest, horizon - 3, risk, skip, 0, 0)


def _with_reference(rng, problem: Problem) -> Problem:
    n, k = problem.n_operations, len(problem.tasks)
    plan = Reference(
        rng.integers(-1, 2, n), rng.integers(0, 8, n), rng.integers(-1, 6, k), 3.0, 5.0, 4, 6.0
    )
    return replace(problem, reference=plan)
