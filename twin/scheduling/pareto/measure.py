"""All objectives of a state of the annealer at once, whatever weights it was annealed with.

A search that weighs objectives anew at every step cannot ask the checker each time: this takes a
fraction of a millisecond, from starts, ends and setups as they are. Tests hold it to the checker.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.annealing.state import State
from twin.scheduling.annealing.timeline import Timeline, timeline
from twin.scheduling.objectives import OBJECTIVES, weighted
from twin.scheduling.problem import Problem

__all__ = ["Yardstick"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class _Held(NamedTuple):
    """What is placed, row by row."""

    operation: Ints
    machine: Ints
    calendar: Ints
    start: Ints
    end: Ints
    setup: Ints


class Yardstick:
    """Measures any state of one problem."""

    def __init__(self, problem: Problem) -> None:
        self._tl = timeline(weighted(problem, dict.fromkeys(OBJECTIVES, 1.0)))
        self._left_out = np.array([job.left_out_cost for job in problem.jobs])
        self._tick_h = problem.tick_h

    def measure(self, state: State) -> Array:
        """(7,) as OBJECTIVES; of a state that breaks no rule."""
        tl, op = self._tl, state.op
        placed = np.flatnonzero(op["machine"] >= 0)
        machine = op["machine"][placed]
        times = (op[name][placed] for name in ("start", "end", "setup"))
        held = _Held(placed, machine, tl.machine["calendar"][machine], *times)
        makespan_h = int(held.end.max(initial=0)) * self._tick_h
        late = _tardiness(tl, state, self._left_out)
        changeover = float(tl.machine["setup_cost"][machine] @ held.setup)
        idle_h = _idle(tl, state, held) * self._tick_h
        risk, energy = _risk(tl, state.task["start"]), _energy(tl, state, held)
        return np.array(
            [makespan_h, late, risk, energy, changeover, idle_h, _stability(tl, state, held)]
        )


def _tardiness(tl: Timeline, state: State, left_out: Array) -> float:
    last = tl.job["first"] + tl.job["n"] - 1
    late = tl.job["late"] * np.maximum(0, state.op["end"][last] - tl.job["due"])
    return float(np.where(state.op["machine"][last] < 0, left_out, late).sum())


def _risk(tl: Timeline, start: Ints) -> float:
    if len(start) == 0:
        return 0.0
    bucket = np.clip(start // tl.bucket, 0, tl.task["n_risk"] - 1)
    return float(np.where(start < 0, tl.task["skip"], tl.risk[tl.task["risk"] + bucket]).sum())


def _energy(tl: Timeline, state: State, held: _Held) -> float:
    power = tl.alternative["power"][state.op["alternative"][held.operation]]
    spent = tl.spent[held.calendar, held.end] - tl.spent[held.calendar, held.start]
    return float(power @ spent)


def _idle(tl: Timeline, state: State, held: _Held) -> int:
    """Open ticks from a machine's first block to its last end, less operations and tasks."""
    n, horizon = len(tl.machine), tl.horizon
    first, last, used = np.full(n, horizon), np.zeros(n, np.int64), np.zeros(n, np.int64)
    begun = tl.worked[held.calendar, held.start]
    done = tl.worked[held.calendar, held.end]
    np.minimum.at(first, held.machine, begun - held.setup)
    np.maximum.at(last, held.machine, done)
    np.add.at(used, held.machine, done - begun)
    for row, task in zip(state.task, tl.task, strict=True):
        m, c = task["machine"], tl.machine["calendar"][task["machine"]]
        if row["start"] >= 0:
            a, b = tl.worked[c, row["start"]], tl.worked[c, row["start"] + task["duration"]]
            used[m] += max(0, min(b, last[m]) - max(a, first[m]))
    return int(np.maximum(0, last - first - used).sum())


def _stability(tl: Timeline, state: State, held: _Held) -> float:
    """As the checker has it: what is left out has moved altogether."""
    op, task = tl.operation, tl.task
    moved = np.ones(len(op))
    moved[held.operation] = np.abs(held.start - op["was_start"][held.operation]) / tl.cap
    money = op["near_time"] @ np.minimum(1.0, moved)
    money += op["near_machine"] @ (state.op["machine"] != op["was_machine"])
    start = state.task["start"]
    moved = np.where(start < 0, 1.0, np.abs(start - task["was_start"]) / tl.cap)
    return float(money + task["near_time"] @ np.minimum(1.0, moved))
