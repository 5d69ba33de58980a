"""What a schedule costs, term by term, from the records alone.

Written to be read beside `schedule.Terms` and `problem`; no solver uses it inside its loop, and
every solver's cost is compared with it.
"""

from math import exp

from twin.scheduling.checking.jobs import numbered_jobs
from twin.scheduling.checking.layout import Laid, Placed
from twin.scheduling.checking.rows import Rows
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Terms

__all__ = ["terms_of"]


def terms_of(problem: Problem, rows: Rows, laid: Laid) -> Terms:
    """Every term of a schedule in which all that must be placed is, and ends.

    Left-out jobs and tasks not placed cost what the problem says.
    """
    placed = [each for each in laid.operations if each is not None]
    tardiness, late_jobs, late_h = _tardiness(problem, laid)
    energy, energy_kwh = _energy(problem, laid, placed)
    changeover, setup_h = _changeover(problem, placed)
    makespan_h = max((each.end or 0 for each in placed), default=0) * problem.tick_h
    objectives = (
        makespan_h,
        tardiness,
        _risk(problem, rows),
        energy,
        changeover,
        _idle_h(problem, laid),
        _stability(problem, rows),
    )
    total = sum(w * cost for w, cost in zip(problem.weights, objectives, strict=True) if w)
    return Terms(*objectives, total, late_jobs, late_h, energy_kwh, setup_h)


def _tardiness(problem: Problem, laid: Laid) -> tuple[float, int, float]:
    """Money, jobs late or left out, hours: late_cost_h · max(0, completion − due) + left out."""
    money, jobs, hours = 0.0, 0, 0.0
    for job, mine in numbered_jobs(problem):
        completion = laid.completion(mine)
        if completion is None:
            money, jobs = money + job.left_out_cost, jobs + 1
        elif job.due is not None and completion > job.due:
            late_h = (completion - job.due) * problem.tick_h
            money, jobs, hours = money + job.late_cost_h * late_h, jobs + 1, hours + late_h
    return money, jobs, hours


def _risk(problem: Problem, rows: Rows) -> float:
    """Each task's curve at the bucket of its start, the last value from there on; or its skip."""
    money = 0.0
    for start, task in zip(rows.task_start, problem.tasks, strict=True):
        bucket = min(start // problem.bucket, len(task.risk) - 1)
        money += task.skip_cost if start < 0 else task.risk[bucket]
    return money


def _energy(problem: Problem, laid: Laid, operations: list[Placed]) -> tuple[float, float]:
    """Money and kWh: power · price of the tick's bucket, over working ticks of operations.

    Setups and closed times draw nothing.
    """
    money, kwh, prices = 0.0, 0.0, [float(price) for price in problem.price]
    for _, m, alternative, _, _, start, end in operations:
        if alternative.power_kw == 0.0 or end is None:
            continue
        parts = laid.times[m].parts(start, end)
        price = sum(_price(prices, problem.bucket, a, b) for a, b in parts)
        money += alternative.power_kw * price * problem.tick_h
        kwh += alternative.power_kw * alternative.duration * problem.tick_h
    return money, kwh


def _price(prices: list[float], bucket: int, start: int, end: int) -> float:
    """Σ price over the ticks of [start, end), bucket by bucket; the last price holds on."""
    money, last = 0.0, len(prices) - 1
    while start < end:
        b = min(start // bucket, last)
        until = end if b == last else min(end, (b + 1) * bucket)
        money, start = money + prices[b] * (until - start), until
    return money


def _changeover(problem: Problem, operations: list[Placed]) -> tuple[float, float]:
    """Money and hours of setup work."""
    money, hours = 0.0, 0.0
    for placed in operations:
        setup_h = placed.setup * problem.tick_h
        hours += setup_h
        money += problem.machines[placed.machine].setup_cost_h * setup_h
    return money, hours


def _idle_h(problem: Problem, laid: Laid) -> float:
    """Open hours between a machine's first block's start and last block's end with neither
    operation nor task, all machines: setting up makes nothing."""
    ticks = 0
    for m, blocks in enumerate(laid.machines):
        work = [(b.start, b.end or 0) for b in blocks]
        tasks = [(v.start, v.end) for v in laid.visits if problem.tasks[v.task].machine == m]
        until = min((b.setup_start or 0 for b in blocks), default=0)
        last = max((end for _, end in work), default=0)
        for begun, end in sorted(work + tasks):
            ticks += laid.times[m].ticks(until, min(begun, last))
            until = max(until, end)
    return ticks * problem.tick_h


def _stability(problem: Problem, rows: Rows) -> float:
    """Σ near · (machine_cost · [other machine] + time_cost · min(1, |Δstart| / cap)).

    near = exp(−start / fade) with the start in the plan in force (Reference). What is not in that
    plan moves free. What is in it and left out counts as moved by the cap, an operation also as
    moved to another machine.
    """
    plan = problem.reference
    if plan is None:
        return 0.0
    money = 0.0
    machine, at, task_at = (map(int, row) for row in plan[:3])
    for on, was, m, start in zip(machine, at, rows.machine, rows.start, strict=True):
        if on >= 0:
            moved = plan.time_cost * _moved(was, start, plan.cap)
            money += exp(-was / plan.fade) * (plan.machine_cost * (m != on) + moved)
    for was, start in zip(task_at, rows.task_start, strict=True):
        if was >= 0:
            money += exp(-was / plan.fade) * plan.time_cost * _moved(was, start, plan.cap)
    return money


def _moved(was: int, start: int, cap: int) -> float:
    return 1.0 if start < 0 else min(1.0, abs(start - was) / cap)
