"""When a plant does not work, by its own clock, and what it says it aims at."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from twin.plant import (
    Pause,
    Production,
    Quality,
    covers,
    is_paused,
    pauses_between,
    shift_began,
)

BERLIN = ZoneInfo("Europe/Berlin")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def us(text: str) -> int:
    """A time of the plant's clock, µs UTC."""
    return (datetime.fromisoformat(text).replace(tzinfo=BERLIN) - EPOCH) // timedelta(
        microseconds=1
    )


def hours(spans: list[tuple[int, int]]) -> list[float]:
    return [(end - start) / 3.6e9 for start, end in spans]


NIGHT = [Pause(days=["sat"], start="22:00", end="06:00")]


def test_night_ends_on_the_next_morning() -> None:
    """7 November 2026 is a Saturday."""
    assert pauses_between(NIGHT, BERLIN, us("2026-11-02T00:00"), us("2026-11-16T00:00")) == [
        (us("2026-11-07T22:00"), us("2026-11-08T06:00")),
        (us("2026-11-14T22:00"), us("2026-11-15T06:00")),
    ]


@pytest.mark.parametrize(
    ("saturday", "length_h"), [("2026-03-28", 7.0), ("2026-10-24", 9.0), ("2026-11-07", 8.0)]
)
def test_night_of_the_clock_change_is_an_hour_shorter_or_longer(
    saturday: str, length_h: float
) -> None:
    noon = us(f"{saturday}T12:00")
    assert hours(pauses_between(NIGHT, BERLIN, noon, noon + int(24 * 3.6e9))) == [length_h]


def test_pause_holds_from_its_first_moment_up_to_its_end() -> None:
    begin, end = us("2026-11-07T22:00"), us("2026-11-08T06:00")
    held = [is_paused(NIGHT, BERLIN, t) for t in (begin - 1, begin, end - 1, end)]
    assert held == [False, True, True, False]


@pytest.mark.parametrize(
    ("start", "end", "is_there"),
    [
        ("06:00", "14:00", True),
        ("13:00", "15:00", True),
        ("05:59", "07:00", False),
        ("21:00", "22:01", False),
        ("22:00", "22:30", False),
    ],
)
def test_two_shifts_without_a_gap_are_one_time(start: str, end: str, is_there: bool) -> None:
    shifts = [Pause(start="14:00", end="22:00"), Pause(start="06:00", end="14:00")]
    span = us(f"2026-11-07T{start}"), us(f"2026-11-07T{end}")
    assert covers(shifts, BERLIN, *span) is is_there
    assert covers([], BERLIN, *span)


def test_who_is_there_in_the_morning_and_the_evening_is_not_there_between() -> None:
    shifts = [Pause(start="06:00", end="10:00"), Pause(start="16:00", end="20:00")]
    assert not covers(shifts, BERLIN, us("2026-11-07T09:00"), us("2026-11-07T17:00"))


@pytest.mark.parametrize(
    ("now", "began"),
    [
        ("2026-11-07T06:00", "2026-11-07T06:00"),
        ("2026-11-07T13:59", "2026-11-07T06:00"),
        ("2026-11-07T23:10", "2026-11-07T22:00"),
        ("2026-11-08T05:59", "2026-11-07T22:00"),
    ],
)
def test_shifts_follow_each_other_from_the_first(now: str, began: str) -> None:
    assert shift_began("06:00", 8.0, BERLIN, us(now)) == us(began)


@pytest.mark.parametrize("table", [{}, {"low": 3.0, "high": 3.0}])
def test_tolerance_without_an_inside_is_refused(table: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="want"):
        Quality(sensor="s", **table)


def test_nominal_rate_is_positive() -> None:
    with pytest.raises(ValidationError):
        Production(rate="speed", ideal=0)
