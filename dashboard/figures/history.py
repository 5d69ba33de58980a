"""A window of a machine's history: band, estimate and measurement, one sensor below the other."""

from collections.abc import Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dashboard.zone_times import isos

__all__ = ["history_figure"]

HEIGHT = 240
"""Pixels a sensor."""
INK, SOFT, BAND = "#1f2b35", "#5b6b78", "#c3cad1"

Array = NDArray[np.float64]


class _Line(Protocol):
    @property
    def time(self) -> NDArray[np.int64]: ...
    @property
    def value(self) -> Array: ...


class _Series(Protocol):
    """As twin.pipeline.history.explore has it."""

    @property
    def sensor(self) -> str: ...
    @property
    def measured(self) -> _Line: ...
    @property
    def estimate(self) -> _Line: ...
    @property
    def half(self) -> Array: ...
    @property
    def uncertain(self) -> _Line: ...
    @property
    def not_believed(self) -> _Line: ...


class _View(Protocol):
    @property
    def series(self) -> Sequence[_Series]: ...


def history_figure(view: _View, zone: str = "UTC") -> go.Figure:
    """A figure with one row a sensor, times in the zone's wall clock."""
    place = ZoneInfo(zone)
    n = max(1, len(view.series))
    titles = [series.sensor for series in view.series]
    figure = make_subplots(rows=n, cols=1, shared_xaxes=True, subplot_titles=titles)
    for row, series in enumerate(view.series, 1):
        for trace in _traces(series, place):
            figure.add_trace(trace, row=row, col=1)
    figure.update_layout(template="none", height=HEIGHT * n, showlegend=False)
    figure.update_xaxes(type="date", title_text=zone, row=n, col=1)
    return figure


def _traces(series: _Series, zone: ZoneInfo) -> list[dict[str, Any]]:
    estimate, measured = series.estimate, series.measured
    times = isos(estimate.time, zone)
    lower, upper = estimate.value - series.half, estimate.value + series.half
    names = {"uncertain": series.uncertain, "not believed": series.not_believed}
    return [
        _line(times, lower, "95 % band, lower", BAND, 0.5),
        _line(times, upper, "95 % band, upper", BAND, 0.5) | {"fill": "tonexty"},
        _line(times, estimate.value, "estimate", SOFT, 1.4),
        _line(isos(measured.time, zone), measured.value, "measured", INK, 1.0),
        *(
            {
                "type": "scatter",
                "x": isos(marks.time, zone),
                "y": marks.value,
                "name": name,
                "mode": "markers",
            }
            for name, marks in names.items()
        ),
    ]


def _line(times: list[str], values: Array, name: str, color: str, width: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": times,
        "y": values,
        "name": name,
        "mode": "lines",
        "line": {"color": color, "width": width},
        "fillcolor": BAND,
        "connectgaps": False,
    }
