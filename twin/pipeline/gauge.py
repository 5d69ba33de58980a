"""What comes in from a source, for those who look after it: how much, how late, how often twice.

Worked out once a flush on whole arrays, so that it costs what is stored next to nothing.
"""

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from mmap import PAGESIZE
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import RESET
from twin.core.view import NEVER

__all__ = ["MINUTES", "Gauge", "rss_bytes"]

MINUTES = 60
MINUTE_US = 60_000_000
RECENT = 120
"""Flushes whose ages are kept: some ten seconds of a busy source."""
AGES_MAX = 20_000
"""Ages that a flush is judged by at most."""


class Ages(NamedTuple):
    """Arrival − source time of the samples of one flush, seconds of the plant's clock."""

    wall_us: int
    median_s: float
    least_s: float
    most_s: float


class Gauge:
    """Of one source. `arrived` and `stored` by the thread that takes in, `report` by any other."""

    def __init__(self, n_slots: Mapping[str, int]) -> None:
        self._last = {c: np.full(n, NEVER, dtype=np.int64) for c, n in n_slots.items()}
        self._waiting: list[NDArray[np.float64]] = []
        self._n_waiting = 0
        self._ages: deque[Ages] = deque(maxlen=RECENT)
        self._minutes: deque[tuple[int, int]] = deque(maxlen=MINUTES + 1)

    def arrived(self, times: NDArray[np.int64], plant_us: int) -> None:
        """Samples of these source times came at plant time plant_us, µs."""
        if len(times) and self._n_waiting < AGES_MAX:
            self._waiting.append((plant_us - times) / 1e6)
            self._n_waiting += len(times)

    def stored(self, class_id: str, rows: NDArray[np.void]) -> tuple[int, int]:
        """Rows in the order in which they are stored: how many are older than the sample before
        of their machine, and how many of the same time as it."""
        rows = rows[(rows["slot"] & RESET) == 0]
        if not len(rows):
            return 0, 0
        slots, times = rows["slot"].astype(np.int64), rows["time"]
        last = self._last[class_id]
        if np.bincount(slots).max() > 1:
            order = np.argsort(slots, kind="stable")
            slots, times = slots[order], times[order]
        first = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
        before = np.r_[NEVER, times[:-1]]
        before[first] = last[slots[first]]
        owners = slots[first]
        last[owners] = np.maximum(last[owners], np.maximum.reduceat(times, first))
        return int((times < before).sum()), int((times == before).sum())

    def flushed(self, wall_us: int, n_rows: int) -> None:
        """A flush has stored n_rows at this wall time, µs."""
        minute = wall_us // MINUTE_US
        if self._minutes and self._minutes[-1][0] == minute:
            n_rows += self._minutes.pop()[1]
        self._minutes.append((minute, n_rows))
        if self._waiting:
            ages = np.concatenate(self._waiting)
            numbers = (float(f(ages)) for f in (np.median, np.min, np.max))
            self._ages.append(Ages(wall_us, *numbers))
        self._waiting, self._n_waiting = [], 0

    def report(self, wall_us: int) -> dict[str, Any]:
        """Samples of each of the last MINUTES minutes, oldest first, the present one last; and of
        the last minute's flushes the median of the medians, the least and the most age."""
        now, kept = wall_us // MINUTE_US, dict(list(self._minutes))
        recent = [a for a in list(self._ages) if wall_us - a.wall_us < MINUTE_US]
        return {
            "minutes": [kept.get(now - n, 0) for n in reversed(range(MINUTES))],
            "seconds": wall_us % MINUTE_US / 1e6,
            "skew": _skew(recent) if recent else None,
        }


def _skew(recent: list[Ages]) -> dict[str, float]:
    return {
        "median_s": float(np.median([a.median_s for a in recent])),
        "least_s": min(a.least_s for a in recent),
        "most_s": max(a.most_s for a in recent),
    }


def rss_bytes(pid: int | str = "self") -> int | None:
    """Memory that a process of this computer holds; None where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGESIZE
    return None
