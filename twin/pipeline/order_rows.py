"""One order as a row of a file or an object of JSON says it: its detail, or what is wrong where.

A fault names column, what was got and, as a code, what is wanted; WANTED has the English words.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from twin.plant import Plant

__all__ = ["COLUMNS", "WANTED", "Fault", "Known", "fault_text", "order_detail"]

COLUMNS = ("order", "product", "quantity", "release", "due", "priority", "note")
QUANTITY_MAX, NOTE_MAX = 1_000_000, 2000
YEARS = 1970, 2200
SHOWN_MAX = 60
"""Characters of what was got that a fault repeats."""
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
WANTED: Mapping[str, str] = {
    "value": "a value",
    "product": "one of {about}",
    "quantity": "a whole number from 1 to 1000000",
    "priority": "a whole number from 1, the most urgent, to 5",
    "time": "a date and a time such as 2026-03-01 06:00 or 01.03.2026 06:00",
    "real_time": "a time that there is: the clocks go forward over this one",
    "after_release": "a time after the release, {about}",
    "order": "at most 64 letters, digits, dots, dashes and underscores",
    "new": "a number that no order has yet",
    "once": "each number once; row {about} has it too",
    "note": "at most 2000 characters",
    "known_key": "one of {about}",
    "object": "an object of an order",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}){_CLOCK}")


class Fault(NamedTuple):
    column: str
    got: str
    want: str
    """A key of WANTED."""
    about: str = ""


class Known(NamedTuple):
    """What a row is held against."""

    plant: Plant
    orders: Mapping[str, Any]
    """By id."""
    now: int
    """µs UTC of the plant: the release of an order that names none."""


class _FaultError(Exception):
    def __init__(self, want: str, about: str = "") -> None:
        super().__init__(want)
        self.want, self.about = want, about


def fault_text(fault: Fault) -> str:
    """'due: got …, want …' in English."""
    return f"{fault.column}: got {fault.got!r}, want {WANTED[fault.want].format(about=fault.about)}"


def order_detail(
    cells: Mapping[str, Any], known: Known
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """The detail of order.add, or None and every fault. cells: texts by column; where they come
    from JSON also numbers, times then being µs UTC."""
    faults: list[Fault] = []
    zone = known.plant.zone
    readers: Mapping[str, Any] = {
        "order": lambda text: _order(text, known.orders),
        "product": lambda text: _product(text, known.plant),
        "quantity": lambda text: _whole(text, "quantity", QUANTITY_MAX),
        "release": lambda text: _time(text, zone, end_of_day=False),
        "due": lambda text: _time(text, zone, end_of_day=True),
        "priority": lambda text: _whole(text, "priority", 5),
        "note": _note,
    }
    found = {}
    for column, read in readers.items():
        given = cells.get(column)
        given = given.strip() if isinstance(given, str) else given
        try:
            found[column] = read(given) if given not in (None, "") else _default(column)
        except _FaultError as error:
            faults.append(Fault(column, _shown(given), error.want, error.about))
    if not faults:
        faults += _order_of_times(found, cells, known)
    if faults:
        return None, faults
    return {"id": found.pop("order"), **found}, []


def _default(column: str) -> Any:
    if column in {"product", "quantity", "due"}:
        raise _FaultError("value")
    return {"priority": 3, "note": ""}.get(column)


def _order(text: Any, orders: Mapping[str, Any]) -> str:
    if not isinstance(text, str | int) or isinstance(text, bool) or not ID.fullmatch(str(text)):
        raise _FaultError("order")
    if str(text) in orders:
        raise _FaultError("new")
    return str(text)


def _product(text: Any, plant: Plant) -> str:
    """By its id, or by its name in any language."""
    wanted = str(text).casefold()
    for product in plant.products:
        names = product.name.values() if isinstance(product.name, dict) else [product.name]
        if wanted in {product.id.casefold(), *(name.casefold() for name in names)}:
            return product.id
    raise _FaultError("product", ", ".join(p.id for p in plant.products))


def _whole(given: Any, want: str, most: int) -> int:
    """Digits, perhaps with spaces in between: a point or comma is a fraction here, a thousand
    there, and is not guessed at."""
    text = re.sub(r"[\s\u00a0\u202f]", "", str(given))
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
        raise _FaultError(want)
    if not 1 <= int(text) <= most:
        raise _FaultError(want)
    return int(text)


def _note(given: Any) -> str:
    if not isinstance(given, str) or len(given) > NOTE_MAX:
        raise _FaultError("note")
    return given


def _time(given: Any, zone: ZoneInfo, end_of_day: bool) -> int:
    """µs UTC. A time without offset is the plant's; a date alone is its beginning, or its end."""
    if isinstance(given, int) and not isinstance(given, bool):
        return _moment(given)
    text = str(given)
    told = _written(text, end_of_day)
    if told is None:
        try:
            told = datetime.fromisoformat(text)
        except ValueError:
            raise _FaultError("time") from None
    if not YEARS[0] <= told.year < YEARS[1]:
        raise _FaultError("time")
    when = told if told.tzinfo else told.replace(tzinfo=zone)
    if told.tzinfo is None and when.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != told:
        raise _FaultError("real_time")
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
        raise _FaultError("time") from None


def _moment(given: int) -> int:
    """µs UTC as they are, if a calendar holds them."""
    try:
        year = (_EPOCH + timedelta(microseconds=given)).year
    except OverflowError:
        year = 0
    if not YEARS[0] <= year < YEARS[1]:
        raise _FaultError("time")
    return given


def _order_of_times(
    found: Mapping[str, Any], cells: Mapping[str, Any], known: Known
) -> list[Fault]:
    release = known.now if found["release"] is None else found["release"]
    if found["due"] > release:
        return []
    local = (_EPOCH + timedelta(microseconds=release)).astimezone(known.plant.zone)
    return [Fault("due", _shown(cells["due"]), "after_release", local.strftime("%Y-%m-%d %H:%M"))]


def _shown(given: object) -> str:
    text = "" if given is None else str(given)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"
