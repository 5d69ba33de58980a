"""Timing that holds on a noisy machine: rivals take turns, round by round; medians are compared."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["Timing", "interleave"]

Run = Callable[[], int]
"""Does some work and returns how many units of it were done."""


class Timing(NamedTuple):
    """Seconds a unit of work over the rounds."""

    median_s: float
    low_s: float
    high_s: float

    def spread(self) -> list[float]:
        """Fastest and slowest round relative to the median."""
        return [round(self.low_s / self.median_s, 3), round(self.high_s / self.median_s, 3)]


def interleave(rivals: Mapping[str, Run], rounds: int) -> dict[str, Timing]:
    """Run every rival once a round, after one uncounted round; seconds a unit for each."""
    for run in rivals.values():
        run()
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, run in rivals.items():
            start = time.perf_counter()
            n_units = run()
            taken[name].append((time.perf_counter() - start) / n_units)
    return {name: Timing(statistics.median(t), min(t), max(t)) for name, t in taken.items()}
