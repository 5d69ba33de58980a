"""OEE of the shift under way and of the last day from sums a quarter of an hour."""

from collections.abc import Mapping, Sequence
from typing import Any

from twin.core.oee import EMPTY, Tally, indices, total
from twin.pipeline.production.producing import graded_lines
from twin.pipeline.production.unit_times import UnitTimes
from twin.plant import Plant, shift_began

__all__ = ["BUCKET_US", "DAY_US", "oee_figures"]

BUCKET_US = 900_000_000
DAY_US = 86_400_000_000
Sums = Mapping[int, Mapping[str, Tally]]
"""Number of the quarter → line → sums."""


def oee_figures(plant: Plant, sums: Sums, units: UnitTimes, now_us: int) -> dict[str, Any] | None:
    """OEE of the shift under way and of the last 24 h, and of each line, and the setup ratio of
    each machine; None: no class of the plant produces."""
    classes = {m.class_id for m in plant.machines}
    producing = [p for c in classes if (p := plant.classes[c].production) is not None]
    if not producing:
        return None
    head = plant.plant
    began = shift_began(head.shift_start, head.shift_h, plant.zone, now_us)
    graded = graded_lines(plant)
    lines = sorted(graded)
    return {
        "shift": _figure(sums, lines, began, all(graded.values())),
        "day": _figure(sums, lines, now_us - DAY_US, all(graded.values())),
        "lines": {x: _figure(sums, [x], now_us - DAY_US, graded[x]) for x in lines},
        "machines": _machines(plant, units, now_us - DAY_US),
        "shift_began": began,
    }


def _machines(plant: Plant, units: UnitTimes, since_us: int) -> dict[str, Any]:
    """Setup ratio and times of each machine of which operations were reported."""
    known = {machine.id for machine in plant.machines}
    return {
        machine: {
            "setup_ratio": time.setup_ratio,
            "setup_h": time.setup_s / 3600,
            "ran_h": time.ran_s / 3600,
        }
        for machine, time in sorted(units.since(since_us // BUCKET_US).items())
        if machine in known
    }


def _figure(kept: Sums, lines: Sequence[str], since_us: int, all_graded: bool) -> dict[str, Any]:
    sums = total(
        [
            quarter.get(line, EMPTY)
            for bucket, quarter in kept.items()
            if (bucket + 1) * BUCKET_US > since_us
            for line in lines
        ]
    )
    hours = {"busy_h": sums.busy_s / 3600, "setup_h": sums.setup_s / 3600}
    return indices(sums, all_graded=all_graded)._asdict() | hours
