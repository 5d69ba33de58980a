"""A plan as it is stored, taken as a schedule of a problem again."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.pipeline.planning.problem_of import Stated
from twin.scheduling.schedule import Schedule

__all__ = ["Plan", "schedule_of"]

Plan = Mapping[str, Any]


def schedule_of(stated: Stated, plan: Plan | None) -> Schedule:
    """What a plan says of the operations and tasks of this problem: machines, and starts that may
    lie in the past; an operation that it does not know, or has where it cannot be, is left out
    with its whole job."""
    problem, horizon = stated.problem, stated.horizon
    said = {(o["order"], o["step"]): o for o in plan["operations"]} if plan else {}
    numbers = {machine: n for n, machine in enumerate(stated.machine_ids)}
    machine = np.full(problem.n_operations, -1, np.int64)
    start = np.full(problem.n_operations, -1, np.int64)
    first = 0
    for job in problem.jobs:
        own = range(first, first + len(job.operations))
        first += len(job.operations)
        found = [said.get(stated.keys[i]) for i in own]
        placed = [numbers.get(o["machine"], -1) if o else -1 for o in found]
        able = [
            m in {a.machine for a in op.alternatives}
            for m, op in zip(placed, job.operations, strict=True)
        ]
        if all(able):
            for i, m, operation in zip(own, placed, found, strict=True):
                machine[i], start[i] = m, horizon.tick(int((operation or {})["start"]))
    return Schedule(machine, start, *_task_starts(stated, plan))


def _task_starts(stated: Stated, plan: Plan | None) -> tuple[Any, Any]:
    problem, horizon = stated.problem, stated.horizon
    crews = {crew.id: n for n, crew in enumerate(problem.crews)}
    said = {s["id"]: s for s in plan["services"]} if plan else {}
    start, crew = np.full((2, len(problem.tasks)), -1, np.int64)
    for t, task in enumerate(problem.tasks):
        service = said.get(task.id)
        if service is not None and horizon.tick(int(service["start"])) >= 0:
            start[t] = horizon.tick(int(service["start"]))
            crew[t] = crews.get(service["crew"] or "", 0)
    return start, crew
