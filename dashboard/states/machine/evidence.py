"""What speaks for a machine's twin and against it: what it was told, and how its errors look."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import rounded
from dashboard.snapshot import STALE_PERIODS
from dashboard.times import iso_local
from twin.core.trend import LATE
from twin.plant import Plant

__all__ = ["Z95", "gaps_s", "lag_one", "nis_range", "sensor_quality", "whiteness"]

Z95 = 1.959964
"""Half width of a 95 % interval of the normal distribution, in sd."""
LEAST_PAIRS = 20
"""Pairs of innovations under which nothing is said of their whiteness."""

Array = NDArray[np.float64]


def sensor_quality(
    rows: NDArray[np.void],
    flags: NDArray[np.uint8] | None,
    gated: NDArray[np.uint32] | None,
    n_sensors: int,
    plant: Plant,
) -> dict[str, Any]:
    """Counts a sensor over the rows (R,) of one machine, and when each was last good.

    flags, gated: what became of the rows in the filter; None where that is not kept, and then
    "gated" and "late" are None. The four qualities are those of twin.core.rows.
    """
    finite = np.isfinite(rows["value"][:, :n_sensors])
    bits = (rows["quality"][:, None] >> np.arange(n_sensors, dtype=np.uint32)) & 1 == 1
    kinds = {
        "good": finite & ~bits,
        "uncertain": finite & bits,
        "bad": ~finite & bits,
        "missing": ~finite & ~bits,
    }
    sensors = [
        {name: int(kind[:, n].sum()) for name, kind in kinds.items()}
        | {"gated": None if gated is None else int(((gated >> np.uint32(n)) & 1).sum())}
        | {"last_good": _last(rows["time"], kinds["good"][:, n], plant)}
        for n in range(n_sensors)
    ]
    return {
        "rows": len(rows),
        "late": None if flags is None else int((flags == LATE).sum()),
        "since": iso_local(rows["time"][0], plant.zone) if len(rows) else None,
        "sensors": sensors,
    }


def _last(times: NDArray[np.int64], is_good: NDArray[np.bool_], plant: Plant) -> str | None:
    return iso_local(times[is_good].max(), plant.zone) if is_good.any() else None


def lag_one(innovation: Array) -> tuple[Array, NDArray[np.int64]]:
    """Autocorrelation at lag 1 of standardised innovations (R, m), and of how many pairs: (m,).

    About mean 0, which theory gives; a pair with a gap in it does not count. NaN without a pair.
    Source: Bar-Shalom, Li & Kirubarajan (2001), §5.4.2, test for whiteness of the innovations.
    """
    before, after = innovation[:-1], innovation[1:]
    pair = np.isfinite(before) & np.isfinite(after)
    a, b = np.where(pair, before, 0.0), np.where(pair, after, 0.0)
    power = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((a * b).sum(axis=0) / power), pair.sum(axis=0)


def whiteness(innovation: Array) -> dict[str, Any] | None:
    """Lag-1 autocorrelation of all sensors together, what white ones would keep to in 95 of 100
    windows, and the sensor furthest from it. None where there are too few samples."""
    r, n = lag_one(innovation)
    told = (n >= LEAST_PAIRS) & np.isfinite(r)
    if not told.any():
        return None
    weight = np.where(told, n, 0)
    away = np.where(told, np.abs(r) * np.sqrt(n), -1.0)
    worst = int(away.argmax())
    return {
        "r": rounded(float((np.nan_to_num(r) * weight).sum() / weight.sum()), 3),
        "bound": rounded(Z95 / float(np.sqrt(weight.sum())), 3),
        "worst": worst,
        "worst_r": rounded(r[worst], 3),
        "worst_bound": rounded(Z95 / float(np.sqrt(n[worst])), 3),
    }


def nis_range(n_sensors: int, memory: float) -> list[float]:
    """Where NIS per degree of freedom lies in 95 of 100 moments while the twin is exact.

    Exponentially weighted over `memory` samples it averages 2·memory − 1 of them, and a mean of k
    χ² of one degree of freedom has variance 2/k.
    """
    half = Z95 * float(np.sqrt(2.0 / (n_sensors * (2.0 * memory - 1.0))))
    return [max(0.0, 1.0 - half), 1.0 + half]


def gaps_s(times: NDArray[np.int64], period_s: float) -> float:
    """Seconds within rows' times (R,), µs, for which nothing came beyond the expected periods."""
    waited = np.diff(times) / 1e6
    return float(waited[waited > STALE_PERIODS * period_s].sum())
