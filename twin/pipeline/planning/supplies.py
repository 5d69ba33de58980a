"""Who and what a service needs: crews that can do what people have planned, parts in their order.

A service that a person has planned takes place, whether the plant file knows a crew for it or not:
then somebody from outside does it, who does nothing else.
"""

from collections.abc import Sequence

from twin.pipeline.planning.horizon import Horizon
from twin.pipeline.planning.parts import allotted, pieces
from twin.pipeline.planning.situation import Situation
from twin.scheduling.problem import Calendar, Crew, Machine, Task, TaskPin
from twin.scheduling.working_time import WorkingTime

__all__ = ["OUTSIDE", "crews_for", "parts_for"]

OUTSIDE = "*outside"
"""Begins the id of a crew that the plant file does not name."""


def crews_for(
    tasks: Sequence[Task],
    crews: Sequence[Crew],
    calendars: Sequence[Calendar],
    machines: Sequence[Machine],
    ticks: int,
) -> tuple[list[Task], list[Crew]]:
    """Every pinned task with a crew that can do it then, somebody from outside where none can.

    calendars: all of the problem's, with one that is always open among them.
    """
    out, found = list(tasks), list(crews)
    busy: dict[int, list[tuple[int, int]]] = {}
    order = sorted((t for t, task in enumerate(out) if task.pin), key=lambda t: _urgency(out[t]))
    for t in order:
        task = out[t]
        assert task.pin is not None
        start, end = task.pin.start, task.pin.start + task.duration
        able = [
            c
            for c, crew in enumerate(found)
            if _can(task, crew, calendars, machines) and _free(busy.get(c, []), start, end)
        ]
        wanted = task.pin.crew
        crew_number = wanted if wanted in able else (able[0] if able else None)
        if crew_number is None:
            crew_number = len(found)
            skill = max([0, *(s for crew in found for s in crew.skills)]) + 1
            always = _always(calendars, ticks)
            site = frozenset({machines[task.machine].site})
            found.append(Crew(f"{OUTSIDE}-{task.id}", always, frozenset({skill}), site))
            task = task._replace(skill=skill)
        busy.setdefault(crew_number, []).append((start, end))
        out[t] = task._replace(pin=TaskPin(start, crew_number))
    return out, found


def parts_for(
    tasks: Sequence[Task], situation: Situation, horizon: Horizon
) -> tuple[list[Task], tuple[tuple[int, ...], ...]]:
    """When each part's pieces are there: what lies in the store, what was ordered again for those
    that services took lately, and what is ordered now, a piece for each service to come.

    A pinned task whose part would not be there takes none: whoever planned it will have seen to it.
    """
    plant, out = situation.plant, list(tasks)
    arrivals: list[tuple[int, ...]] = []
    for p, part in enumerate(plant.parts):
        takers = [t for t, task in enumerate(out) if task.part == p]
        now_us = situation.now_us
        found = pieces(plant, part, situation.served, len(takers), now_us, now_us)
        there = tuple(horizon.ceil(time) if time else 0 for time in found)
        arrivals.append(there)
        fixed = sorted((pin.start, t) for t in takers if (pin := out[t].pin) is not None)
        has_one = allotted(there, [start for start, _ in fixed])
        for (_, t), is_there in zip(fixed, has_one, strict=True):
            out[t] = out[t] if is_there else out[t]._replace(part=-1)
    return out, tuple(arrivals)


def _urgency(task: Task) -> tuple[bool, int]:
    """Those whose crew is named choose first."""
    assert task.pin is not None
    return task.pin.crew is None, task.pin.start


def _can(
    task: Task, crew: Crew, calendars: Sequence[Calendar], machines: Sequence[Machine]
) -> bool:
    assert task.pin is not None
    is_there = WorkingTime(calendars[crew.calendar]).covers(
        task.pin.start, task.pin.start + task.duration
    )
    return is_there and task.skill in crew.skills and machines[task.machine].site in crew.sites


def _free(busy: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return all(end <= a or b <= start for a, b in busy)


def _always(calendars: Sequence[Calendar], ticks: int) -> int:
    return calendars.index(((0, ticks),))
