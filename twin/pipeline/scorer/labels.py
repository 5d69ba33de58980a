"""What happened to machines: failures, and resets that no failure had asked for."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.types import Event

__all__ = ["HOUR_US", "KEEP_US", "Labels", "Leads"]

HOUR_US = 3_600_000_000
KEEP_US = 9 * 24 * HOUR_US
"""How long before the oldest forecast to be scored labels are kept: the life that it was of."""
BEGINS = frozenset({"repair", "commissioned"})
Times = NDArray[np.int64]


class Leads(NamedTuple):
    """Of forecasts (N,) of one machine: hours to what came next, inf where nothing did."""

    failed: NDArray[np.float64]
    served: NDArray[np.float64]
    """To the reset that came first, by service or repair."""
    stood: NDArray[np.bool_]
    """The machine stood failed when the forecast was made: nothing was to be forecast."""


class Labels:
    """Failures and resets of the last weeks by machine, each list rising."""

    def __init__(self, held: dict[str, Any] | None = None) -> None:
        held = held or {}
        self.failures: dict[str, list[int]] = held.get("failures", {})
        self.resets: dict[str, list[int]] = held.get("resets", {})
        self.modes: dict[str, str | None] = held.get("modes", {})
        """"machine@time" of a failure → its mode."""

    def take(self, events: Iterable[Event]) -> list[Event]:
        """Take up events; returns those that were labels."""
        return [event for event in events if self._take_one(event)]

    def _take_one(self, event: Event) -> bool:
        if event.kind == "failure":
            times = self.failures.setdefault(event.machine_id, [])
            if event.time in times:
                return False
            insort(times, event.time)
            self.modes[_key(event.machine_id, event.time)] = event.detail.get("mode")
        elif event.kind == "failure_retracted":
            return self._retract(event)
        elif event.kind in BEGINS:
            times = self.resets.setdefault(event.machine_id, [])
            if event.time in times:
                return False
            insort(times, event.time)
        else:
            return False
        return True

    def _retract(self, event: Event) -> bool:
        """A failure that was reported and had not been: named by its time, else the last one."""
        times = self.failures.get(event.machine_id, [])
        time = event.detail.get("failure", event.time)
        n = bisect_right(times, int(time))
        if not n:
            return False
        self.modes.pop(_key(event.machine_id, times.pop(n - 1)), None)
        return True

    def mode(self, machine_id: str, time: int) -> str | None:
        """Mode of a failure, if it was named."""
        return self.modes.get(_key(machine_id, time))

    def leads(self, machine_id: str, times: Times) -> Leads:
        """What came after forecasts of a machine made at times (N,)."""
        failures, resets = self.failures.get(machine_id, []), self.resets.get(machine_id, [])
        last_failure, next_failure = _around(failures, times)
        last_reset, next_reset = _around(resets, times)
        stood = (last_failure > last_reset) & np.isfinite(last_failure)
        base = times.astype(np.float64)
        return Leads(
            (next_failure - base) / HOUR_US, (next_reset - base) / HOUR_US, np.asarray(stood)
        )

    def last_break(self, machine_id: str, time: int) -> int | None:
        """When the machine's life at that time began, as far as it is known."""
        lists = (self.failures.get(machine_id, []), self.resets.get(machine_id, []))
        ends = [times[n - 1] for times in lists if (n := bisect_right(times, time))]
        return max(ends, default=None)

    def forget(self, before_us: int) -> None:
        """Drop what lies before a time, but for the last of each machine: its life began there."""
        for lists in (self.failures, self.resets):
            for machine_id, times in lists.items():
                first = bisect_left(times, before_us)
                lists[machine_id] = times[max(0, first - 1) :]
        kept = {_key(m, t) for m, times in self.failures.items() for t in times}
        self.modes = {key: mode for key, mode in self.modes.items() if key in kept}

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return {"failures": self.failures, "resets": self.resets, "modes": self.modes}


def _around(events: list[int], times: Times) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Last event at or before each time, next one after it; −inf and inf where there is none."""
    padded = np.array([-np.inf, *events, np.inf])
    place = np.searchsorted(np.array(events, dtype=np.int64), times, side="right")
    return padded[place], padded[place + 1]


def _key(machine_id: str, time: int) -> str:
    return f"{machine_id}@{time}"
