"""Invented shifts and tariffs over some days from a Monday at six."""

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Calendar

__all__ = ["crew_calendar", "shift_calendar", "tariff"]

DAY_H = 24.0
FIRST_H = 6.0
"""Tick 0 is Monday, 06:00."""


def shift_calendar(days: int, tick_s: float, shifts: str, pause_h: float) -> Calendar:
    """Open times of `shifts`: any of early (06–14), late (14–22), night (22–06) by their first
    letters, and "s" for an early shift on Saturday; each with a pause of half an hour that many
    hours after it began. Weekends are closed otherwise, and the fifth day of the second week is a
    holiday."""
    begins = {"e": 0.0, "l": 8.0, "n": 16.0}
    stretches: list[tuple[float, float]] = []
    for day in range(days):
        weekday, holiday = day % 7, day % 14 == 11
        kinds = "" if holiday else shifts if weekday < 5 else "e" * ("s" in shifts and weekday == 5)
        for begin in (begins[kind] for kind in kinds if kind in begins):
            at = day * DAY_H + begin
            stretches += [(at, at + pause_h), (at + pause_h + 0.5, at + 8.0)]
    return _ticks(stretches, tick_s, days)


def crew_calendar(days: int, tick_s: float, begin_h: float, weekend: bool) -> Calendar:
    """A crew's shift of eight hours, half an hour's pause in its middle, from an hour after six."""
    stretches: list[tuple[float, float]] = []
    for day in range(days):
        if day % 7 < 5 or (weekend and day % 7 == 5):
            at = day * DAY_H + begin_h
            stretches += [(at, at + 4.0), (at + 4.5, at + 8.5)]
    return _ticks(stretches, tick_s, days)


def tariff(days: int, tick_s: float, bucket: int) -> NDArray[np.float64]:
    """Money per kWh in each bucket: night and weekend .11, day .19, peak (8–12, 17–20) .31."""
    n = round(days * DAY_H * 3600.0 / (tick_s * bucket))
    hour = FIRST_H + np.arange(n) * tick_s * bucket / 3600.0
    clock, weekday = hour % DAY_H, (hour // DAY_H).astype(int) % 7
    price = np.where((clock >= 6.0) & (clock < 22.0), 0.19, 0.11)
    peak = ((clock >= 8.0) & (clock < 12.0)) | ((clock >= 17.0) & (clock < 20.0))
    return np.asarray(np.where(weekday >= 5, 0.11, np.where(peak, 0.31, price)))


def _ticks(stretches: list[tuple[float, float]], tick_s: float, days: int) -> Calendar:
    """Hours to ticks within the days, joined where one ends as the next begins."""
    horizon = round(days * DAY_H * 3600.0 / tick_s)
    joined: list[tuple[int, int]] = []
    for start_h, end_h in sorted(stretches):
        start, end = (round(h * 3600.0 / tick_s) for h in (start_h, end_h))
        start, end = max(0, start), min(end, horizon)
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        elif start < end:
            joined.append((start, end))
    return tuple(joined)
