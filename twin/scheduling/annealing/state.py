"""What annealing changes: who stands where in which line, since when, and how to take it back.

An operation's time follows from the lines: it starts as soon as its machine is free and set up, its
job has arrived and its not-before time has come, and flows around the tasks on its machine, whose
starts are chosen freely. `order` holds all operations so that predecessors on job and machine come
first: along it, a change spreads in one sweep. Compiled code reads and writes these arrays.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.scheduling.annealing.timeline import Timeline
from twin.scheduling.schedule import Schedule

__all__ = [
    "BAD",
    "BEST",
    "CHANGED",
    "EXTRA",
    "LATES",
    "LOGGED",
    "MOVED",
    "PLACED",
    "TASKS",
    "TOTAL",
    "TOUCHED",
    "State",
    "best_of",
    "compiled",
    "entry",
    "inlined",
    "new_state",
    "schedule_of",
]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[Any]

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
INNER: dict[str, Any] = OPTIONS | {
    "cache": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
entry: Any = njit(**OPTIONS)
"""Called from Python. The others are not, and need no way in: half the time to compile."""
compiled: Any = njit(**INNER)
inlined: Any = njit(inline="always", **INNER)

PLACED, BAD, LOGGED, LATES, MOVED, TASKS, TOUCHED, CHANGED = range(8)
"""Counts: operations in the order; operations and tasks that break a rule; entries of the logs;
operations that are to be timed again; operations on another machine than in the plan in force."""
TOTAL, EXTRA, BEST = range(3)
"""Sums: the total; makespan and idling in it; the least total of a schedule without a fault."""

OP = np.dtype(
    [
        ("machine", "i8"),
        ("alternative", "i8"),
        ("slot", "i8"),
        ("at", "i8"),
        ("not_before", "i8"),
        ("start", "i8"),
        ("end", "i8"),
        ("setup", "i8"),
        ("bad", "i8"),
        ("own", "f8"),
    ]
)
LOG = np.dtype(
    [("op", "i8"), ("start", "i8"), ("end", "i8"), ("setup", "i8"), ("bad", "i8"), ("own", "f8")]
)
MOVE = np.dtype(
    [
        ("op", "i8"),
        ("machine", "i8"),
        ("alternative", "i8"),
        ("slot", "i8"),
        ("at", "i8"),
        ("not_before", "i8"),
    ]
)
TASK_STATE = np.dtype([("start", "i8"), ("crew", "i8"), ("bad", "i8"), ("cost", "f8")])
TASK_LOG = np.dtype(
    [("task", "i8"), ("start", "i8"), ("crew", "i8"), ("bad", "i8"), ("cost", "f8")]
)
LATE_LOG = np.dtype([("job", "i8"), ("cost", "f8")])


class State(NamedTuple):
    op: Rows
    """OP (n,): machine -1, its job is left out; own, its cost but the job's lateness."""
    order: Ints
    """(n,) operations; the first `counts[PLACED]` count."""
    line: Ints
    """Operations of each machine in order, at Timeline.machine.line."""
    in_line: Ints
    """(M,) how many."""
    task: Rows
    task_line: Ints
    in_task_line: Ints
    late: Array
    """(J,) cost of a job's completion, or of leaving it out."""
    counts: Ints
    sums: Array
    dirty: NDArray[np.uint64]
    """A bit for each place of the order: to be timed again. Only within `settle`."""
    touched: Ints
    """Operations to be timed again."""
    log: Rows
    late_log: Rows
    moves: Rows
    task_log: Rows
    best_machine: Ints
    best_start: Ints
    best_task_start: Ints
    best_task_crew: Ints
    rng: NDArray[np.uint64]


def new_state(tl: Timeline, seed: int) -> State:
    """Nothing placed."""
    n, J, M, T = len(tl.operation), len(tl.job), len(tl.machine), len(tl.task)
    op, task = np.zeros(n, OP), np.zeros(T, TASK_STATE)
    sweeps = int(tl.job["n"].max(initial=0)) + 1  # a job put in is settled after each operation
    op["machine"] = -1
    task["start"], task["crew"], task["cost"] = -1, -1, tl.task["skip"]
    return State(
        op=op,
        order=np.zeros(n, np.int64),
        line=np.zeros(len(tl.alternative), np.int64),
        in_line=np.zeros(M, np.int64),
        task=task,
        task_line=np.zeros(T, np.int64),
        in_task_line=np.zeros(M, np.int64),
        late=np.zeros(J),
        counts=np.zeros(8, np.int64),
        sums=np.array([0.0, 0.0, np.inf]),
        dirty=np.zeros(n // 64 + 2, np.uint64),
        touched=np.zeros(4 * n + 64, np.int64),
        log=np.zeros(n * sweeps, LOG),
        late_log=np.zeros(J * sweeps + n, LATE_LOG),
        moves=np.zeros(2 * n + 2, MOVE),
        task_log=np.zeros(2 * T + 2, TASK_LOG),
        best_machine=np.full(n, -1, np.int64),
        best_start=np.full(n, -1, np.int64),
        best_task_start=np.full(T, -1, np.int64),
        best_task_crew=np.full(T, -1, np.int64),
        rng=np.array([np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] | 1], np.uint64),
    )


def schedule_of(state: State) -> Schedule:
    """As it stands now."""
    op, task = state.op, state.task
    start = np.where(op["machine"] < 0, -1, op["start"])
    return Schedule(op["machine"].copy(), start, task["start"].copy(), task["crew"].copy())


def best_of(state: State) -> Schedule:
    """The cheapest it has been."""
    rows = (state.best_machine, state.best_start, state.best_task_start, state.best_task_crew)
    return Schedule(*(row.copy() for row in rows))
