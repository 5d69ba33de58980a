"""Plant time as ticks of a minute from the moment of planning, and times of the week in it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.plant import Crew, Plant, crew_spans, joined, line_spans, pauses_between, without
from twin.scheduling.problem import Calendar

__all__ = [
    "BUCKET",
    "TICK_US",
    "Horizon",
    "Span",
    "crew_calendar",
    "line_calendar",
    "line_spans",
    "prices",
    "without",
]

TICK_US = 60_000_000
BUCKET = 15
"""Ticks of a bucket of tariff and risk curves."""
Span = tuple[int, int]


class Horizon(NamedTuple):
    """Ticks 0 … ticks of a minute each; tick 0 begins at start_us, µs UTC, a quarter of an hour."""

    start_us: int
    ticks: int
    first: int = 0
    """The tick under way: nobody and nothing is there before it."""

    @classmethod
    def from_now(cls, now_us: int, ticks: int) -> "Horizon":
        """So many ticks from the quarter of an hour that holds now_us."""
        start_us = now_us // (BUCKET * TICK_US) * (BUCKET * TICK_US)
        return cls(start_us, ticks, (now_us - start_us) // TICK_US)

    @property
    def end_us(self) -> int:
        return self.us(self.ticks)

    def us(self, tick: int) -> int:
        """When a tick begins, µs UTC."""
        return self.start_us + tick * TICK_US

    def tick(self, time_us: int) -> int:
        """The tick that holds a time; it may lie outside the horizon."""
        return (time_us - self.start_us) // TICK_US

    def ceil(self, time_us: int) -> int:
        """The first tick that begins at or after a time."""
        return -((self.start_us - time_us) // TICK_US)


def line_calendar(
    plant: Plant, line_id: str, horizon: Horizon, extra: Sequence[tuple[str, int, int]] = ()
) -> Calendar:
    """Open ticks of a line's machines. extra: (line, start, end) µs UTC, open besides."""
    spans = line_spans(plant, line_id, horizon.start_us, horizon.end_us)
    spans += [(start, end) for line, start, end in extra if line == line_id]
    return _calendar(joined(spans), horizon)


def crew_calendar(plant: Plant, crew: Crew, horizon: Horizon) -> Calendar:
    """Ticks at which a crew is there; without shifts it is but for closures."""
    return _calendar(crew_spans(plant, crew, horizon.start_us, horizon.end_us), horizon)


def prices(plant: Plant, horizon: Horizon) -> NDArray[np.float64]:
    """Money for a kWh in each bucket (B,), averaged where the tariff changes within one."""
    n = -(-horizon.ticks // BUCKET)
    tick = np.zeros(n * BUCKET)
    if plant.energy is not None:
        tick[:] = plant.energy.price
        end_us = horizon.us(n * BUCKET)
        for tariff in plant.energy.tariffs:
            for start, end in pauses_between([tariff], plant.zone, horizon.start_us, end_us):
                tick[max(0, horizon.tick(start)) : max(0, horizon.tick(end))] = tariff.price
    return np.asarray(tick.reshape(n, BUCKET).mean(axis=1))


def _calendar(spans: Iterable[Span], horizon: Horizon) -> Calendar:
    first, last = horizon.first, horizon.ticks
    ticks = [(max(first, horizon.ceil(a)), min(last, horizon.tick(b))) for a, b in spans]
    return tuple((a, b) for a, b in ticks if a < b)
