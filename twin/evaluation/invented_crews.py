"""Invented crews with their shifts and skills, and spare parts that are there or still to come."""

import numpy as np

from twin.evaluation.invented_time import crew_calendar
from twin.scheduling.problem import Calendar, Crew, Task

__all__ = ["invented_crews", "with_parts"]


def invented_crews(
    days: int, tick_s: float, n_sites: int, first_calendar: int
) -> tuple[tuple[Crew, ...], tuple[Calendar, ...]]:
    """An early and a late crew for all sites, a day crew per site."""
    everywhere = frozenset(range(n_sites))
    calendars = [
        crew_calendar(days, tick_s, 0.0, True),
        crew_calendar(days, tick_s, 8.0, False),
        crew_calendar(days, tick_s, 2.0, False),
    ]
    crews = [
        Crew("early", first_calendar, frozenset({0, 1, 2}), everywhere),
        Crew("late", first_calendar + 1, frozenset({0, 1, 2}), everywhere),
    ]
    crews += [
        Crew(f"site-{s + 1}", first_calendar + 2, frozenset({s % 3, (s + 1) % 3}), frozenset({s}))
        for s in range(n_sites)
    ]
    return tuple(crews), tuple(calendars)


def with_parts(
    rng: np.random.Generator, tasks: list[Task], horizon: int
) -> tuple[list[Task], tuple[tuple[int, ...], ...]]:
    """Two tasks in three need one of four parts; half of those are in stock, all come in time."""
    using = [
        task._replace(part=int(rng.integers(4)) if rng.random() < 2 / 3 else -1) for task in tasks
    ]
    parts = []
    for part in range(4):
        n = sum(task.part == part for task in using)
        later = np.sort(rng.integers(1, horizon // 2, n - n // 2))
        parts.append((0,) * (n // 2) + tuple(int(tick) for tick in later))
    return using, tuple(parts)
