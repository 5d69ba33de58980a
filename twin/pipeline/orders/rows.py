"""One order as a row of a file or an object of JSON says it: its detail, or what is wrong where.

A fault names column, what was got and, as a code, what is wanted; WANTED has the English words.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from twin.pipeline.orders.cells import (
    CellError,
    moment_us,
    note_text,
    order_number,
    product_id,
    whole_number,
)
from twin.plant import Plant

__all__ = [
    "CHANGES",
    "COLUMNS",
    "SHOWN_MAX",
    "WANTED",
    "Fault",
    "Known",
    "change_detail",
    "fault_text",
    "order_detail",
]

COLUMNS = ("order", "product", "quantity", "release", "due", "priority", "note")
CHANGES = ("quantity", "release", "due", "priority", "note")
"""What of an order may be changed."""
QUANTITY_MAX = 1_000_000
SHOWN_MAX = 60
"""Characters of what was got that a fault repeats."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WANTED: Mapping[str, str] = {
    "value": "a value",
    "product": "one of {about}",
    "no_product": "a product: the plant file names none yet",
    "quantity": "a whole number from 1 to 1000000",
    "priority": "a whole number from 1, the most urgent, to 5",
    "time": "a date and a time such as 2026-03-01 06:00 or 01.03.2026 06:00",
    "real_time": "a time that there is: the clocks go forward over this one",
    "after_release": "a time after the release, {about}",
    "order": "at most 64 letters, digits, dots, dashes and underscores",
    "new": "a number that no order has yet",
    "once": "each number once; row {about} has it too",
    "one_id": "id or order, not both",
    "cells": "no more cells than headings; a text that holds a separator needs quotes",
    "quote": "a quote that ends",
    "note": "at most 2000 characters",
    "known_key": "one of {about}",
    "object": "an object of an order",
}


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


def fault_text(fault: Fault) -> str:
    """'due: got …, want …' in English."""
    return f"{fault.column}: got {fault.got!r}, want {WANTED[fault.want].format(about=fault.about)}"


def order_detail(
    cells: Mapping[str, Any], known: Known
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """The detail of order.add, or None and every fault. cells: texts by column; where they come
    from JSON also numbers, times then being µs UTC."""
    found, faults = _read(cells, COLUMNS, known)
    if not faults:
        faults += _order_of_times(found, cells, known)
    if faults:
        return None, faults
    return {"id": found.pop("order"), **found}, []


def change_detail(
    order_id: str, cells: Mapping[str, Any], known: Known
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """The detail of order.change, or None and every fault; what is not among the cells stays."""
    want = ", ".join(CHANGES)
    faults = [Fault(str(k)[:SHOWN_MAX], "", "known_key", want) for k in cells if k not in CHANGES]
    found, wrong = _read(cells, [c for c in CHANGES if c in cells], known)
    faults += wrong
    return (None, faults) if faults else ({"order": order_id, **found}, [])


def _read(
    cells: Mapping[str, Any], columns: Iterable[str], known: Known
) -> tuple[dict[str, Any], list[Fault]]:
    """What columns hold, and what is wrong with them."""
    zone = known.plant.zone
    readers: Mapping[str, Callable[[Any], Any]] = {
        "order": lambda text: order_number(text, known.orders),
        "product": lambda text: product_id(text, known.plant),
        "quantity": lambda text: whole_number(text, "quantity", QUANTITY_MAX),
        "release": lambda text: moment_us(text, zone, end_of_day=False),
        "due": lambda text: moment_us(text, zone, end_of_day=True),
        "priority": lambda text: whole_number(text, "priority", 5),
        "note": note_text,
    }
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for column in columns:
        given = cells.get(column)
        given = given.strip() if isinstance(given, str) else given
        try:
            is_given = given is not None and given != ""
            found[column] = readers[column](given) if is_given else _default(column)
        except CellError as error:
            faults.append(Fault(column, _shown(given), error.want, error.about))
    return found, faults


def _default(column: str) -> Any:
    if column in {"product", "quantity", "due"}:
        raise CellError("value")
    return {"priority": 3, "note": ""}.get(column)


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
