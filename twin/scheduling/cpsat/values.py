"""A schedule as values of the model's variables, and the other way round."""

from collections.abc import Callable

import numpy as np

from twin.scheduling.cpsat.model import Expression, Model
from twin.scheduling.cpsat.tasks import TASK
from twin.scheduling.schedule import Schedule, empty_schedule

__all__ = ["Values", "hint_of", "schedule_of"]

Values = Callable[[Expression], int]
"""What the solver has found for an expression."""


def hint_of(model: Model, start: Schedule) -> list[tuple[Expression, int]]:
    """Where everything is; the rest of the model follows from it."""
    hint: list[tuple[Expression, int]] = []
    for i, now in model.operations.items():
        m, s = int(start.machine[i]), int(start.start[i])
        if m >= 0:
            hint.append((now.start, s))
            hint += [(on, int(machine == m)) for machine, on in now.on.items() if len(now.on) > 1]
    for t, task in model.tasks.items():
        crew, s = int(start.task_crew[t]), int(start.task_start[t])
        hint += [(on, int(s >= 0 and c in {crew, TASK})) for c, on in task.on.items()]
        if s >= 0:
            hint.append((task.start, s))
    first = 0
    for j, job in enumerate(model.problem.jobs):
        if j in model.placed:
            hint.append((model.placed[j], int(start.machine[first] >= 0)))
        first += len(job.operations)
    return hint


def schedule_of(model: Model, value: Values) -> Schedule:
    """What the variables say; what is not in the model stays as it was."""
    was = model.scope.window
    schedule = empty_schedule(model.problem) if was is None else Schedule(*map(np.copy, was))
    for i, now in model.operations.items():
        m = next((m for m, on in now.on.items() if value(on)), -1)
        schedule.machine[i] = m
        schedule.start[i] = value(now.start) if m >= 0 else -1
    for t, task in model.tasks.items():
        crew = next((c for c, on in task.on.items() if c != TASK and value(on)), -1)
        schedule.task_crew[t] = crew
        schedule.task_start[t] = value(task.start) if crew >= 0 else -1
    return schedule
