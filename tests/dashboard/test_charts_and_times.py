"""Charts lose no extreme and draw no line across a gap; times are the plant's."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.signals import Past, innovation_figure, min_max, signal_figure
from dashboard.numbers import decimals, rounded, thinned
from dashboard.times import iso_local, offset_text

numbers = st.floats(-1e6, 1e6) | st.just(float("nan"))


@given(st.lists(numbers, min_size=1, max_size=400), st.integers(4, 60))
def test_thinned_chart_keeps_extremes_ends_and_its_bound(values: list[float], n_max: int) -> None:
    z = np.array(values)
    kept = min_max(z, n_max)
    assert len(kept) <= n_max + 2
    assert kept[0] == 0
    assert kept[-1] == len(z) - 1
    assert np.all(np.diff(kept) > 0)
    if np.isfinite(z).any():
        assert np.nanmax(z[kept]) == np.nanmax(z)
        assert np.nanmin(z[kept]) == np.nanmin(z)


def past(n: int) -> Past:
    times = [f"2026-03-02T07:{i:02d}:00" for i in range(n)]
    value = np.arange(float(n))[:, None]
    value[2] = np.nan
    return Past(times, value, value * 0 + 5, value * 0 + 1, value)


def test_gap_stays_a_gap() -> None:
    measured = signal_figure(past(6), 0, ["estimate", "measured"], [9.0]).data[3]
    assert measured.y[2] is None
    assert measured.connectgaps is False


def test_a_short_gap_survives_the_thinning_of_a_long_span() -> None:
    """One row of 5,000 stands for the gap; drawing 1,000 points must not bridge it."""
    given = past(5000)
    for column in (given.value, given.level, given.half, given.innovation):
        column[:, 0] = 5.0
        column[2501] = np.nan
    figure = signal_figure(given, 0, ["estimate", "measured"], [])
    assert None in figure.data[3].y
    assert None in figure.data[0].y
    assert None in innovation_figure(given, 0, "c").data[0].y


def test_an_innovation_beyond_the_edge_is_drawn_on_it() -> None:
    given = past(6)
    given.innovation[3] = 40.0
    assert max(v for v in innovation_figure(given, 0, "c").data[0].y if v is not None) == 5.0


def test_traces_are_plain_lists_that_a_browser_can_extend() -> None:
    """numpy arrays would travel as base64, which Plotly.extendTraces refuses."""
    for figure in (
        signal_figure(past(6), 0, ["a", "b"], []),
        innovation_figure(past(6), 0, "c"),
    ):
        for trace in figure.to_plotly_json()["data"]:
            assert isinstance(trace["x"], list | tuple)
            assert isinstance(trace["y"], list | tuple)


def test_band_lies_round_the_estimate() -> None:
    band = signal_figure(past(4), 0, ["a", "b"], []).data[0]
    assert band.fill == "toself"
    assert set(band.y) - {None} == {4, 6}


def test_band_is_closed_before_a_gap_and_begins_anew_after_it() -> None:
    given = past(6)
    given.level[2] = np.nan
    band = signal_figure(given, 0, ["a", "b"], []).data[0]
    cut = band.y.index(None)
    before, after = given.times[:2], given.times[3:]
    assert list(band.x[:cut]) == before + before[::-1]
    assert list(band.x[cut + 1 :]) == after + after[::-1]
    assert given.times[2] not in band.x


@pytest.mark.parametrize(
    ("zone", "moment", "text", "offset"),
    [
        ("Europe/Berlin", "2026-03-29T00:59:59", "2026-03-29T01:59:59", "UTC+01"),
        ("Europe/Berlin", "2026-03-29T01:00:00", "2026-03-29T03:00:00", "UTC+02"),
        ("Asia/Kolkata", "2026-01-01T00:00:00", "2026-01-01T05:30:00", "UTC+05:30"),
        ("America/St_Johns", "2026-01-01T00:00:00", "2025-12-31T20:30:00", "UTC−03:30"),
        ("UTC", "2026-01-01T00:00:00", "2026-01-01T00:00:00", "UTC"),
    ],
)
def test_times_are_the_plants_own_across_summer_time(
    zone: str, moment: str, text: str, offset: str
) -> None:
    """Changes of clocks as published by the IANA time zone database."""
    us = int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1e6)
    assert iso_local(us, ZoneInfo(zone)) == text
    assert offset_text(us, ZoneInfo(zone)) == offset


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_number_leaves_that_json_cannot_say(value: float) -> None:
    sent = rounded(value)
    assert sent is None or (np.isfinite(sent) and sent == pytest.approx(value, rel=1e-3))


@given(st.floats(-1e4, 1e4), st.floats(1e-2, 1e5))
def test_a_hundredth_of_the_normal_range_is_visible(low: float, width: float) -> None:
    step = 10.0 ** -decimals(low, low + width)
    assert step <= max(width / 100, 1e-4) * 1.0001 or width >= 100


@given(st.lists(st.integers(), max_size=200), st.integers(1, 50))
def test_trend_keeps_its_newest_value(values: list[int], n_max: int) -> None:
    kept = thinned(values, n_max)
    assert len(kept) == min(len(values), n_max)
    assert kept[-1:] == values[-1:]
