"""The plant file's side of a problem: machines, calendars, setups, transport, crews, numbers."""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from twin.pipeline.planning.horizon import Horizon, crew_calendar, line_calendar, without
from twin.pipeline.planning.overlaid import ticks_of
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.tasks import Numbers
from twin.pipeline.services import Service
from twin.plant import Plant
from twin.scheduling.problem import Calendar, Crew, Machine

__all__ = [
    "IMPLICIT_CREW",
    "crew_records",
    "machine_calendars",
    "machine_records",
    "numbers_of",
    "setups",
    "transport",
]

IMPLICIT_CREW = "*"
"""Who services machines where the plant file names no crew."""


def machine_calendars(
    situation: Situation,
    horizon: Horizon,
    closed: Mapping[str, tuple[int, int]],
    overlaid: Sequence[Service],
) -> tuple[list[Calendar], dict[str, int]]:
    """Calendars, each once, and the number of each machine's."""
    plant = situation.plant
    of_line = {
        line.id: line_calendar(plant, line.id, horizon, situation.extra_shifts)
        for line in plant.lines
    }
    calendars: dict[Calendar, int] = {}
    number: dict[str, int] = {}
    for machine in plant.machines:
        calendar = of_line[machine.line]
        if machine.id in closed:
            until = horizon.ceil(closed[machine.id][1])
            calendar = tuple(without(calendar, [(0, until)]))
        own = [service for service in overlaid if service["machine"] == machine.id]
        calendar = tuple(without(calendar, [ticks_of(s, horizon) for s in own]))
        number[machine.id] = calendars.setdefault(calendar, len(calendars))
    return list(calendars), number


def machine_records(
    situation: Situation, calendar: Mapping[str, int], families: Sequence[str]
) -> list[Machine]:
    """The plant's machines in its order, each set up for what it works on or worked on last."""
    plant = situation.plant
    classes, sites = list(plant.classes), [site.id for site in plant.sites]
    site_of = {line.id: line.site for line in plant.lines}
    set_up = _set_up_for(situation, families)
    found = []
    for machine in plant.machines:
        site = site_of[machine.line]
        found.append(
            Machine(
                machine.id,
                calendar[machine.id],
                sites.index(site) if site is not None else 0,
                classes.index(machine.class_id),
                set_up.get(machine.id, -1),
                plant.setup_cost_h(machine),
            )
        )
    return found


def _set_up_for(situation: Situation, families: Sequence[str]) -> dict[str, int]:
    """Machine → family of what it works on or worked on last."""
    last: dict[str, tuple[int, int]] = {}
    for order in situation.orders.values():
        product = situation.plant.product(order["product"])
        for step in order["steps"]:
            if product is None or step["start"] is None or step["machine"] is None:
                continue
            begun = (int(step["start"]), families.index(product.family))
            last[step["machine"]] = max(last.get(step["machine"], begun), begun)
    return {machine: family for machine, (_, family) in last.items()}


def setups(plant: Plant, families: Sequence[str]) -> tuple[NDArray[np.int64], ...]:
    """A matrix a class: ticks of setting up, by family before and after."""
    if not families:
        return tuple(np.zeros((1, 1), np.int64) for _ in plant.classes)
    return tuple(
        np.array(
            [[ceil(plant.changeover_minutes(c, a, b)) for b in families] for a in families],
            np.int64,
        )
        for c in plant.classes
    )


def transport(plant: Plant) -> NDArray[np.int64]:
    """Ticks between sites (K, K), as the plant lists them."""
    sites = [site.id for site in plant.sites]
    ticks = np.zeros((max(1, len(sites)),) * 2, np.int64)
    for way in plant.transports:
        a, b = sites.index(way.start), sites.index(way.end)
        ticks[a, b] = ticks[b, a] = ceil(way.minutes)
    return ticks


def numbers_of(plant: Plant, machines: Mapping[str, int]) -> Numbers:
    """Skills from 1 on, 0 being what every crew can; parts and crews as the plant lists them."""
    named = {s for crew in plant.crews for s in crew.skills}
    named |= {c.service.skill for c in plant.classes.values() if c.service.skill}
    skills = {"": 0} | {skill: n for n, skill in enumerate(sorted(named), 1)}
    parts = {part.id: n for n, part in enumerate(plant.parts)}
    crews = {crew.id: n for n, crew in enumerate(plant.crews)}
    return Numbers(skills, parts, crews, machines)


def crew_records(
    plant: Plant, horizon: Horizon, numbers: Numbers, overlaid: Sequence[Service], first: int
) -> tuple[list[Crew], list[Calendar]]:
    """The plant's crews and their calendars, numbered from `first`; without any one that can all
    and is always there."""
    sites = [site.id for site in plant.sites] or [""]
    everywhere = frozenset(range(len(sites)))
    if not plant.crews:
        can = frozenset(numbers.skills.values())
        return [Crew(IMPLICIT_CREW, first, can, everywhere)], [((0, horizon.ticks),)]
    crews, calendars = [], []
    for n, crew in enumerate(plant.crews):
        can = frozenset({0, *(numbers.skills[s] for s in crew.skills)})
        where = frozenset(sites.index(s) for s in crew.sites) or everywhere
        crews.append(Crew(crew.id, first + n, can, where))
        busy = [ticks_of(s, horizon) for s in overlaid if s.get("crew") == crew.id]
        there = crew_calendar(plant, crew, horizon)
        calendars.append(tuple(without(there, busy)))
    return crews, calendars
