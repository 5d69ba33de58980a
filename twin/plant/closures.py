"""Days on which all or part of the plant does not work, and what that leaves of its open times.

A pause is of the week and stops production alone: a service in it costs no output. A closure has a
date, and who it is of is not there at all.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from twin.plant.words import Strict, Text

__all__ = ["Closure", "Span", "joined", "span_of", "without"]

Span = tuple[int, int]
"""[start, end), µs UTC."""
YEARS = 2000, 2200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(given: Any) -> Any:
    """JSON writes days and times as texts; a text of a day alone is a day."""
    if isinstance(given, str):
        try:
            given = (date if len(given) == 10 else datetime).fromisoformat(given)
        except ValueError:
            raise ValueError(f"got {given!r}, want a day or a day and time") from None
    if not isinstance(given, date):
        raise ValueError(f"got {given!r}, want a day or a day and time")
    if not YEARS[0] <= given.year < YEARS[1]:
        raise ValueError(f"got {given}, want a year from {YEARS[0]} to {YEARS[1] - 1}")
    return given


Moment = Annotated[date | datetime, BeforeValidator(_moment)]


class Closure(Strict):
    """A holiday or a shutdown; naming neither lines, crews nor sites it is of the whole plant."""

    start: Annotated[Moment, Field(alias="from")]
    """A day from its beginning, by the plant's clock; or a time."""
    end: Annotated[Moment, Field(alias="to")]
    """A day to its end; or a time."""
    lines: list[str] = Field(default=[])
    crews: list[str] = Field(default=[])
    sites: list[str] = Field(default=[])
    """Their lines, and the crews that work nowhere else."""
    reason: Text = ""

    @property
    def is_of_all(self) -> bool:
        return not (self.lines or self.crews or self.sites)


def span_of(closure: Closure, zone: ZoneInfo) -> Span:
    """From when to when, µs UTC; the day of a change to summer time has 23 hours."""
    end = closure.end
    if not isinstance(end, datetime):
        end += timedelta(days=1)
    return _us(closure.start, zone), _us(end, zone)


def without(spans: Iterable[Span], closed: Iterable[Span]) -> list[Span]:
    """What is left of spans, in order and apart, where others are taken out."""
    left: list[Span] = []
    gaps, first = joined((a, b) for a, b in closed if a < b), 0
    for start, end in joined(spans):
        while first < len(gaps) and gaps[first][1] <= start:
            first += 1
        at, n = start, first
        while n < len(gaps) and gaps[n][0] < end:
            left += [(at, gaps[n][0])] if at < gaps[n][0] else []
            at, n = max(at, gaps[n][1]), n + 1
        left += [(at, end)] if at < end else []
    return left


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order, those that touch as one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _us(moment: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, clock_time())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return (aware - _EPOCH) // timedelta(microseconds=1)
