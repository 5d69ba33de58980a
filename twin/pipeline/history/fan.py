"""The forecast as it would have been given at any moment of the past, and what then happened.

The belief as of the moment is the belief that was sealed before it, run forward by the filter over
the rows up to it: nothing that came later is in it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.forecast import forecast
from twin.core.hazard_risk import Risk, assess
from twin.core.layout import BORN, TIME, header
from twin.core.units import carried, to_plant_units
from twin.errors import DataError
from twin.pipeline.history.explore import Explorer, Subject
from twin.pipeline.history.fan_crossings import Crossing, crossings_of
from twin.pipeline.history.history import Rows
from twin.pipeline.history.past_belief import belief_at
from twin.pipeline.history.window import filtered

__all__ = ["Fan", "Happened", "fan_of"]

Array = NDArray[np.float64]
N_STEPS = 121
"""Lead times of a fan."""
Z80 = 1.2815515655446004
CHECK_CHUNKS = 100
"""Chunks looked at to see what happened, evenly chosen where there are more."""
H_US = 3_600_000_000


class Happened(NamedTuple):
    """Readings since, and how many lay inside the 80 % band: under the inputs as they were at the
    moment, which the fan is drawn for, and under those that came."""

    n_readings: int
    inside: int
    inside_as_driven: int
    is_sampled: bool
    """Not every reading was looked at."""


class Fan(NamedTuple):
    """A sensor's forecast as of a moment, in the plant's unit."""

    at: int
    as_of: int
    """Source time of the newest sample that was known."""
    time: NDArray[np.int64]
    mean: Array
    sd: Array
    """Of a reading."""
    sd_level: Array
    crossings: list[Crossing]
    risk: Risk | None
    """At `time`, (1, h); None without a failure model."""
    happened: Happened
    from_prior: bool
    """No belief of this version of the model was kept: the filter began anew not long before."""


def fan_of(
    explorer: Explorer,
    machine_id: str,
    sensor_id: str,
    at: int,
    horizon_h: float,
    stop: int | None = None,
    as_driven: bool = False,
) -> Fan:
    """A sensor's fan from a moment (µs UTC) on. Raises DataError.

    stop: when the machine failed or was repaired, after which it is another one; as_driven: under
    the inputs that came, as far as they have, not under those of the moment.
    """
    subject = explorer.subject(machine_id)
    if sensor_id not in subject.sensors:
        raise DataError(f"sensors: got {sensor_id}, want {', '.join(subject.sensors)}")
    n = subject.sensors.index(sensor_id)
    state, from_prior = belief_at(explorer, subject, at)
    as_of = int(header(state, TIME)[0])
    time = as_of + np.linspace(0.0, at - as_of + horizon_h * H_US, N_STEPS).astype(np.int64)
    ahead = _Ahead(subject, state, n, (time - as_of))
    until = int(time[-1]) if stop is None else min(stop, int(time[-1]))
    came = _came(explorer, subject, at, int(time[-1]))
    if as_driven:
        ahead.drive(came.rows)
    mean, sd = ahead.under(ahead.u, ahead.sd_reading)
    _, sd_level = ahead.under(ahead.u, ahead.sd)
    sensor = explorer.plant.sensors_of(subject.machine)[n]
    crossings = crossings_of(sensor, time, mean, sd_level)
    happened = _happened(came, ahead, until)
    risk = ahead.risk()
    return Fan(at, as_of, time, mean, sd, sd_level, crossings, risk, happened, from_prior)


class _Ahead:
    """One sensor's future from a state (1, W), leads (h,) in µs from its newest sample."""

    def __init__(self, subject: Subject, state: Array, n: int, lead: NDArray[np.int64]) -> None:
        assert subject.trend is not None
        self.subject, self.trend, self.state, self.n = subject, subject.trend, state, n
        self.time = header(state, TIME)[0] + lead
        self.steps = lead / self.trend.step_us
        found = forecast(self.trend, state, self.steps, sensors=n, dtype=np.float64)
        self.mean, variance = found.mean[0, 0], found.variance[0, 0]
        self.sd, self.sd_reading = np.sqrt(variance), np.sqrt(variance + self.trend.r[n])
        self.u = np.repeat(self.trend.layout.inputs(state), len(lead), axis=0)

    def drive(self, rows: Rows) -> None:
        """From here on the inputs are those of rows (R,), where there are any by then."""
        m = self.trend.n_sensors
        first = np.concatenate([self.u[:1], rows["value"][:, m:].astype(np.float64)])
        self.u = carried(first)[np.searchsorted(rows["time"], self.time, side="right")]

    def under(
        self, u: Array, sd: Array, at: NDArray[np.int64] | None = None
    ) -> tuple[Array, Array]:
        """Mean and sd in the plant's unit under inputs u (R, k), at times (R,) or the own ones."""
        mean = self.mean
        if at is not None:
            mean, sd = (np.interp(at, self.time, column) for column in (mean, sd))
        m, n = self.trend.n_sensors, self.n
        level, spread = np.zeros((2, len(u), m))
        level[:, n], spread[:, n] = mean, sd
        level, spread = to_plant_units(self.trend, u, level, spread)
        return level[:, n], spread[:, n]

    def risk(self) -> Risk | None:
        """Chance of failure by each time, as it was then."""
        hazard, layout = self.subject.model.hazard(), self.trend.layout
        if hazard is None:
            return None
        age = (header(self.state, TIME) - header(self.state, BORN)) / self.trend.step_us
        steps = [min(float(s), hazard.horizon) for s in self.steps]
        return assess(hazard, layout.level(self.state), layout.slope(self.state), age, steps)


class _Came(NamedTuple):
    """Rows (R,) after the moment, and whether there are more that were not looked at."""

    rows: Rows
    is_sampled: bool


def _came(explorer: Explorer, subject: Subject, at: int, until: int) -> _Came:
    """What came after `at` up to `until`."""
    catalogue, machine_id = subject.catalogue, subject.machine.id
    spans = explorer.archive.spans(catalogue, machine_id)
    spans = [s for s in spans if s.end > at and s.start <= until]
    every = max(1, -(-len(spans) // CHECK_CHUNKS))
    wanted = {span.number for span in spans[::every]}
    pieces = explorer.archive.pieces(catalogue, machine_id, lambda s: s.number in wanted)
    rows = filtered(pieces, catalogue, None, 0, machine_id).rows
    return _Came(rows[(rows["time"] > at) & (rows["time"] <= until)], every > 1)


def _happened(came: _Came, ahead: _Ahead, until: int) -> Happened:
    """Readings up to `until` against the 80 % band."""
    rows = came.rows[came.rows["time"] <= until]
    z = rows["value"][:, ahead.n].astype(np.float64)
    u = carried(rows["value"][:, ahead.trend.n_sensors :].astype(np.float64))
    seen = np.isfinite(z)
    z, u, times = z[seen], u[seen], rows["time"][seen]
    inside = []
    then = ahead.trend.layout.inputs(ahead.state)
    for inputs in (np.repeat(then, len(z), axis=0), u):
        mean, sd = ahead.under(inputs, ahead.sd_reading, times)
        inside.append(int((np.abs(z - mean) <= Z80 * sd).sum()))
    return Happened(len(z), inside[0], inside[1], came.is_sampled)
