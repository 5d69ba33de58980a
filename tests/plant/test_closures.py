"""Holidays and shutdowns: who is off, and for how long by the plant's clock."""

import tomllib
from datetime import UTC, date, datetime, timedelta

import pytest
from hall import HALL
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.plant import (
    Closure,
    Plant,
    crew_is_there,
    crew_spans,
    faults,
    line_spans,
    plant_stands,
    without,
)

HOUR_US = 3_600_000_000
TEXT = f"""
[plant]
name = "Hall"
timezone = "Europe/Berlin"
{HALL}
[[crew]]
id = "here"
sites = ["north"]
[[crew.shift]]
start = "06:00"
end = "14:00"
[[crew]]
id = "everywhere"
[[closure]]
"""


def us(text: str) -> int:
    """A time of Berlin, by its offset then."""
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def plant(closure: str) -> Plant:
    document = tomllib.loads(TEXT + closure)
    assert faults(document) == []
    return Plant.model_validate(document)


@pytest.mark.parametrize(
    ("closure", "off"),
    [
        ("", {"a", "b", "here", "everywhere"}),
        ('lines = ["a"]', {"a"}),
        ('crews = ["everywhere"]', {"everywhere"}),
        ('sites = ["north"]', {"a", "here"}),
        ('sites = ["north", "south"]', {"a", "b", "here", "everywhere"}),
        ('lines = ["b"]\ncrews = ["here"]', {"b", "here"}),
    ],
)
def test_who_is_named_is_off_and_nobody_else(closure, off):
    """A Thursday at ten: all are there but for the closure."""
    hall = plant(f"from = 2026-12-24\nto = 2026-12-24\n{closure}")
    at = us("2026-12-24T10:00+01:00")
    here = {x.id for x in hall.lines if line_spans(hall, x.id, at, at + HOUR_US)}
    assert here == {x.id for x in hall.lines if not plant_stands(hall, at, x.id)}
    here |= {c.id for c in hall.crews if crew_is_there(hall, c, at, at + HOUR_US)}
    assert here == {"a", "b", "here", "everywhere"} - off
    assert plant_stands(hall, at) is ({"a", "b"} <= off)


@pytest.mark.parametrize(
    ("closure", "is_there"),
    [("", True), ('sites = ["north"]', True), ('crews = ["here"]', False)],
)
def test_a_crew_that_works_in_closures_is_off_only_where_it_is_named(closure, is_there):
    hall = plant(f"from = 2026-12-24\nto = 2026-12-24\n{closure}")
    here = hall.crews[0].model_copy(update={"in_closures": True})
    day = us("2026-12-24T00:00+01:00")
    spans = crew_spans(hall, here, day, day + 24 * HOUR_US)
    assert spans == ([(day + 6 * HOUR_US, day + 14 * HOUR_US)] if is_there else [])
    assert crew_is_there(hall, here, day + 6 * HOUR_US, day + 7 * HOUR_US) is is_there


def test_a_pause_stops_lines_and_no_crew():
    """From nine to eleven, within the shift of the crew from six to two."""
    text = TEXT.removesuffix("[[closure]]\n")
    pause = '[[plant.pause]]\nstart = "09:00"\nend = "11:00"\n'
    hall = Plant.model_validate(tomllib.loads(text + pause))
    day = us("2026-12-24T00:00+01:00")
    assert crew_is_there(hall, hall.crews[0], day + 6 * HOUR_US, day + 14 * HOUR_US)
    at = day + 10 * HOUR_US
    assert line_spans(hall, "a", at, at + 1) == []


@pytest.mark.parametrize(
    ("first", "last", "begin", "end", "hours"),
    [
        ("2026-12-24", "2026-12-26", "2026-12-24T00:00+01:00", "2026-12-27T00:00+01:00", 72),
        ("2026-03-29", "2026-03-29", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23),
        ("2026-10-25", "2026-10-25", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25),
        (
            *("2026-07-01T12:00:00", "2026-07-02"),
            *("2026-07-01T12:00+02:00", "2026-07-03T00:00+02:00", 36),
        ),
        (
            *("2026-07-01T12:00:00Z", "2026-07-01T13:30:00Z"),
            *("2026-07-01T14:00+02:00", "2026-07-01T15:30+02:00", 1.5),
        ),
    ],
)
def test_a_day_is_closed_by_the_plants_clock_to_its_end(first, last, begin, end, hours):
    hall = plant(f"from = {first}\nto = {last}")
    span = us(begin) - 30 * HOUR_US, us(end) + 30 * HOUR_US
    assert line_spans(hall, "a", *span) == [(span[0], us(begin)), (us(end), span[1])]
    assert us(end) - us(begin) == hours * HOUR_US
    document = {"from": first, "to": last}  # JSON writes texts
    assert Closure.model_validate(document) == hall.closures[0]


def test_a_crews_shift_ends_where_a_closure_begins():
    hall = plant("from = 2026-12-24T12:00:00\nto = 2026-12-26")
    day = us("2026-12-24T00:00+01:00")
    crew = hall.crews[0]
    found = crew_spans(hall, crew, day, day + 96 * HOUR_US)
    assert [((a - day) / HOUR_US, (b - day) / HOUR_US) for a, b in found] == [(6, 12), (78, 86)]
    assert crew_is_there(hall, crew, day + 6 * HOUR_US, day + 12 * HOUR_US)
    assert not crew_is_there(hall, crew, day + 6 * HOUR_US, day + 13 * HOUR_US)


@pytest.mark.parametrize(
    ("closure", "said"),
    [
        ("from = 2026-12-24\nto = 2026-12-23", "closure[0].to: got 2026-12-23, want none before"),
        ('from = 2026-12-24\nto = 2026-12-24\nlines = ["x"]', "closure[0].lines: got 'x', want"),
        ('from = 2026-12-24\nto = 2026-12-24\ncrews = ["x"]', "closure[0].crews: got 'x', want"),
        ('from = 2026-12-24\nto = 2026-12-24\nsites = ["x"]', "closure[0].sites: got 'x', want"),
        ("from = 1026-12-24\nto = 2026-12-24", "got 1026-12-24, want a year from 2000 to 2199"),
        ('from = "soon"\nto = 2026-12-24', "got 'soon', want a day or a day and time"),
        ("from = 5\nto = 2026-12-24", "closure[0].from: got 5, want a day or a day and time"),
        ("from = 2026-12-24", "closure[0].to: got nothing, want a value"),
    ],
)
def test_what_is_wrong_with_a_closure_is_named(closure, said):
    assert said in "\n".join(faults(tomllib.loads(TEXT + closure)))


@settings(max_examples=25)
@given(st.dates(date(2025, 1, 1), date(2027, 12, 30)), st.integers(0, 3))
def test_a_closed_day_of_any_season_is_closed_from_midnight_to_midnight(first, more):
    last = first + timedelta(days=more)
    hall = plant(f"from = {first}\nto = {last}")
    start, end = (
        round(datetime(d.year, d.month, d.day, tzinfo=hall.zone).timestamp() * 1e6)
        for d in (first, last + timedelta(days=1))
    )
    stood = [plant_stands(hall, t) for t in (start - 1, start, end - 1, end)]
    assert stood == [False, True, True, False]
    assert datetime.fromtimestamp(start / 1e6, UTC).astimezone(hall.zone).date() == first


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted).map(tuple))


@given(SPANS, SPANS)
def test_what_is_left_without_closed_times_is_open_tick_by_tick(spans, closed):
    spans = [s for s in spans if s[0] < s[1]]
    left = without(spans, closed)

    def held(among, t):
        return any(a <= t < b for a, b in among)

    assert all(held(left, t) == (held(spans, t) and not held(closed, t)) for t in range(41))
    assert all(a < b for a, b in left)
