"""A scenario's course as the numbers that a screen draws: no more digits than mean something."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import decimals, rounded, roundeds
from twin.core.whatif import Case, Course
from twin.core.whatif_sums import Crossing, Prices, crossing, expected_cost
from twin.plant import MachineClass, Sensor

__all__ = ["course_numbers", "input_numbers", "sensor_numbers"]

Array = NDArray[np.float64]

SLIGHT = 0.02
"""Model units over an input's range below which a sensor is said not to answer to it."""


class Sums(Protocol):
    """What a course is summed up with."""

    @property
    def prices(self) -> Prices: ...
    @property
    def load(self) -> int | None: ...
    @property
    def output(self) -> tuple[float, float]: ...
    @property
    def service(self) -> float | None: ...
    @property
    def limits(self) -> tuple[float, float]: ...


def course_numbers(
    course: Course, n: int, step_h: float, horizons_h: Mapping[str, float], sums: Sums
) -> dict[str, Any]:
    """Sensor n's fan, the curve of failure, and the sums, in hours and plant units.

    limits of `sums`: low and high of sensor n, NaN where there is none.
    """
    hours, failed = course.at * step_h, course.failure
    low, high = sums.limits
    numbers = {
        "hours": roundeds(hours, 6),
        "mean": roundeds(course.mean[:, n], 6),
        "sd": roundeds(course.sd[:, n], 4),
        "limits": [rounded(low, 6), rounded(high, 6)],
        "service_h": None if sums.service is None else rounded(sums.service * step_h, 6),
        "crossing": _crossing(crossing(course, n, low, high), step_h),
    }
    if not np.isfinite(failed).all():
        return numbers | {"p": None}
    cost = expected_cost(sums.prices, course, sums.service, sums.load, *sums.output)
    return numbers | {
        "p": roundeds(failed[0], 4),
        "lo": roundeds(failed[1], 4),
        "hi": roundeds(failed[2], 4),
        "read": roundeds(-np.expm1(-course.read), 4),
        "mc": rounded(course.mc_sd.max(), 2),
        "p_at": {
            name: [rounded(np.interp(h, hours, curve), 4) for curve in failed]
            for name, h in horizons_h.items()
        },
        "cost": {
            "failure": rounded(cost.failure, 6),
            "planned": rounded(cost.planned, 6),
            "slower": rounded(cost.slower, 6),
            "total": rounded(cost.total, 6),
        },
    }


def input_numbers(case: Case, machine_class: MachineClass, recent: Array) -> list[dict[str, Any]]:
    """What may be changed: range, what it usually is, and whether it was learnt to matter."""
    out = []
    for i, lane in enumerate(machine_class.inputs):
        width = lane.range[1] - lane.range[0]
        answer = np.abs(case.trend.gain[:, :, i] * width / case.trend.scale).max(axis=0)
        out.append(
            {
                "id": lane.id,
                "name": lane.name or lane.id,
                "unit": lane.unit,
                "decimals": max(0, decimals(*lane.range) - 1),
                "range": list(lane.range),
                "usual": rounded(case.inputs[i], 4),
                "recent": roundeds(recent[:, i], 4),
                "wears": bool(case.wear[:, i].any()),
                "answers": [machine_class.sensors[j].id for j in np.flatnonzero(answer > SLIGHT)],
            }
        )
    return out


def sensor_numbers(sensors: Sequence[Sensor]) -> list[dict[str, Any]]:
    """What may be looked at."""
    return [
        {
            "id": s.id,
            "name": s.name or s.id,
            "unit": s.unit,
            "decimals": decimals(*s.normal),
            "normal": list(s.normal),
        }
        for s in sensors
    ]


def _crossing(found: Crossing, step_h: float) -> dict[str, Any]:
    """Hours to the crossing; None: beyond the horizon."""
    names = {"lo_h": found.low, "mid_h": found.mid, "hi_h": found.high}
    return {k: rounded(v * step_h, 4) for k, v in names.items()} | {
        "share": rounded(found.share, 3)
    }
