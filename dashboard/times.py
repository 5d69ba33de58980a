"""Plant time for screens: everything is converted here, the browser only prints it.

Browsers draw numeric times in their own zone and ISO strings as written, so screens get naive ISO
strings in the plant's zone, and the offset once, in words.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["Times", "iso_local", "isos_local", "local", "offset_text"]

Times = Sequence[str]
"""Naive ISO times in the plant's zone."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(time_us: int, zone: ZoneInfo) -> datetime:
    """µs UTC as an aware time of the plant's zone."""
    return (_EPOCH + timedelta(microseconds=int(time_us))).astimezone(zone)


def iso_local(time_us: int, zone: ZoneInfo) -> str:
    """'2026-11-22T14:32:08', without offset, to the second."""
    return local(time_us, zone).strftime("%Y-%m-%dT%H:%M:%S")


def isos_local(times_us: Iterable[int], zone: ZoneInfo) -> list[str]:
    """Many times at once, as lists that charts take."""
    return [iso_local(time_us, zone) for time_us in times_us]


def offset_text(time_us: int, zone: ZoneInfo) -> str:
    """'UTC+02', 'UTC+05:30' or 'UTC', as it holds at that time (summer time included)."""
    offset = local(time_us, zone).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    sign = "+" if minutes >= 0 else "−"
    hours, rest = divmod(abs(minutes), 60)
    if minutes == 0:
        return "UTC"
    return f"UTC{sign}{hours:02d}" + (f":{rest:02d}" if rest else "")
