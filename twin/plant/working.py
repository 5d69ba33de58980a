"""What a plant aims at, and when it does not work: optional tables of the plant file's head."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from twin.plant.words import Strict

__all__ = [
    "Pause",
    "Targets",
    "Time",
    "Weekly",
    "covers",
    "is_paused",
    "pauses_between",
    "shift_began",
]

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""By the plant's clock, 'hh:mm'."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Targets(Strict):
    """Aims of the key figures. Where the file sets none these hold; they are ours, but OEE's:
    85 % is what Nakajima (1988), Introduction to TPM, calls world class for discrete making."""

    running: Annotated[float, Field(ge=0, le=1)] = 0.95
    """Share of the machines that run."""
    stops: Annotated[float, Field(ge=0)] = 0.02
    """Expected stops a machine and day, at most."""
    lost_pct: Annotated[float, Field(ge=0, le=100)] = 4.0
    """Output lost to failures, per cent of a day's, at most."""
    oee_pct: Annotated[float, Field(ge=0, le=100)] = 85.0
    complete: Annotated[float, Field(ge=0, le=1)] = 0.99
    """Share of the readings that come and can be believed."""


class Weekly(Strict):
    """A time of the week; an end not after its start is on the next day."""

    days: Annotated[list[Day], Field(min_length=1, default=list(DAYS))]
    start: Time
    end: Time


class Pause(Weekly):
    """A time of the week that is not worked; an end not after its start is on the next day."""


def pauses_between(
    pauses: Sequence[Weekly], zone: ZoneInfo, start_us: int, end_us: int
) -> list[tuple[int, int]]:
    """Pauses, or other times of the week, that overlap [start_us, end_us], µs UTC, in order of
    their beginnings, unclipped.

    Reckoned on the plant's clock: across a change to summer time a night is an hour shorter.
    """
    day = _local(start_us, zone).date() - timedelta(days=1)
    last = _local(end_us, zone).date()
    found = []
    while day <= last:
        for pause in pauses:
            if DAYS[day.weekday()] in pause.days:
                begin, end = _at(pause.start), _at(pause.end)
                later = timedelta(days=int(end <= begin))
                span = (
                    _us(datetime.combine(day, begin, zone)),
                    _us(datetime.combine(day + later, end, zone)),
                )
                if span[0] < end_us and span[1] > start_us:
                    found.append(span)
        day += timedelta(days=1)
    return sorted(found)


def covers(shifts: Sequence[Weekly], zone: ZoneInfo, start_us: int, end_us: int) -> bool:
    """Whether somebody with these shifts is there from start_us to end_us, µs UTC, without a gap;
    without shifts they always are."""
    until = start_us
    for begin, end in pauses_between(shifts, zone, start_us, end_us):
        until = max(until, end) if begin <= until else until
    return not shifts or until >= end_us


def is_paused(pauses: Sequence[Pause], zone: ZoneInfo, time_us: int) -> bool:
    """Whether nobody plans to produce at a time, µs UTC."""
    return bool(pauses_between(pauses, zone, time_us, time_us + 1))


def shift_began(start: Time, shift_h: float, zone: ZoneInfo, time_us: int) -> int:
    """When the shift under way at time_us began, µs UTC; shifts follow each other from `start`."""
    return max(t for t in _shifts(start, shift_h, zone, time_us) if t <= time_us)


def _shifts(start: Time, shift_h: float, zone: ZoneInfo, time_us: int) -> Iterator[int]:
    today = _local(time_us, zone).date()
    for back in (1, 0):
        first = datetime.combine(today - timedelta(days=back), _at(start))
        for n in range(max(1, round(24 / shift_h))):
            yield _us((first + timedelta(hours=n * shift_h)).replace(tzinfo=zone))


def _at(text: str) -> clock_time:
    return clock_time(int(text[:2]), int(text[3:]))


def _local(time_us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=time_us)).astimezone(zone)


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
