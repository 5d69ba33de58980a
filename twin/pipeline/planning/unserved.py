"""Machines whose service would pay and that a plan does not service: what stands in its way."""

from typing import Any

import numpy as np

from twin.pipeline.planning.change import first_start
from twin.pipeline.planning.horizon import BUCKET
from twin.pipeline.planning.problem_of import Stated, pinned
from twin.scheduling.problem import Task
from twin.scheduling.schedule import Schedule

__all__ = ["UNSERVED_MAX", "unserved"]

UNSERVED_MAX = 10
LONG = 24 * 60
"""Ticks: waiting this much for a part is what keeps a machine from its service."""


def unserved(stated: Stated, schedule: Schedule) -> list[dict[str, Any]]:
    """{machine, saves, why, until} of services that nobody has decided on and the plan leaves out,
    those that would save most first.

    saves: money against doing nothing, all else apart. why: "part", none is there `until` it can be
    done (µs, None: not within the plan's time); "crew", nobody is free for it, or its machine
    is not; "work", it could be done, and would hold up more than it saves.
    """
    found: list[dict[str, Any]] = [
        {
            "machine": stated.problem.machines[task.machine].id,
            "saves": _saves(task),
            **_obstacle(stated, schedule, t),
        }
        for t, task in enumerate(stated.problem.tasks)
        if task.pin is None and task.id in stated.curves and int(schedule.task_start[t]) < 0
    ]
    return sorted(found, key=lambda u: -float(u["saves"]))[:UNSERVED_MAX]


def _obstacle(stated: Stated, schedule: Schedule, t: int) -> dict[str, Any]:
    bare = stated.problem.tasks[t]._replace(part=-1)
    first = first_start(stated, schedule, t, stated.earliest)
    sooner = first_start(pinned(stated, {}, {t: bare}), schedule, t, stated.earliest)
    if sooner is None:
        return {"why": "crew", "until": None}
    if first is None:
        return {"why": "part", "until": None}
    if first - sooner >= LONG:
        return {"why": "part", "until": stated.horizon.us(first)}
    return {"why": "work", "until": None}


def _saves(task: Task) -> float:
    window = task.risk[-(-task.earliest // BUCKET) : task.latest // BUCKET + 1]
    return round(task.skip_cost - float(np.min(window)), 2)
