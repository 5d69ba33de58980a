"""What the small charts of a machine's sensors are drawn from: measurement, estimate, band.

The script draws them itself (assets/twin-5-charts.js). Twenty-one plotly figures took a page 1.3
to 3.7 s; the same lines as plain paths are there in a fraction of it, and no plotly is loaded.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import roundeds
from dashboard.times import Times

__all__ = ["N_POINTS", "Past", "chart_lines", "min_max", "naive_s", "past_of"]

N_POINTS = 500
"""Points a line is drawn with at most: a small chart is some 400 pixels wide."""

Array = NDArray[np.float64]


class Past(NamedTuple):
    """What happened: naive ISO times (R,), then (R, m) in the plant's units, NaN for a gap."""

    times: Times
    value: Array
    level: Array
    half: Array
    """Half width of the 95 % band of the next reading."""
    innovation: Array
    """Standardised."""


def past_of(n_sensors: int) -> Past:
    """A past in which nothing happened."""
    empty = np.empty((0, n_sensors))
    return Past([], empty, empty, empty, empty)


def min_max(values: Array, n_max: int) -> NDArray[np.intp]:
    """Indices of at most n_max of values (R,): each bucket's lowest and highest, and both ends.

    What stands out stays, which taking every nth value would lose. NaN counts as neither; a
    bucket of NaN alone keeps its first, so that the gap stays.
    Source: Jugel et al. (2014), M4: a visualization-oriented time series data aggregation.
    """
    if len(values) <= n_max:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), n_max // 2, dtype=int)
    kept = {0, len(values) - 1}
    for start, end in pairwise(edges):
        bucket = values[start:end]
        known = np.flatnonzero(np.isfinite(bucket))
        if not len(known):
            kept.add(int(start))
            continue
        kept.add(int(start + known[bucket[known].argmin()]))
        kept.add(int(start + known[bucket[known].argmax()]))
    return np.array(sorted(kept), dtype=np.intp)


def chart_lines(past: Past, kind: str) -> dict[str, Any]:
    """Lines of every sensor, thinned, as plain lists: start (ISO), then a sensor t, v, e and h.

    t: seconds since the start on the plant's own clock; v: measurement, e: estimate, h: half
    width of the 95 % band, None for a gap. Of kind "innovations": v alone, standardised.
    """
    seconds = naive_s(past)
    gaps = _gaps(past)
    drawn = past.value if kind == "signals" else past.innovation
    lines = []
    for n in range(drawn.shape[1]):
        kept = np.union1d(min_max(drawn[:, n], N_POINTS), gaps).astype(np.intp)
        line: dict[str, Any] = {"t": seconds[kept].tolist(), "v": roundeds(drawn[kept, n], 5)}
        if kind == "signals":
            line["e"] = roundeds(past.level[kept, n], 5)
            line["h"] = roundeds(past.half[kept, n], 4)
        lines.append(line)
    return {"start": past.times[0] if past.times else None, "kind": kind, "sensors": lines}


def naive_s(past: Past) -> NDArray[np.int64]:
    """Seconds (R,) since the first time, as the plant's clocks on the wall count them."""
    moments = np.array(past.times, dtype="datetime64[s]").astype(np.int64)
    return np.asarray(moments - moments[0]) if len(moments) else moments


def _gaps(past: Past) -> NDArray[np.intp]:
    """Rows that stand for a gap: nothing was measured, and nothing believed."""
    unknown = np.isnan(past.value).all(axis=1) & np.isnan(past.level).all(axis=1)
    return np.flatnonzero(unknown)
