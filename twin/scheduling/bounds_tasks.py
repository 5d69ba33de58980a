"""What a maintenance task costs at least: by itself, with all crews free and every part its own."""

from collections.abc import Iterator

import numpy as np

from twin.scheduling.problem import Calendar, Crew, Problem, Task

__all__ = ["task_floor"]


def task_floor(problem: Problem, task: Task) -> float:
    """The least of its curve over all starts at which a crew can do it and a part is there, or what
    it costs not to do it; inf: it must be done and cannot."""
    least = task.skip_cost if task.pin is None else np.inf
    last = len(task.risk) - 1
    for first, until in _starts(problem, task):
        buckets = range(first // problem.bucket, until // problem.bucket + 1)
        least = min(least, *(task.risk[min(b, last)] for b in buckets))
    return float(least)


def _starts(problem: Problem, task: Task) -> Iterator[tuple[int, int]]:
    """First and last start in each stretch of a crew that is able."""
    first, last = task.earliest, min(task.latest, problem.horizon - task.duration)
    if task.part >= 0:
        arrivals = problem.parts[task.part]
        first = max(first, arrivals[0] if arrivals else problem.horizon)
    if task.pin is not None:
        first, last = max(first, task.pin.start), min(last, task.pin.start)
    for c, crew in enumerate(problem.crews):
        if _is_able(problem, task, c, crew):
            for opened, closed in _joined(problem.calendars[crew.calendar]):
                begin, until = max(first, opened), min(last, closed - task.duration)
                if begin <= until:
                    yield begin, until


def _joined(calendar: Calendar) -> list[tuple[int, int]]:
    """Stretches of open ticks: a shift that follows on another is one with it."""
    found: list[tuple[int, int]] = []
    for opened, closed in calendar:
        follows = found and found[-1][1] == opened
        found.append((found.pop()[0] if follows else opened, closed))
    return found


def _is_able(problem: Problem, task: Task, c: int, crew: Crew) -> bool:
    wanted = task.pin is None or task.pin.crew in {None, c}
    site = problem.machines[task.machine].site
    return wanted and task.skill in crew.skills and site in crew.sites
