"""The plant's crews over some months, and who has asked for one: the same for every policy.

Services are placed by `twin.scheduling.service_rule`, as in a plan: each at the start that is
cheapest by what its policy believes, under crews' shifts, skills and sites.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_lives import START_US
from twin.plant import Plant, crew_spans
from twin.scheduling.problem import Calendar, Crew, Machine, Problem, Task
from twin.scheduling.service_rule import place_services

__all__ = ["LOOK_H", "TICK_H", "Ask", "Booking", "Crews"]

Array = NDArray[np.float64]
TICK_H = 0.25
LOOK_H = 96
"""How far ahead services are planned: over a weekend without crews."""
PER_H = round(1 / TICK_H)
NEVER = 1e12


class Ask(NamedTuple):
    """A machine that should be serviced."""

    machine: int
    site: int
    skill: int
    hours: float
    cost: Array
    """(LOOK_H,) money if it starts in each hour from now, by what the policy believes."""


class Booking(NamedTuple):
    machine: int
    start_h: float
    end_h: float
    crew: int


class Crews:
    """Shifts in ticks from the months' begin, and what each crew is booked for."""

    def __init__(self, plant: Plant, hours: float) -> None:
        self.skills = sorted({c.service.skill or "" for c in plant.classes.values()})
        sites = [site.id for site in plant.sites] or [""]
        self.site_of = {line.id: _index(sites, line.site) for line in plant.lines}
        self._n_sites = len(sites)
        self._shifts: list[Calendar] = []
        self._crews: list[Crew] = []
        end_us = START_US + round((hours + LOOK_H) * 3.6e9)
        for crew in plant.crews:
            self._shifts.append(_ticks(crew_spans(plant, crew, START_US, end_us)))
            able = frozenset(i for i, s in enumerate(self.skills) if not s or s in crew.skills)
            where = frozenset(i for i, s in enumerate(sites) if not crew.sites or s in crew.sites)
            self._crews.append(Crew(crew.id, len(self._crews), able, where))
        if not self._crews:
            everything = frozenset(range(len(self.skills)))
            self._crews = [Crew("crew", 0, everything, frozenset(range(self._n_sites)))]
            self._shifts = [((0, round((hours + LOOK_H) * PER_H)),)]
        self.booked: dict[int, Booking] = {}
        """By machine."""

    def place(self, now_h: float, asks: Sequence[Ask], notice_h: float) -> list[Booking]:
        """Where these services would lie as things are now; nothing is booked by this."""
        if not asks:
            return []
        now, look = round(now_h * PER_H), LOOK_H * PER_H
        tasks = [
            Task(
                str(n),
                n,
                max(1, round(ask.hours * PER_H)),
                round(notice_h * PER_H),
                look - round(ask.hours * PER_H),
                tuple(ask.cost.tolist()),
                skip_cost=NEVER,
                skill=ask.skill,
            )
            for n, ask in enumerate(asks)
        ]
        problem = Problem(
            (),
            tuple(Machine(str(ask.machine), site=ask.site) for ask in asks),
            tuple(self._free(c, now, look) for c in range(len(self._crews))),
            look,
            tuple(tasks),
            tuple(self._crews),
            transport=np.zeros((self._n_sites, self._n_sites), np.int64),
            tick_s=TICK_H * 3600.0,
            bucket=PER_H,
        )
        found = place_services(problem, [[] for _ in asks])
        return [
            Booking(
                asks[s.task].machine,
                (now + s.start) * TICK_H,
                (now + s.start + tasks[s.task].duration) * TICK_H,
                s.crew,
            )
            for s in found
        ]

    def book(self, booking: Booking) -> None:
        self.booked[booking.machine] = booking

    def release(self, machine: int) -> Booking | None:
        """Forget a machine's booking, if it has one: the crew is free for others."""
        return self.booked.pop(machine, None)

    def _free(self, crew: int, now: int, look: int) -> Calendar:
        """A crew's shifts less what it is booked for, in ticks from now."""
        busy = sorted(
            (round(b.start_h * PER_H) - now, round(b.end_h * PER_H) - now)
            for b in self.booked.values()
            if b.crew == crew
        )
        free: list[tuple[int, int]] = []
        for start, end in self._shifts[crew]:
            at, until = max(0, start - now), min(look, end - now)
            for begin, done in busy:
                if at < done and begin < until:
                    free.append((at, begin))
                    at = done
            free.append((at, until))
        return tuple((a, b) for a, b in free if a < b)


def _index(sites: list[str], site: str | None) -> int:
    return sites.index(site) if site in sites else 0


def _ticks(spans: Sequence[tuple[int, int]]) -> Calendar:
    """Spans in µs UTC as ticks from the begin, joined where they meet."""
    per_us = PER_H / 3.6e9
    joined: list[tuple[int, int]] = []
    for start_us, end_us in spans:
        start, end = (round((t - START_US) * per_us) for t in (start_us, end_us))
        start = max(0, start)
        if joined and joined[-1][1] >= start:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return tuple(joined)
