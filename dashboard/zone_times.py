"""Many times at once between µs UTC and the wall clock of a zone, summer time included."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dashboard.times import local
from twin.errors import DataError

__all__ = ["isos", "offsets_us", "parse_local"]

YEARS = 1900, 2200
"""First year that a time can be of, and the first that it cannot: beyond, calendars end."""
QUARTER_US = 900_000_000
"""Clocks are changed on a quarter of an hour, UTC, and at most once a day."""
A_DAY = 96
DAY_US = A_DAY * QUARTER_US


def offsets_us(times_us: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Offset from UTC (µs) that holds in the zone at each time."""
    days, which = np.unique(times_us // DAY_US, return_inverse=True)
    begins = np.array([_offset(int(day) * A_DAY, zone) for day in days], np.int64)
    ends = np.array([_offset((int(day) + 1) * A_DAY, zone) for day in days], np.int64)
    found = begins[which]
    for at in np.flatnonzero((begins != ends)[which]):  # on this day the clock is moved
        found[at] = _offset(int(times_us[at]) // QUARTER_US, zone)
    return found


def isos(times_us: NDArray[np.int64], zone: ZoneInfo) -> list[str]:
    """Naive ISO times of the zone, to the millisecond where one needs it."""
    shifted = np.asarray(times_us, np.int64) + offsets_us(np.asarray(times_us, np.int64), zone)
    whole = not (shifted % 1_000_000).any()
    texts = np.datetime_as_string(shifted.astype("M8[us]"), unit="s" if whole else "ms")
    found: list[str] = texts.tolist()
    return found


def parse_local(text: str, zone: ZoneInfo) -> int:
    """µs UTC of an ISO time: of the zone, the earlier of an hour that occurs twice, unless it
    carries an offset. Raises DataError."""
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError as error:
        raise DataError(f"time: got {text[:40]!r}, want 2026-03-02T06:00:00") from error
    if not YEARS[0] <= at.year < YEARS[1]:
        raise DataError(f"time: got the year {at.year}, want {YEARS[0]} to {YEARS[1] - 1}")
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def _offset(quarter: int, zone: ZoneInfo) -> int:
    offset = local(quarter * QUARTER_US, zone).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)
