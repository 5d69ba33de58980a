"""What a schedule costs, term by term, from the records alone.

Written to be read beside `schedule.Terms` and `problem`, not to be fast; no solver uses it inside
its loop, and every solver's cost is compared with it.
"""

from math import exp

from twin.scheduling.layout import Layout, alternative_on, machine_orders, numbered
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule, Terms
from twin.scheduling.working_time import WorkingTime

__all__ = ["terms_of"]


def terms_of(problem: Problem, schedule: Schedule, layout: Layout) -> Terms:
    """Every term of a schedule in which all that must be placed is, and ends.

    Left-out jobs and tasks not placed cost what the problem says; where that is inf, so is the
    total.
    """
    tardiness, late_jobs, late_h = _tardiness(problem, layout)
    energy, energy_kwh = _energy(problem, schedule, layout)
    changeover, setup_h = _changeover(problem, schedule, layout)
    makespan_h = max([0, *layout.end.tolist()]) * problem.tick_h
    risk = _risk(problem, schedule)
    idle_h = _idle_h(problem, schedule, layout)
    stability = _stability(problem, schedule)
    objectives = (makespan_h, tardiness, risk, energy, changeover, idle_h, stability)
    total = sum(w * cost for w, cost in zip(problem.weights, objectives, strict=True) if w)
    return Terms(*objectives, total, late_jobs, late_h, energy_kwh, setup_h)


def _tardiness(problem: Problem, layout: Layout) -> tuple[float, int, float]:
    """Money, jobs late or left out, hours: late_cost_h · max(0, completion − due) + left out."""
    money, jobs, hours = 0.0, 0, 0.0
    end, first = layout.end.tolist(), 0
    for job in problem.jobs:
        completion = max(end[first : first + len(job.operations)])
        first += len(job.operations)
        if completion < 0:
            money, jobs = money + job.left_out_cost, jobs + 1
        elif job.due is not None and completion > job.due:
            late_h = (completion - job.due) * problem.tick_h
            money, jobs, hours = money + job.late_cost_h * late_h, jobs + 1, hours + late_h
    return money, jobs, hours


def _risk(problem: Problem, schedule: Schedule) -> float:
    """Each task's curve at the bucket of its start, the last value from there on; or its skip."""
    money = 0.0
    for start, task in zip(schedule.task_start.tolist(), problem.tasks, strict=True):
        bucket = min(start // problem.bucket, len(task.risk) - 1)
        money += task.skip_cost if start < 0 else task.risk[bucket]
    return money


def _energy(problem: Problem, schedule: Schedule, layout: Layout) -> tuple[float, float]:
    """Money and kWh: power · price of the tick's bucket, over working ticks of operations.

    Setups and closed times draw nothing.
    """
    times = [WorkingTime(problem.calendars[machine.calendar]) for machine in problem.machines]
    spent = _Spent(problem)
    money, kwh = 0.0, 0.0
    rows = zip(schedule.machine.tolist(), layout.start.tolist(), layout.end.tolist(), strict=True)
    for (_, _, operation), (m, start, end) in zip(numbered(problem), rows, strict=True):
        alternative = alternative_on(operation, m)
        if alternative is None or alternative.power_kw == 0.0:
            continue
        price = sum(spent.until(b) - spent.until(a) for a, b in times[m].open_parts(start, end))
        money += alternative.power_kw * price * problem.tick_h
        kwh += alternative.power_kw * alternative.duration * problem.tick_h
    return money, kwh


class _Spent:
    """Σ price(tick // bucket) over the ticks before one, by whole buckets and a rest."""

    def __init__(self, problem: Problem) -> None:
        self._price, self._bucket = [float(p) for p in problem.price], problem.bucket
        self._whole = [0.0]
        for price in self._price:
            self._whole.append(self._whole[-1] + price * self._bucket)

    def until(self, tick: int) -> float:
        last = min(tick // self._bucket, len(self._price) - 1)
        return self._whole[last] + self._price[last] * (tick - last * self._bucket)


def _changeover(problem: Problem, schedule: Schedule, layout: Layout) -> tuple[float, float]:
    """Money and hours of setup work."""
    money, hours = 0.0, 0.0
    for m, setup in zip(schedule.machine.tolist(), layout.setup.tolist(), strict=True):
        if m >= 0:
            hours += setup * problem.tick_h
            money += problem.machines[m].setup_cost_h * setup * problem.tick_h
    return money, hours


def _idle_h(problem: Problem, schedule: Schedule, layout: Layout) -> float:
    """Open hours between a machine's first block's start and last block's end with neither block
    nor task, all machines."""
    setup_start, end = layout.setup_start.tolist(), layout.end.tolist()
    ticks = 0
    for m, order in enumerate(machine_orders(problem, schedule)):
        if not order:
            continue
        time = WorkingTime(problem.calendars[problem.machines[m].calendar])
        held = [(setup_start[i], end[i]) for i in order]
        until, last = min(a for a, _ in held), max(b for _, b in held)
        for a, b in sorted(held + _tasks_on(problem, schedule, layout, m)):
            ticks += max(0, time.worked(min(a, last)) - time.worked(until))
            until = max(until, min(b, last))
    return ticks * problem.tick_h


def _tasks_on(
    problem: Problem, schedule: Schedule, layout: Layout, m: int
) -> list[tuple[int, int]]:
    rows = zip(schedule.task_start.tolist(), layout.task_end.tolist(), problem.tasks, strict=True)
    return [(start, end) for start, end, task in rows if start >= 0 and task.machine == m]


def _stability(problem: Problem, schedule: Schedule) -> float:
    """Σ near · (machine_cost · [other machine] + time_cost · min(1, |Δstart| / cap)).

    near = exp(−start / fade) with the start in the plan in force (Reference). What is not in that
    plan moves free. What is in it and left out counts as moved by the cap, an operation also as
    moved to another machine.
    """
    plan = problem.reference
    if plan is None:
        return 0.0
    money = 0.0
    rows = zip(*(row.tolist() for row in (plan.machine, plan.start)), strict=True)
    now = zip(schedule.machine.tolist(), schedule.start.tolist(), strict=True)
    for (was_m, was), (m, start) in zip(rows, now, strict=True):
        if was_m >= 0:
            moved = plan.time_cost * _moved(was, start, plan.cap)
            money += exp(-was / plan.fade) * (plan.machine_cost * (m != was_m) + moved)
    for was, start in zip(plan.task_start.tolist(), schedule.task_start.tolist(), strict=True):
        if was >= 0:
            money += exp(-was / plan.fade) * plan.time_cost * _moved(was, start, plan.cap)
    return money


def _moved(was: int, start: int, cap: int) -> float:
    return 1.0 if start < 0 else min(1.0, abs(start - was) / cap)
