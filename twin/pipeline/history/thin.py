"""Fewer points of a long series, so that its drawing looks the same: extremes and gaps stay.

Source: Van Der Donckt, Van Der Donckt, Rademaker & Van Hoecke (2023), MinMaxLTTB; Steinarsson
(2013), Downsampling time series for visual representation (largest triangle, three buckets).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxLTTBDownsampler

__all__ = ["Line", "thin"]

_DOWNSAMPLER: Any = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]

GAP_SHARE = 8
"""Of the points asked for, one in so many may go to each side of gaps: the longest stay."""


class Line(NamedTuple):
    """A series to draw: it breaks where the value is NaN."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    place: NDArray[np.intp]
    """Of each point in what was thinned; -1 for a break."""


def thin(
    time: NDArray[np.int64],
    value: NDArray[np.floating],
    gap_after: NDArray[np.bool_],
    n_points: int,
) -> Line:
    """At most about n_points of finite values (R,) at rising times, with breaks at gaps.

    gap_after (R,): nothing is known between this point and the next. The lowest and the highest
    value, both ends, and both sides of every gap that is kept are among the points.
    """
    gaps = _kept_gaps(time, gap_after, n_points)
    kept = np.arange(len(time))
    if len(time) > n_points:
        kept = _kept(time, value, gaps, n_points)
    place = np.searchsorted(kept, gaps, side="right")
    places = np.insert(kept, place, -1)
    times = np.insert(time[kept], place, time[gaps])
    return Line(times, np.insert(value[kept].astype(np.float64), place, np.nan), places)


def _kept_gaps(
    time: NDArray[np.int64], gap_after: NDArray[np.bool_], n_points: int
) -> NDArray[np.intp]:
    gaps = np.flatnonzero(gap_after[:-1])
    most = max(1, n_points // GAP_SHARE)
    if len(gaps) > most:
        length = time[gaps + 1] - time[gaps]
        gaps = np.sort(gaps[np.argsort(length, kind="stable")[-most:]])
    return gaps


def _kept(
    time: NDArray[np.int64], value: NDArray[np.floating], gaps: NDArray[np.intp], n_points: int
) -> NDArray[np.intp]:
    n_out = max(4, n_points - 3 * len(gaps) - 4)
    y = np.ascontiguousarray(value, dtype=np.float32)
    found = _DOWNSAMPLER.downsample(time, y, n_out=n_out)
    ends = [0, len(time) - 1, int(np.argmin(y)), int(np.argmax(y))]
    return np.unique(np.concatenate([found.astype(np.intp), gaps, gaps + 1, ends]))
