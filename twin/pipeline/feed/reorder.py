"""Waiting a moment for the sample before this one.

A sample is held only when it stands behind a gap: later than its machine's last by more than one
and a half periods. It goes on when the gap is closed or when it has waited long enough; so samples
that come in order are never delayed, and few come late.
"""

from bisect import insort
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import RESET
from twin.core.view import NEVER

__all__ = ["GAP_PERIODS", "Released", "Reorder"]

Rows = NDArray[np.void]
GAP_PERIODS = 1.5
HELD_MAX = 64
"""Samples of one machine held at most; more than that and the oldest goes on."""


class Released(NamedTuple):
    """Rows (R,) that go on now, in their order, and the number (R,) each was pushed with."""

    rows: Rows
    pushed: NDArray[np.int64]


class _Held(NamedTuple):
    time: int
    deadline_us: int
    pushed: int
    row: Rows


class Reorder:
    """Samples of one class. period_us: expected time between two; wait_us: longest hold (wall)."""

    def __init__(self, dtype: np.dtype[np.void], n_slots: int, period_us: int, wait_us: int):
        self._dtype, self._gap_us, self._wait_us = dtype, int(GAP_PERIODS * period_us), wait_us
        self._last = np.full(n_slots, NEVER, dtype=np.int64)
        self._held: dict[int, list[_Held]] = {}

    @property
    def n_held(self) -> int:
        return sum(map(len, self._held.values()))

    @property
    def deadline_us(self) -> int | None:
        """Wall time at which the next held sample has waited enough."""
        return min((h.deadline_us for held in self._held.values() for h in held), default=None)

    def push(self, rows: Rows, pushed: int, wall_us: int) -> Released:
        """Take rows as they came; those that need not wait come back, with what they set free."""
        slots = (rows["slot"] & ~RESET).astype(np.int64)
        simple = ~self._is_gap(slots, rows["time"])
        if self._held or not simple.all() or len(np.unique(slots)) < len(slots):
            return self._push_each(rows, slots, pushed, wall_us)
        np.maximum.at(self._last, slots, rows["time"])
        return Released(rows, np.full(len(rows), pushed))

    def expire(self, wall_us: int) -> Released:
        """Held samples that have waited long enough, and those they set free."""
        out: list[_Held] = []
        for slot, held in list(self._held.items()):
            while held and min(h.deadline_us for h in held) <= wall_us:
                self._release(slot, held.pop(0), out)
                self._drain(slot, out)
        return self._released(out)

    def _is_gap(self, slots: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.bool_]:
        last = self._last[slots]
        return np.asarray((last != NEVER) & (times > last + self._gap_us))

    def _push_each(
        self, rows: Rows, slots: NDArray[np.int64], pushed: int, wall_us: int
    ) -> Released:
        out: list[_Held] = []
        for n, slot in enumerate(slots.tolist()):
            sample = _Held(int(rows["time"][n]), wall_us + self._wait_us, pushed, rows[n : n + 1])
            if self._must_wait(slot, sample.time):
                held = self._held.setdefault(slot, [])
                insort(held, sample, key=lambda h: h.time)
                if len(held) > HELD_MAX:
                    self._release(slot, held.pop(0), out)
            else:
                self._release(slot, sample, out)
            self._drain(slot, out)
        return self._released(out)

    def _must_wait(self, slot: int, time: int) -> bool:
        last = int(self._last[slot])
        return last != NEVER and time > last + self._gap_us

    def _release(self, slot: int, sample: _Held, out: list[_Held]) -> None:
        self._last[slot] = max(int(self._last[slot]), sample.time)
        out.append(sample)

    def _drain(self, slot: int, out: list[_Held]) -> None:
        """Let go what no longer stands behind a gap."""
        held = self._held.get(slot)
        while held and not self._must_wait(slot, held[0].time):
            self._release(slot, held.pop(0), out)
        if held is not None and not held:
            del self._held[slot]

    def _released(self, out: list[_Held]) -> Released:
        if not out:
            return Released(np.zeros(0, dtype=self._dtype), np.zeros(0, dtype=np.int64))
        return Released(
            np.concatenate([h.row for h in out]), np.array([h.pushed for h in out], dtype=np.int64)
        )
