"""Charts lose no extreme and draw no line across a gap; times are the plant's."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.signals import N_POINTS, Past, chart_lines, min_max, naive_s
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
    minutes = np.datetime64("2026-03-02T07:00:00") + np.arange(n) * np.timedelta64(60, "s")
    times = [str(minute) for minute in minutes]
    value = np.arange(float(n))[:, None]
    value[2] = np.nan
    return Past(times, value, value * 0 + 5, value * 0 + 1, value)


def test_gap_stays_a_gap() -> None:
    (line,) = chart_lines(past(6), "signals")["sensors"]
    assert line["v"][2] is None
    assert line["t"] == [0, 60, 120, 180, 240, 300]


def test_a_short_gap_survives_the_thinning_of_a_long_span() -> None:
    """One row of 5,000 stands for the gap; drawing 500 points must not bridge it."""
    given = past(5000)
    for column in (given.value, given.level, given.half, given.innovation):
        column[:, 0] = 5.0
        column[2501] = np.nan
    (line,) = chart_lines(given, "signals")["sensors"]
    assert len(line["t"]) <= N_POINTS + 3
    assert line["v"].count(None) == line["e"].count(None) == line["h"].count(None) == 1
    assert None in chart_lines(given, "innovations")["sensors"][0]["v"]


def test_lines_are_plain_lists_of_one_length() -> None:
    for kind in ("signals", "innovations"):
        lines = chart_lines(past(900), kind)
        assert lines["start"] == "2026-03-02T07:00:00"
        for line in lines["sensors"]:
            assert {type(x) for x in line.values()} == {list}
            assert len({len(x) for x in line.values()}) == 1


def test_no_past_is_no_lines() -> None:
    empty = np.empty((0, 2))
    lines = chart_lines(Past([], empty, empty, empty, empty), "signals")
    assert lines["start"] is None
    assert lines["sensors"][1] == {"t": [], "v": [], "e": [], "h": []}


def test_seconds_are_those_of_the_clock_on_the_wall() -> None:
    """Spring in Berlin: 01:59 and 03:00 are an hour and a minute apart on the clock."""
    given = past(3)._replace(
        times=["2026-03-29T01:59:00", "2026-03-29T03:00:00", "2026-03-30T01:59:00"]
    )
    assert naive_s(given).tolist() == [0, 61 * 60, 86_400]


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
