"""Compiled: simulated annealing, a number of moves at a time.

A move that makes the plan dearer by Δ is kept with probability exp(−Δ / temperature).
Source: Kirkpatrick, Gelatt & Vecchi (1983), Science 220:671.
"""

from typing import Any

import numpy as np

from twin.scheduling.annealing.build import build, take_over
from twin.scheduling.annealing.lines import by_start, unmove
from twin.scheduling.annealing.moves import propose
from twin.scheduling.annealing.pick import uniform
from twin.scheduling.annealing.state import BAD, BEST, EXTRA, TOTAL, compiled, entry
from twin.scheduling.annealing.tasks import unmove_tasks
from twin.scheduling.annealing.timeline import NEVER
from twin.scheduling.annealing.times import forget, keep, settle

__all__ = ["anneal_moves", "build_from", "load", "sample_rises"]

SORT_EVERY = 512
"""Moves between two sortings of the order by start."""
LEAST_GAIN = 1e-9


@compiled
def _take_back(tl: Any, s: Any, total: float, extra: float, bad: int) -> None:
    unmove(tl, s)
    unmove_tasks(tl, s)
    forget(s)
    s.sums[TOTAL], s.sums[EXTRA], s.counts[BAD] = total, extra, bad


@compiled
def _remember(tl: Any, s: Any) -> None:
    """The state as the best, if it breaks no rule and is."""
    if s.counts[BAD] > 0 or s.sums[TOTAL] >= s.sums[BEST] - LEAST_GAIN:
        return
    s.sums[BEST] = s.sums[TOTAL]
    for x in range(len(tl.operation)):
        o = s.op[x]
        s.best_machine[x] = o.machine
        s.best_start[x] = o.start if o.machine >= 0 else -1
    for t in range(len(tl.task)):
        s.best_task_start[t], s.best_task_crew[t] = s.task[t].start, s.task[t].crew


@compiled
def _some_left_out(tl: Any) -> Any:
    for j in range(len(tl.job)):  # noqa: SIM110 (compiled code has no generators)
        if tl.job[j].left_out < NEVER:
            return True
    return False


@entry
def anneal_moves(tl: Any, s: Any, n_moves: int, hot: float, cold: float, patience: float) -> Any:
    """n moves while the temperature falls from hot to cold, geometrically; how many were kept."""
    leaves, kept, temperature = _some_left_out(tl), 0, hot
    falls = (cold / hot) ** (64.0 / n_moves) if hot > 0 else 1.0
    for i in range(n_moves):
        if i % 64 == 63:
            temperature *= falls
        if i % SORT_EVERY == 0:
            by_start(s)
        total, extra, bad = s.sums[TOTAL], s.sums[EXTRA], s.counts[BAD]
        keep(s)
        proposed = propose(tl, s, leaves)
        if proposed == 0:
            continue
        most = -temperature * np.log(1.0 - uniform(s))
        slack = patience * temperature if proposed == 1 else np.inf
        whole = settle(tl, s, total + most + slack)
        rise = s.sums[TOTAL] - total
        if whole and rise <= most:
            kept += 1
            if rise < 0:
                _remember(tl, s)
        else:
            _take_back(tl, s, total, extra, bad)
    keep(s)
    return kept


@entry
def sample_rises(tl: Any, s: Any, rises: Any) -> Any:
    """By how much random moves make it dearer, each taken back; how many of them did."""
    leaves, n = _some_left_out(tl), 0
    by_start(s)
    for _ in range(4 * len(rises)):
        total, extra, bad = s.sums[TOTAL], s.sums[EXTRA], s.counts[BAD]
        keep(s)
        if n == len(rises):
            break
        if propose(tl, s, leaves):
            settle(tl, s, np.inf)
            rise = s.sums[TOTAL] - total
            if rise > 0 and s.counts[BAD] <= bad:
                rises[n] = rise
                n += 1
            _take_back(tl, s, total, extra, bad)
    keep(s)
    return n


@entry
def build_from(tl: Any, s: Any, tasks: Any, jobs: Any) -> None:
    """A first schedule in an empty state."""
    build(tl, s, tasks, jobs)
    _remember(tl, s)


@entry
def load(tl: Any, s: Any, plan: Any, order: Any, reluctance: float) -> None:
    """A given schedule into an empty state."""
    take_over(tl, s, plan, order, reluctance)
    _remember(tl, s)
