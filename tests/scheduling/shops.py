"""Job shops to try things on, and the plainest reckoning of what a plan of one takes."""

from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem, Weights

__all__ = ["FT06", "brute_force", "longest_path", "random_plan", "shop_problem", "shops"]

MAKESPAN = Weights(makespan=1.0, tardiness=0, risk=0, energy=0, changeover=0, stability=0)
FT06 = (
    ((2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)),
    ((1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)),
    ((2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)),
    ((1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)),
    ((2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)),
    ((1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)),
)
"""Fisher & Thompson (1963); its least makespan is 55."""


def shop_problem(jobs, n_machines, releases=None, horizon=None):
    """jobs: of each job its operations, of each operation {machine: duration}. Cost is makespan."""
    releases = releases or [0] * len(jobs)
    horizon = horizon or max(releases) + sum(max(o.values()) for job in jobs for o in job)
    return Problem(
        jobs=tuple(
            Job(
                f"j{j}", tuple(Operation(tuple(Alternative(*c) for c in o.items())) for o in job), r
            )
            for j, (job, r) in enumerate(zip(jobs, releases, strict=True))
        ),
        machines=tuple(Machine(f"m{m}") for m in range(n_machines)),
        calendars=(((0, horizon),),),
        horizon=horizon,
        tick_s=3600.0,
        weights=MAKESPAN,
    )


@st.composite
def shops(draw, max_jobs=4, max_steps=4, n_machines=3, flexible=True):
    """A problem whose jobs may visit a machine twice, with releases."""
    machine = st.integers(0, n_machines - 1)
    most = n_machines if flexible else 1
    operation = st.dictionaries(machine, st.integers(1, 9), min_size=1, max_size=most)
    jobs = draw(
        st.lists(st.lists(operation, min_size=1, max_size=max_steps), min_size=1, max_size=max_jobs)
    )
    releases = [draw(st.integers(0, 6)) for _ in jobs]
    return shop_problem(jobs, n_machines, releases)


def random_plan(shop, seed):
    """A machine of its own for each operation, and an order that keeps every job's."""
    rng = np.random.default_rng(seed)
    job = np.cumsum(shop.before < 0) - 1
    turns = [list(np.flatnonzero(job == j)) for j in range(job[-1] + 1)]
    order = [turns[j].pop(0) for j in rng.permutation(job)]
    choices = [rng.integers(a, b) for a, b in zip(shop.options, shop.options[1:], strict=False)]
    return shop.machines[choices].copy(), np.array(order, np.int64)


def longest_path(shop, machine, orders, duration=None):
    """Heads, tails and makespan by definition, machine by machine in the orders given.

    Raises RecursionError on a cycle.
    """
    n = len(shop.before)
    took = duration or [_took(shop, i, machine[i]) for i in range(n)]
    ahead = {i: {int(shop.before[i])} - {-1} for i in range(n)}
    behind = {i: {int(shop.after[i])} - {-1} for i in range(n)}
    for order in orders:
        for u, v in pairwise(order):
            ahead[v].add(u)
            behind[u].add(v)

    @cache
    def head(i):
        return max([int(shop.release[i]), *(head(j) + took[j] for j in ahead[i])])

    @cache
    def tail(i):
        return max((tail(j) + took[j] for j in behind[i]), default=0)

    heads, tails = [head(i) for i in range(n)], [tail(i) for i in range(n)]
    return heads, tails, max(h + p for h, p in zip(heads, took, strict=True))


def _took(shop, i, machine):
    choices = range(shop.options[i], shop.options[i + 1])
    return next(int(shop.durations[c]) for c in choices if shop.machines[c] == machine)


def brute_force(shop):
    """The least makespan: every operation next on every machine, as early as it can."""
    n, best = len(shop.before), [10**9]

    def go_on(end, free):
        latest = max(end.values(), default=0)
        if latest >= best[0]:
            return
        if len(end) == n:
            best[0] = latest
        for i in range(n):
            j = int(shop.before[i])
            if i in end or (j >= 0 and j not in end):
                continue
            for c in range(shop.options[i], shop.options[i + 1]):
                k = int(shop.machines[c])
                came = end[j] if j >= 0 else int(shop.release[i])
                done = max(free[k], came) + int(shop.durations[c])
                go_on({**end, i: done}, {**free, k: done})

    go_on({}, dict.fromkeys(range(shop.n_machines), 0))
    return best[0]
