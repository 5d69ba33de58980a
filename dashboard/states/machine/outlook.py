"""What is ahead of one machine, from its belief now: risk by lead time and mode, sensors' fans."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import rounded, roundeds
from dashboard.states.machine.past import to_plant_units
from twin.core.forecast import forecast
from twin.core.hazard import Hazard, Outlook, failure_probability, outlook
from twin.core.hazard_risk import assess, contributions
from twin.core.layout import BORN, TIME, header
from twin.core.view import NEVER
from twin.modelfile import ClassModel
from twin.plant import MachineClass, Sensor

__all__ = [
    "LEAST_LOGIT",
    "N_POINTS",
    "Z_BANDS",
    "Belief",
    "belief_of",
    "crossing",
    "mode_risks",
    "risk_curve",
    "sensor_fan",
]

N_POINTS = 43
"""Points of the curve: one every eight hours over a fortnight."""
LEAST_LOGIT = 0.1
"""Log-odds below which a sensor does not drive the risk: a factor of 1.1."""
MODE_DRIVERS = 3
Z_BANDS = {"50": 0.6744897501960817, "80": 1.2815515655446004, "95": 1.959963984540054}
"""Half widths of the fan's bands, in sd: central intervals of the normal distribution."""

Array = NDArray[np.float64]


class Belief(NamedTuple):
    """A machine's state row (1, W) and the model that reads it."""

    model: ClassModel
    machine_class: MachineClass
    state: Array
    time_us: int
    age_steps: Array
    """(1,)"""


def belief_of(
    model: ClassModel, machine_class: MachineClass, words: Array, n: int
) -> Belief | None:
    """Row n of the packed states of a class in a partition.

    None without a sample, or where the states were packed for another list of lanes.
    """
    trend = model.trend(machine_class)
    width = trend.layout.width
    if len(words) % width or n >= len(words) // width:
        return None
    state = words.reshape(-1, width)[n : n + 1]
    time = header(state, TIME)
    if time[0] == NEVER:
        return None
    age = (time - header(state, BORN)) / trend.step_us
    return Belief(model, machine_class, state, int(time[0]), age)


def risk_curve(belief: Belief) -> dict[str, Any] | None:
    """Hours from now, probability of failure by then, its 80 % interval, and each mode's part of
    it, as plain lists. None without a failure model."""
    hazard, layout = belief.model.hazard(), belief.model.trend(belief.machine_class).layout
    if hazard is None:
        return None
    steps = np.linspace(0.0, hazard.horizon, N_POINTS)
    level, slope = layout.level(belief.state), layout.slope(belief.state)
    risk = assess(hazard, level, slope, belief.age_steps, list(steps))
    future = outlook(hazard, level, slope, belief.age_steps)
    parts = mode_risks(hazard, future, steps)
    push = contributions(hazard, level, slope, belief.age_steps)[:, 0, :-1]
    return {
        "hours": roundeds(steps * belief.machine_class.step_s / 3600, 4),
        "p": roundeds(risk.p[0], 4),
        "lo": roundeds(risk.p_lo[0], 4),
        "hi": roundeds(risk.p_hi[0], 4),
        "modes": {
            mode: {
                "p": roundeds(parts[0, j], 4),
                "drivers": _pushing(hazard, push[j]),
            }
            for j, mode in enumerate(hazard.modes)
        },
    }


def _pushing(hazard: Hazard, push: Array) -> list[list[Any]]:
    """[sensor number, log-odds] of the sensors that push one mode's risk up most."""
    most = np.argsort(-push, kind="stable")[:MODE_DRIVERS]
    lanes = hazard.map_.lanes
    return [[int(lanes[a]), rounded(push[a], 3)] for a in most if push[a] > LEAST_LOGIT]


def mode_risks(hazard: Hazard, future: Outlook, steps: Array) -> Array:
    """P(failed of mode j by step t) as (N, M, H); over the modes it sums to P(failed by t).

    The cumulative incidence: in each bin the alive fail of a mode at its own hazard.
    Source: Kalbfleisch & Prentice (2002), §8.2, competing risks in discrete time.
    """
    alive = future.survival[:, :-1]
    fails = np.stack([alive * h for h in future.hazard], axis=1)
    died = -np.diff(future.survival, axis=1)[:, None, :]
    fails *= died / np.maximum(fails.sum(axis=1, keepdims=True), 1e-300)
    at_edges = np.concatenate([np.zeros_like(fails[..., :1]), fails.cumsum(axis=2)], axis=2)
    whole = failure_probability(future, hazard.edges, steps)[:, None, :]
    read = np.array(
        [[np.interp(steps, hazard.edges, mode) for mode in machine] for machine in at_edges]
    )
    return np.asarray(read * whole / np.maximum(read.sum(axis=1, keepdims=True), 1e-300))


def sensor_fan(belief: Belief, sensor: Sensor, n: int, hours: Array) -> dict[str, Any]:
    """Level of sensor n at hours (H,) from its newest sample: mean, half widths of the bands, and
    where each of its limits is crossed. In the plant's units, inputs as they are now."""
    trend = belief.model.trend(belief.machine_class)
    steps = hours * 3600.0 / belief.machine_class.step_s
    ahead = forecast(trend, belief.state, steps, dtype=np.float64)
    u = np.repeat(trend.layout.inputs(belief.state), len(hours), axis=0)
    mean, sd = to_plant_units(trend, u, ahead.mean[0].T, np.sqrt(ahead.variance[0].T))
    mean, sd = mean[:, n], sd[:, n]
    alarm = sensor.alarm
    named = {
        "low_low": alarm.low_low,
        "low": alarm.low,
        "high": alarm.high,
        "high_high": alarm.high_high,
    }
    return {
        "hours": roundeds(hours, 5),
        "mean": roundeds(mean, 6),
        "half": {name: roundeds(z * sd, 5) for name, z in Z_BANDS.items()},
        "limits": [
            {"limit": name, "value": value} | crossing(hours, mean, sd, value, "high" in name)
            for name, value in named.items()
            if value is not None
        ],
    }


def crossing(hours: Array, mean: Array, sd: Array, limit: float, is_upper: bool) -> dict[str, Any]:
    """Hours by which the level has passed a limit with probability 10, 50 and 90 %.

    beyond: the mean has passed it already. None: not within the hours looked at.
    """
    side = 1.0 if is_upper else -1.0
    over, z = side * (mean - limit), Z_BANDS["80"]
    at = {"lo_h": over + z * sd, "mid_h": over, "hi_h": over - z * sd}
    found = {name: _first_above(hours, values) for name, values in at.items()}
    return {"beyond": bool(over[0] >= 0), **found}


def _first_above(hours: Array, values: Array) -> float | None:
    """Where values (H,), linear between the hours, first reach 0."""
    above = np.flatnonzero(values >= 0)
    if not len(above):
        return None
    k = int(above[0])
    if k == 0:
        return rounded(hours[0], 4)
    part = -values[k - 1] / (values[k] - values[k - 1])
    return rounded(hours[k - 1] + part * (hours[k] - hours[k - 1]), 4)
