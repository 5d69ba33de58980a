"""What a machine's newest reading says of its production: how fast, whether at all, how good."""

from collections.abc import Mapping

import numpy as np

from twin.plant import MachineClass, Plant

__all__ = ["IDLE_INPUTS", "UNKNOWN", "graded_lines", "idle_below", "reading", "stands_idle"]

IDLE_INPUTS = ("load", "speed", "power", "flow")
"""Inputs (load_pct, speed_rpm, …) that say whether a machine is used; its first one counts."""
IDLE_SHARE = 0.05
"""Share of the input's upper end under which the machine stands idle."""
UNKNOWN = (np.nan, False, np.nan)
"""A reading of which nothing is known."""


def idle_below(machine_class: MachineClass) -> dict[int, float]:
    """Lanes that say whether a machine of the class is used: lane → value up to which it is not."""
    made = machine_class.production
    found = {machine_class.lane_ids.index(made.rate): made.running_above} if made else {}
    for n, lane in enumerate(machine_class.inputs):
        if lane.id.split("_")[0] in IDLE_INPUTS:
            found.setdefault(len(machine_class.sensors) + n, IDLE_SHARE * lane.range[1])
            break
    return found


def stands_idle(machine_class: MachineClass, row: np.void) -> bool:
    """Whether the newest reading of one of those lanes says that the machine is not used."""
    return any(float(row["value"][n]) <= low for n, low in idle_below(machine_class).items())


def reading(machine_class: MachineClass, row: np.void) -> tuple[float, bool, float]:
    """Relative rate, whether it produces, and whether that is good (NaN: not measured)."""
    made = machine_class.production
    if made is None:
        return UNKNOWN
    value = float(row["value"][machine_class.lane_ids.index(made.rate)])
    if np.isnan(value):
        return UNKNOWN
    return value / made.ideal, value > made.running_above, _good(machine_class, row)


def _good(machine_class: MachineClass, row: np.void) -> float:
    quality = machine_class.production.quality if machine_class.production else None
    if quality is None:
        return float(np.nan)
    lane = machine_class.sensor_ids.index(quality.sensor)
    value = float(row["value"][lane])
    # A sensor that is not believed measures no quality.
    if np.isnan(value) or int(row["bad"]) >> lane & 1:
        return float(np.nan)
    too_low = quality.low is not None and value < quality.low
    too_high = quality.high is not None and value > quality.high
    return 0.0 if too_low or too_high else 1.0


def graded_lines(plant: Plant) -> Mapping[str, bool]:
    """Lines that produce, and whether all that they make has its quality measured."""
    graded: dict[str, bool] = {}
    for machine in plant.machines:
        made = plant.class_of(machine).production
        if made is not None:
            graded[machine.line] = graded.get(machine.line, True) and made.quality is not None
    return graded
