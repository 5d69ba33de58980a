"""Maintenance tasks as CP-SAT variables: window, crew, spare part and risk (rules 5, 6 and 7).

The risk curve is an element over the bucket of the start; a task may be left out at its cost.
"""

from ortools.sat.python import cp_model

from twin.errors import PlanningError
from twin.scheduling.cpsat.model import Expression, Model, Placing
from twin.scheduling.problem import Crew, Problem, Task

__all__ = ["TASK", "add_tasks"]

TASK = -1
"""The key of a task's interval on its own machine; those by crew are their crews' numbers."""


def add_tasks(model: Model) -> None:
    """Every task with its crew and its part; those that stay are constants."""
    for t, task in enumerate(model.problem.tasks):
        stays = model.scope.tasks[t]
        if stays is not None and stays[0] < 0:
            continue
        if stays is None and task.pin is not None:
            stays = (task.pin.start, -1 if task.pin.crew is None else task.pin.crew)
        model.tasks[t] = _task(model, t, task, stays)
    _crews(model)
    _parts(model)


def _task(model: Model, t: int, task: Task, stays: tuple[int, int] | None) -> Placing:
    """Start and crew; `stays` fixes the one, and the other unless it is -1."""
    cp, problem = model.cp, model.problem
    low, high = (task.earliest, task.latest)
    if model.scope.window is not None:
        low, high = max(low, model.scope.span[0]), min(high, model.scope.span[1] - task.duration)
    if stays is not None:
        low = high = stays[0]
    high = min(high, problem.horizon - task.duration)
    fits, high = low <= high, max(low, high)
    start = cp.new_int_var(low, high, f"t{t}")
    now = Placing(start, start + task.duration, low, high + task.duration, task.duration)
    for c in _able(problem, task, -1 if stays is None else stays[1]):
        now.on[c] = cp.new_bool_var(f"c{t}.{c}")
        there = _there(problem, problem.crews[c], task.duration)
        cp.add_linear_expression_in_domain(start, there).only_enforce_if(now.on[c])
        now.interval[c] = cp.new_optional_fixed_size_interval_var(
            start, task.duration, now.on[c], f"ic{t}.{c}"
        )
    placed = _placed(model, t, task, now, must=stays is not None)
    now.interval[TASK] = cp.new_optional_fixed_size_interval_var(
        start, task.duration, placed, f"it{t}"
    )
    now.on[TASK] = placed
    if not fits:
        cp.add(placed == 0)
    _risk(model, task, now, placed)
    return now


def _able(problem: Problem, task: Task, crew: int) -> list[int]:
    """Crews with the skill at the site; of them the given one, unless it is -1."""
    site = problem.machines[task.machine].site
    return [
        c
        for c, who in enumerate(problem.crews)
        if task.skill in who.skills and site in who.sites and crew in (-1, c)
    ]


def _there(problem: Problem, crew: Crew, duration: int) -> Expression:
    """Starts of which the crew is there throughout."""
    windows = problem.calendars[crew.calendar]
    starts = [[a, b - duration] for a, b in windows if b - duration >= a]
    return cp_model.Domain.from_intervals(starts)


def _placed(model: Model, t: int, task: Task, now: Placing, must: bool) -> Expression:
    """One crew does it, or none: where it may be left out, at its cost."""
    if must or task.skip_cost == float("inf"):
        if not now.on:
            raise PlanningError(f"task '{task.id}': no crew has its skill and works at its site")
        model.cp.add_exactly_one(now.on.values())
        return model.cp.new_constant(1)
    placed = model.cp.new_bool_var(f"p{t}")
    model.cp.add(sum(now.on.values()) == placed)
    model.charge("risk", ~placed, task.skip_cost)
    return placed


def _risk(model: Model, task: Task, now: Placing, placed: Expression) -> None:
    """Money by bucket of the start: a literal for each stretch of buckets that cost the same."""
    if "risk" not in model.needed:
        return
    size, literals = model.problem.bucket, []
    for a, b, money in _steps(task, now.first, now.last - task.duration, size):
        literal = model.cp.new_bool_var("")
        domain = cp_model.Domain(a, b)
        model.cp.add_linear_expression_in_domain(now.start, domain).only_enforce_if(literal)
        model.charge("risk", literal, money)
        literals.append(literal)
    model.cp.add(sum(literals) == placed)


def _steps(task: Task, low: int, high: int, size: int) -> list[tuple[int, int, float]]:
    """(first start, last start, money) between low and high, in order."""
    steps: list[tuple[int, int, float]] = []
    last = len(task.risk) - 1
    for bucket in range(low // size, high // size + 1):
        money = float(task.risk[min(bucket, last)])
        a, b = max(low, bucket * size), min(high, bucket * size + size - 1)
        if steps and steps[-1][2] == money:
            steps[-1] = (steps[-1][0], b, money)
        else:
            steps.append((a, b, money))
    return steps


def _crews(model: Model) -> None:
    """A crew does one task at a time."""
    for c in range(len(model.problem.crews)):
        mine = [task.interval[c] for task in model.tasks.values() if c in task.interval]
        if len(mine) > 1:
            model.cp.add_no_overlap(mine)


def _parts(model: Model) -> None:
    """Rule 6: before each arrival no more have started than parts were there by then."""
    for part, arrivals in enumerate(model.problem.parts):
        mine = [t for t in model.tasks if model.problem.tasks[t].part == part]
        placed = [model.tasks[t].on[TASK] for t in mine]
        if mine:
            model.cp.add(sum(placed) <= len(arrivals))
        for n, arrival in enumerate(arrivals):
            if arrival > min((model.tasks[t].first for t in mine), default=arrival):
                early = [_early(model, t, arrival) for t in mine]
                model.cp.add(sum(early) <= sum(a < arrival for a in arrivals[:n]))


def _early(model: Model, t: int, arrival: int) -> Expression:
    """Must be true of a task that starts before the tick."""
    task, early = model.tasks[t], model.cp.new_bool_var("")
    model.cp.add(task.start >= arrival).only_enforce_if(~early, task.on[TASK])
    return early
