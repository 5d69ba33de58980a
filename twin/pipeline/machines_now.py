"""Every machine as the plan finds it: its view row, whether it is heard or stands failed."""

import numpy as np

from twin.core.view import NEVER
from twin.pipeline.failures import Failures
from twin.pipeline.site import Site
from twin.pipeline.view_rows import Rows
from twin.pipeline.worklist import MachineNow
from twin.plant import Machine

__all__ = ["machines_now"]

STALE_PERIODS = 3.0
TRANSPORT_S = 5.0
"""Wall seconds that a sample may take from the machine to here before it counts as missing."""


def machines_now(
    site: Site, rows: Rows, now_us: int, speed: float, failures: Failures | None = None
) -> list[MachineNow]:
    """Every machine that has a view row, at plant time now_us (µs UTC)."""
    failures = failures or Failures()
    found = [_machine_now(site, m, rows.get(m.id), now_us, speed) for m in site.plant.machines]
    return [
        now._replace(is_failed=failures.holds(now.machine.id, int(now.row["born"])))
        for now in found
        if now is not None
    ]


def _machine_now(
    site: Site, machine: Machine, row: np.void | None, now_us: int, speed: float
) -> MachineNow | None:
    if row is None:
        return None
    machine_class = site.plant.class_of(machine)
    limit_s = STALE_PERIODS * machine_class.period_s + TRANSPORT_S * speed
    silent = row["time"] == NEVER or now_us - int(row["time"]) > limit_s * 1e6
    cost_h, course = _long_run_cost_h(site, machine), _course(site, machine)
    return MachineNow(site.plant, machine, row, bool(silent), cost_h, course=course)


def _course(site: Site, machine: Machine) -> tuple[float, ...] | None:
    model = site.models.get(machine.class_id)
    hazard = model.hazard_model if model else None
    return None if hazard is None or hazard.course is None else tuple(hazard.course)


def _long_run_cost_h(site: Site, machine: Machine) -> float | None:
    """g in money per hour, from the model, which knows it in planned services per step."""
    model = site.models.get(machine.class_id)
    hazard = model.hazard_model if model else None
    if hazard is None or hazard.replace_at is None or model is None:
        return None
    costs = site.plant.costs_of(machine)
    service = costs.planned + costs.planned_h * costs.output_per_h
    return hazard.replace_at * service / (model.step_s / 3600.0)
