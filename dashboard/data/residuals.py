"""Residual diagnostics of one machine's twin over its last samples, computed when a page asks."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.data.machines import MachinePast
from dashboard.snapshot import Snapshot
from twin.core.residual_verdict import findings
from twin.core.residuals import Residuals, residuals
from twin.pipeline.history.history import Estimate
from twin.plant import Machine, Sensor

__all__ = ["SAMPLES", "Judged", "Judgement", "judge"]

SAMPLES = (500, 2000, 10_000)
"""How many of the newest samples may be asked for; the second at first."""
KEPT_S = 10
"""Wall seconds for which a judgement serves all readers."""


class Judged(NamedTuple):
    """One sensor."""

    sensor: Sensor
    found: Residuals
    codes: list[str]


class Judgement(NamedTuple):
    """All sensors over samples at times (R,), µs UTC."""

    times: NDArray[np.int64]
    sensors: list[Judged]
    version: int


def judge(views: MachinePast, snapshot: Snapshot, machine: Machine, n: int) -> Judgement | None:
    """Over the newest n samples; None where the filter's past is not known: family linear."""
    if snapshot.plant.class_of(machine).twin.family == "linear":
        return None
    key = f"residuals:{machine.id}:{n}"
    kept: Judgement | None = views.computed.get(
        key, KEPT_S, lambda: _judge(views, snapshot, machine, n)
    )
    return kept


def _judge(views: MachinePast, snapshot: Snapshot, machine: Machine, n: int) -> Judgement | None:
    plant, machine_class = snapshot.plant, snapshot.plant.class_of(machine)
    past: Any = views.rows(plant, machine, n * machine_class.period_s)
    if not isinstance(past, Estimate):
        return None
    sensors = plant.sensors_of(machine)
    rows, e = past.rows[-n:], past.trace.innovation[-n:]
    gated = past.trace.gated[-n:, None] >> np.arange(len(sensors), dtype=np.uint32) & 1 > 0
    model = views.model(machine.class_id, machine_class)
    # While a sensor is not to be trusted its readings are unused without being marked each.
    gated |= e * e > model.trend(machine_class).gate
    judged = []
    for i, sensor in enumerate(sensors):
        found = residuals(e[:, i], gated[:, i])
        judged.append(Judged(sensor, found, findings(found)))
    return Judgement(rows["time"].astype(np.int64), judged, model.version)
