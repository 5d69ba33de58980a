"""What one cell of an order holds: a number, a product, pieces, a time as people write it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from twin.plant import Plant

__all__ = ["CellError", "moment_us", "note_text", "order_number", "product_id", "whole_number"]

NOTE_MAX = 2000
YEARS = 1970, 2200
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}){_CLOCK}")


class CellError(Exception):
    """A cell cannot be used; want: a code of rows.WANTED, about: what fills it in."""

    def __init__(self, want: str, about: str = "") -> None:
        super().__init__(want)
        self.want, self.about = want, about


def order_number(text: Any, orders: Mapping[str, Any]) -> str:
    """An id that no order has yet. Raises CellError, as all of these."""
    if not isinstance(text, str | int) or isinstance(text, bool) or not ID.fullmatch(str(text)):
        raise CellError("order")
    if str(text) in orders:
        raise CellError("new")
    return str(text)


def product_id(text: Any, plant: Plant) -> str:
    """By its id, or by its name in any language."""
    wanted = str(text).casefold()
    for product in plant.products:
        names = product.name.values() if isinstance(product.name, dict) else [product.name]
        if wanted in {product.id.casefold(), *(name.casefold() for name in names)}:
            return product.id
    raise CellError(
        "product" if plant.products else "no_product", ", ".join(p.id for p in plant.products)
    )


def whole_number(given: Any, want: str, most: int) -> int:
    """Digits, perhaps with spaces in between: a point or comma is a fraction here, a thousand
    there, and is not guessed at."""
    text = re.sub(r"[\s\u00a0\u202f]", "", str(given))
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
        raise CellError(want)
    if not 1 <= int(text) <= most:
        raise CellError(want)
    return int(text)


def note_text(given: Any) -> str:
    """A text that is not too long."""
    if not isinstance(given, str) or len(given) > NOTE_MAX:
        raise CellError("note")
    return given


def moment_us(given: Any, zone: ZoneInfo, end_of_day: bool) -> int:
    """µs UTC. A time without offset is the plant's; a date alone is its beginning, or its end."""
    if isinstance(given, int) and not isinstance(given, bool):
        return _moment(given)
    text = str(given)
    told = _written(text, end_of_day)
    if told is None:
        try:
            told = datetime.fromisoformat(text)
        except ValueError:
            raise CellError("time") from None
    if not YEARS[0] <= told.year < YEARS[1]:
        raise CellError("time")
    when = told if told.tzinfo else told.replace(tzinfo=zone)
    if told.tzinfo is None and when.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != told:
        raise CellError("real_time")
    return _moment((when - _EPOCH) // timedelta(microseconds=1))


def _written(text: str, end_of_day: bool) -> datetime | None:
    """As people and spreadsheets write it: 2026-03-01 06:00, 2026/3/1 6:00, 1.3.2026 6:00."""
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day, *clock = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year, *clock = found.groups()
    else:
        return None
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        told = datetime(int(year), int(month), int(day), hour, minute, second)
        return told + timedelta(days=1) if end_of_day and clock[0] is None else told
    except (ValueError, OverflowError):
        raise CellError("time") from None


def _moment(given: int) -> int:
    """µs UTC as they are, if a calendar holds them."""
    try:
        year = (_EPOCH + timedelta(microseconds=given)).year
    except OverflowError:
        year = 0
    if not YEARS[0] <= year < YEARS[1]:
        raise CellError("time")
    return given
