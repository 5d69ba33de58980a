"""Who and what a service needs: crews that can do what people have planned, parts in their order.

A service that a person has planned takes place, whether the plant file knows a crew for it or not:
then somebody from outside does it, who does nothing else.
"""

from collections.abc import Sequence

from twin.pipeline.planning.horizon import Horizon
from twin.pipeline.planning.situation import Situation
from twin.pipeline.services import HOUR_US
from twin.scheduling.problem import Calendar, Crew, Machine, Task, TaskPin
from twin.scheduling.working_time import WorkingTime

__all__ = ["OUTSIDE", "crews_for", "parts_for"]

OUTSIDE = "*outside"
"""Begins the id of a crew that the plant file does not name."""
DAY_US = 24 * HOUR_US


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
        lead_us = round(part.lead_days * DAY_US)
        takers = [t for t, task in enumerate(out) if task.part == p]
        used = _used(situation, part.id)
        if part.reorder:
            used = [d for d in used if d + lead_us > situation.now_us]
        in_store = max(0, part.stock - len(used))
        back = used[-part.stock :] if part.stock and part.reorder else []
        later = [horizon.ceil(d + lead_us) for d in back]
        ordered = [horizon.ceil(situation.now_us + lead_us)] * len(takers)
        there = [0] * in_store + sorted(later + ordered)
        arrivals.append(tuple(there))
        fixed = sorted((t for t in takers if out[t].pin), key=lambda t: out[t].earliest)
        for n, t in enumerate(fixed):
            pin = out[t].pin
            if pin is not None and (n >= len(there) or there[n] > pin.start):
                out[t] = out[t]._replace(part=-1)
    return out, tuple(arrivals)


def _used(situation: Situation, part_id: str) -> list[int]:
    """When services that take the part were done, µs UTC."""
    plant = situation.plant
    takes = {m.id for m in plant.machines if plant.class_of(m).service.part == part_id}
    return sorted(int(s["done"]) for s in situation.served if s["machine"] in takes)


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
