"""The past of one machine as charts need it: its samples, and what the twin made of each.

The estimate is not stored but computed again from the belief at the start (pipeline.history), by
the same kernel and the same rows in the same order as when it was live; so a chart cannot show
another twin. Here it is brought into the plant's units.
"""

from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.signals import Past
from dashboard.snapshot import STALE_PERIODS
from dashboard.states.machine.evidence import Z95
from dashboard.times import isos_local
from twin.core.statespace import Trend
from twin.core.trend import Trace
from twin.core.units import carried, nearest_regime, to_plant_units

__all__ = ["nearest_regime", "past_of_estimate", "past_of_rows", "to_plant_units", "with_gaps"]

Array = NDArray[np.float64]


def past_of_estimate(
    trend: Trend, rows: NDArray[np.void], found: Trace, period_s: float, zone: ZoneInfo
) -> Past:
    """Rows (R,) of one machine by time, without resets, and the filter at each of them."""
    m = trend.n_sensors
    u = carried(rows["value"][:, m:].astype(np.float64))
    level, sd = to_plant_units(trend, u, found.level, np.sqrt(found.p11 + trend.r))
    columns = [rows["value"][:, :m].astype(np.float64), level, Z95 * sd, found.innovation]
    times, columns = with_gaps(rows["time"], columns, period_s)
    return Past(isos_local(times, zone), *columns)


def past_of_rows(rows: NDArray[np.void], n_sensors: int, period_s: float, zone: ZoneInfo) -> Past:
    """Rows (R,) of one machine by time, without what a twin made of them."""
    value = rows["value"][:, :n_sensors].astype(np.float64)
    unknown = np.full_like(value, np.nan)
    times, columns = with_gaps(rows["time"], [value, unknown, unknown, unknown], period_s)
    return Past(isos_local(times, zone), *columns)


def with_gaps(
    times: NDArray[np.int64], columns: list[Array], period_s: float
) -> tuple[NDArray[np.int64], list[Array]]:
    """A row of NaN wherever no sample came for three expected periods: charts break there."""
    limit = STALE_PERIODS * period_s * 1e6
    after = np.flatnonzero(np.diff(times) > limit) + 1
    between = times[after - 1] + int(period_s * 1e6)
    return np.insert(times, after, between), [np.insert(c, after, np.nan, 0) for c in columns]
