"""A problem as dense arrays, for compiled code.

Of every calendar: how many open ticks there are before each tick, which tick the k-th open one is,
and what a kW has cost by each tick; so an operation's end and its energy are two look-ups each.
Operations, alternatives, jobs, machines and tasks are rows of records: what belongs to one lies in
one cache line. Money is weighted and per tick, so that costs add up to the total of the terms.
"""

from math import exp, inf, isinf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.annealing.calendars import Calendars, dense_calendars
from twin.scheduling.problem import Alternative, Operation, Problem

__all__ = ["NEVER", "Timeline", "timeline"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[Any]

NEVER = 1 << 40
"""A tick that no schedule reaches."""

OPERATION = np.dtype(
    [
        ("job", "i8"),
        ("step", "i8"),
        ("last", "i8"),
        ("family", "i8"),
        ("first_alternative", "i8"),
        ("n_alternatives", "i8"),
        ("pin", "i8"),
        ("was_machine", "i8"),
        ("was_start", "i8"),
        ("near_machine", "f8"),
        ("near_time", "f8"),
    ]
)
ALTERNATIVE = np.dtype([("machine", "i8"), ("duration", "i8"), ("power", "f8")])
JOB = np.dtype(
    [
        ("first", "i8"),
        ("n", "i8"),
        ("release", "i8"),
        ("due", "i8"),
        ("late", "f8"),
        ("left_out", "f8"),
    ]
)
MACHINE = np.dtype(
    [
        ("calendar", "i8"),
        ("site", "i8"),
        ("setup", "i8"),
        ("family", "i8"),
        ("setup_cost", "f8"),
        ("line", "i8"),
        ("task_line", "i8"),
    ]
)
TASK = np.dtype(
    [
        ("machine", "i8"),
        ("duration", "i8"),
        ("earliest", "i8"),
        ("latest", "i8"),
        ("risk", "i8"),
        ("n_risk", "i8"),
        ("part", "i8"),
        ("pin", "i8"),
        ("was_start", "i8"),
        ("must", "i8"),
        ("near_time", "f8"),
        ("skip", "f8"),
    ]
)


class Timeline(NamedTuple):
    """Everything of a problem that compiled code reads."""

    operation: Rows
    """OPERATION (n,): pin, the tick at which it must start, -1 if none."""
    alternative: Rows
    """ALTERNATIVE (A,): power, money for each unit of price and tick."""
    job: Rows
    """JOB (J,): late, money a tick."""
    machine: Rows
    """MACHINE (M,): line and task_line, where its places begin in flat lists of all machines."""
    task: Rows
    """TASK (T,): risk, where its curve begins."""
    risk: Array
    setups: Ints
    """(S, F, F)."""
    transport: Ints
    worked: NDArray[np.int32]
    """(C, horizon + 1) open ticks before each tick."""
    open_at: NDArray[np.int32]
    """(C, horizon) tick of the k-th open one; only the first `total` count."""
    total: Ints
    """(C,) open ticks in all."""
    spent: Array
    """(C, horizon + 1) price summed over the open ticks before each."""
    crew_calendar: Ints
    crew_can: NDArray[np.bool_]
    """(T, crews): has the skill, works at the site, and is the pinned one if one is."""
    arrival: Ints
    """All parts' arrivals, one part after the other."""
    arrival_first: Ints
    cheaper: Ints
    """Ticks at which the price falls."""
    horizon: int
    bucket: int
    most_changed: int
    """How many operations may be on another machine than in the plan in force."""
    cap: float
    """Ticks beyond which a start has moved altogether."""
    makespan_cost: float
    """Money a tick."""
    idle_cost: float
    """Money a tick."""
    penalty: float
    """For each tick beyond the horizon or off a pin: more than any lateness of a tick."""


def timeline(problem: Problem) -> Timeline:
    """Compile; memory is 16 bytes per tick and different calendar."""
    days = dense_calendars(problem)
    jobs = _jobs(problem)
    alternatives, operations = _operations(problem)
    moved = operations["near_machine"] + operations["near_time"]
    jobs["left_out"] += np.bincount(operations["job"], moved, minlength=len(jobs))
    tasks, risk = _tasks(problem)
    per_tick = problem.tick_h
    price = np.concatenate([problem.price, problem.price[-1:]])
    return Timeline(
        operation=operations,
        alternative=alternatives,
        job=jobs,
        machine=_machines(problem, days, alternatives),
        task=tasks,
        risk=risk,
        setups=_setups(problem),
        transport=np.ascontiguousarray(problem.transport, np.int64),
        worked=days.worked,
        open_at=days.open_at,
        total=days.total,
        spent=days.spent,
        crew_calendar=np.array([days.number[crew.calendar] for crew in problem.crews], np.int64),
        crew_can=_crew_can(problem),
        arrival=np.array([a for part in problem.parts for a in part], np.int64),
        arrival_first=np.cumsum([0, *(len(part) for part in problem.parts)], dtype=np.int64),
        cheaper=(np.flatnonzero(np.diff(price) < 0) + 1).astype(np.int64) * problem.bucket,
        horizon=int(problem.horizon),
        bucket=int(problem.bucket),
        most_changed=problem.n_operations,
        cap=float(problem.reference.cap) if problem.reference else 1.0,
        makespan_cost=float(problem.weights.makespan * per_tick),
        idle_cost=float(problem.weights.idle * per_tick),
        penalty=float(10.0 * (1.0 + jobs["late"].max(initial=0.0))),
    )


def _weighted(weight: float, cost: float) -> float:
    """inf stays inf, whatever it is worth: it says that something must be."""
    return inf if isinf(cost) else weight * cost


def _jobs(problem: Problem) -> Rows:
    rows, first, weights = np.zeros(len(problem.jobs), JOB), 0, problem.weights
    for row, job in zip(rows, problem.jobs, strict=True):
        late = 0.0 if job.due is None else weights.tardiness * job.late_cost_h * problem.tick_h
        row["first"], row["n"], row["release"] = first, len(job.operations), job.release
        row["due"], row["late"] = NEVER if job.due is None else job.due, late
        pinned = any(operation.pin is not None for operation in job.operations)
        row["left_out"] = inf if pinned else _weighted(weights.tardiness, job.left_out_cost)
        first += len(job.operations)
    return rows


def _operations(problem: Problem) -> tuple[Rows, Rows]:
    """Alternatives and operations; of a pinned one only the machine it is pinned to is left."""
    alternatives: list[tuple[int, int, float]] = []
    rows = np.zeros(problem.n_operations, OPERATION)
    steps = [
        (j, step, job) for j, job in enumerate(problem.jobs) for step in range(len(job.operations))
    ]
    unit = problem.weights.energy * problem.tick_h
    for row, (j, step, job) in zip(rows, steps, strict=True):
        operation = job.operations[step]
        mine = _allowed(operation)
        row["job"], row["step"], row["family"] = j, step, operation.family
        row["last"] = step == len(job.operations) - 1
        row["first_alternative"], row["n_alternatives"] = len(alternatives), len(mine)
        pin = None if operation.pin is None else operation.pin.start
        row["pin"] = -1 if pin is None else pin
        alternatives += [(a.machine, a.duration, unit * a.power_kw) for a in mine]
    _remember(problem, rows)
    return np.array(alternatives, ALTERNATIVE), rows


def _allowed(operation: Operation) -> list[Alternative]:
    pin = operation.pin
    return [a for a in operation.alternatives if pin is None or a.machine == pin.machine]


def _remember(problem: Problem, rows: Rows) -> None:
    """The plan in force, and what it costs to leave it."""
    rows["was_machine"], rows["was_start"] = -1, -1
    plan, weight = problem.reference, problem.weights.stability
    if plan is None:
        return
    near = weight * np.exp(-plan.start / plan.fade) * (plan.machine >= 0)
    rows["was_machine"], rows["was_start"] = plan.machine, plan.start
    rows["near_machine"], rows["near_time"] = near * plan.machine_cost, near * plan.time_cost


def _machines(problem: Problem, days: Calendars, alternatives: Rows) -> Rows:
    n = len(problem.machines)
    rows = np.zeros(n, MACHINE)
    cost = problem.weights.changeover * problem.tick_h
    for row, machine in zip(rows, problem.machines, strict=True):
        row["calendar"], row["site"] = days.number[machine.calendar], machine.site
        row["setup"], row["family"] = machine.setup, machine.family
        row["setup_cost"] = cost * machine.setup_cost_h
    places = np.bincount(alternatives["machine"], minlength=n)
    tasks = np.bincount([task.machine for task in problem.tasks], minlength=n)
    rows["line"] = np.cumsum(places) - places
    rows["task_line"] = np.cumsum(tasks) - tasks
    return rows


def _tasks(problem: Problem) -> tuple[Rows, Array]:
    rows, risk = np.zeros(len(problem.tasks), TASK), list[float]()
    weights, plan = problem.weights, problem.reference
    for t, (row, task) in enumerate(zip(rows, problem.tasks, strict=True)):
        row["machine"], row["duration"], row["part"] = task.machine, task.duration, task.part
        row["earliest"], row["latest"] = task.earliest, task.latest
        row["risk"], row["n_risk"] = len(risk), len(task.risk)
        row["pin"] = -1 if task.pin is None else task.pin.start
        row["must"] = isinf(task.skip_cost) or task.pin is not None
        row["skip"] = 0.0 if row["must"] else weights.risk * task.skip_cost
        row["was_start"] = -1 if plan is None else plan.task_start[t]
        if plan is not None and row["was_start"] >= 0:
            near = exp(-row["was_start"] / plan.fade)
            row["near_time"] = weights.stability * near * plan.time_cost
        risk += [weights.risk * cost for cost in task.risk]
    return rows, np.array(risk, np.float64)


def _setups(problem: Problem) -> Ints:
    size = max(len(matrix) for matrix in problem.setups)
    dense = np.zeros((len(problem.setups), size, size), np.int64)
    for row, matrix in zip(dense, problem.setups, strict=True):
        row[: len(matrix), : len(matrix)] = matrix
    return dense


def _crew_can(problem: Problem) -> NDArray[np.bool_]:
    can = np.zeros((len(problem.tasks), len(problem.crews)), np.bool_)
    for t, task in enumerate(problem.tasks):
        site = problem.machines[task.machine].site
        for c, crew in enumerate(problem.crews):
            wanted = task.pin is None or task.pin.crew in {None, c}
            can[t, c] = task.skill in crew.skills and site in crew.sites and wanted
    return can
