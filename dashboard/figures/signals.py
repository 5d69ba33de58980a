"""Small charts of one sensor: measurement, estimate and band; or its innovations.

Colours are those of the style sheet (assets/machine.css), by the order of the traces: a chart
follows the reader's theme without being drawn anew.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.numbers import roundeds
from dashboard.times import Times

__all__ = ["HEIGHT", "N_POINTS", "Past", "innovation_figure", "min_max", "past_of", "signal_figure"]

HEIGHT = 132
"""Pixels of a chart."""
N_POINTS = 1000
"""Points a trace is drawn with at most."""
DAY_MS = 86_400_000
BOUND = 1.959964
"""Standardised innovations of a fitting twin stay within ±BOUND in 95 of 100 samples."""
EDGE = 5.0

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


def signal_figure(past: Past, n: int, names: Sequence[str], limits: Sequence[float]) -> go.Figure:
    """Sensor n: band, its upper bound (not drawn), estimate, measurement, in this order.

    names: words for estimate and measurement; limits: alarm limits worth showing.
    """
    kept = np.union1d(min_max(past.value[:, n], N_POINTS), _gaps(past))
    times = [past.times[i] for i in kept]
    level, half = past.level[kept, n], past.half[kept, n]
    figure = go.Figure(
        [
            _line(*_band(times, level, half), skip=True, fill="toself"),
            _line(times, level + half, skip=True),
            _line(times, level, name=names[0], width=1.4),
            _line(times, past.value[kept, n], name=names[1], width=1),
        ]
    )
    for limit in limits:
        figure.add_hline(limit, line={"width": 1.6, "dash": "dot"})
    return _dressed(figure)


def _gaps(past: Past) -> NDArray[np.intp]:
    """Rows that stand for a gap: nothing was measured, and nothing believed."""
    unknown = np.isnan(past.value).all(axis=1) & np.isnan(past.level).all(axis=1)
    return np.flatnonzero(unknown)


def _band(times: Sequence[str], level: Array, half: Array) -> tuple[list[str], Array]:
    """Outline of the band: one closed polygon a run without gap, NaN between them.

    A fill between two lines would be drawn across gaps, as if something were known there.
    """
    known = np.isfinite(level + half)
    edges = np.flatnonzero(np.diff(np.r_[False, known, False]))
    x: list[str] = []
    y: list[float] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if x:
            x.append(x[-1])
            y.append(np.nan)
        run = list(times[start:end])
        upper, lower = (level + half)[start:end], (level - half)[start:end]
        x += run + run[::-1]
        y += [*upper, *lower[::-1]]
    return x, np.array(y)


def innovation_figure(past: Past, n: int, name: str) -> go.Figure:
    """Sensor n: standardised innovations and the bounds that hold 95 of 100 of them.

    What lies beyond ±EDGE is drawn on the edge, not left out.
    """
    kept = np.union1d(min_max(past.innovation[:, n], N_POINTS), _gaps(past))
    times = [past.times[i] for i in kept]
    shown = np.clip(past.innovation[kept, n], -EDGE, EDGE)
    figure = go.Figure([_line(times, shown, name=name, width=1)])
    for bound in (-BOUND, BOUND):
        figure.add_hline(bound, line={"width": 1.2, "dash": "dash"})
    figure.update_yaxes(range=[-EDGE, EDGE], tickvals=[-4, -2, 0, 2, 4])
    return _dressed(figure)


def _line(
    times: Sequence[str],
    values: Array,
    *,
    name: str = "",
    width: float = 0,
    skip: bool = False,
    fill: str | None = None,
) -> go.Scatter:
    """A line that breaks at gaps. Plain lists: the browser appends to them."""
    return go.Scatter(
        x=list(times),
        y=roundeds(values, 6),
        name=name,
        mode="lines",
        line={"width": width, "color": "#1f2b35"},
        fill=fill,
        fillcolor="#c3cad1",
        hoverinfo="skip" if skip else None,
        hovertemplate=None if skip else "%{y} <span>%{fullData.name}</span><extra></extra>",
        connectgaps=False,
        showlegend=False,
    )


def _dressed(figure: go.Figure) -> go.Figure:
    """Quiet axes, no legend, transparent: the page gives the colours."""
    axis = {"gridwidth": 1, "zeroline": False, "fixedrange": False, "automargin": False}
    figure.update_layout(
        template="none",
        height=HEIGHT,
        margin={"l": 44, "r": 8, "t": 4, "b": 22},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 11},
        hovermode="x unified",
        hoverlabel={"bgcolor": "#ffffff", "font": {"color": "#1f282f"}},
        dragmode="zoom",
        uirevision="keep",
    )
    figure.update_xaxes(
        **axis,
        type="date",
        nticks=3,
        tickangle=0,
        tickformatstops=[
            {"dtickrange": [None, DAY_MS - 1], "value": "%H:%M"},
            {"dtickrange": [DAY_MS, None], "value": "%m-%d"},
        ],
        hoverformat="%Y-%m-%d %H:%M:%S",
    )
    figure.update_yaxes(**axis, nticks=4)
    return figure
