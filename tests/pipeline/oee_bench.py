"""The demo plant's first mill as the planner sees it, and the figures of a day."""

from pathlib import Path

import numpy as np

from twin.config import Settings
from twin.core.view import view_dtype
from twin.pipeline.production.production import ProductionKept
from twin.pipeline.worklist import MachineNow
from twin.plant import Plant, load_plant

# A Tuesday, 06:00 of the demo plant: a shift begins, the next break is at 09:30.
START_US = 1_772_514_000_000_000
MINUTE_US = 60_000_000


def demo_plant() -> Plant:
    return load_plant(Path(Settings().plant))


def mill(
    plant: Plant, time_us: int, n_applied: int, load: float = 72.0, contour: float = 5.0
) -> MachineNow:
    """The plant's first mill as seen at a time; 72 of 90 % load is a relative rate of 0.8."""
    machine_class = plant.classes["mill"]
    lanes = machine_class.lane_ids
    row = np.zeros(1, view_dtype(len(machine_class.sensors), len(machine_class.inputs)))[0]
    row["time"], row["n_applied"] = time_us, n_applied
    row["value"][lanes.index("load_pct")] = load
    row["value"][lanes.index("contour_error_um")] = contour
    machine = next(m for m in plant.machines if m.class_id == "mill")
    return MachineNow(plant, machine, row, False, None)


def day(kept: ProductionKept, plant: Plant, minutes: int) -> dict[str, float]:
    figures = kept.figures(plant, START_US + minutes * MINUTE_US)
    assert figures is not None
    return figures["day"]
