"""orders.csv: a table of orders as spreadsheets and ERP systems write it, read row by row.

Columns order, product, quantity, release, due, priority, note; their names may be English, German
or Chinese, in any order and case, with anything in parentheses behind them. Cells are apart by
semicolon, comma or tab; a line sep=; before the headings is heeded. UTF-8, UTF-16, Windows-1252 or
GB 18030. What is wrong with a row hinders no other.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from twin.errors import DataError
from twin.pipeline.orders.rows import COLUMNS, SHOWN_MAX, Fault, Known, order_detail
from twin.pipeline.orders.text import NotTextError, Record, records_of, text_of

__all__ = [
    "BYTES_MAX",
    "REQUIRED",
    "ROWS_MAX",
    "ColumnsError",
    "NotTextError",
    "OrderRow",
    "OrdersTable",
    "TooManyRowsError",
    "read_orders",
    "rows_of",
]

ROWS_MAX = 5000
BYTES_MAX = 4 << 20
REQUIRED = ("product", "quantity", "due")
NAMES: Mapping[str, str] = {
    "order": "order|order no|order number|order id|id|number|auftrag|auftragsnummer|auftragsnr|"
    "订单|订单号|订单编号",
    "product": "product|product id|item|article|material|part number|produkt|artikel|"
    "产品|产品编号|物料",
    "quantity": "quantity|qty|pieces|amount|menge|stück|stückzahl|anzahl|数量|件数",
    "release": "release|release date|earliest|earliest start|not before|freigabe|frühester start|"
    "下达|最早开工|开工",
    "due": "due|due date|deadline|delivery|delivery date|termin|liefertermin|fällig|"
    "交期|交货期|截止",
    "priority": "priority|prio|priorität|优先级|优先",
    "note": "note|notes|comment|remark|remarks|notiz|bemerkung|kommentar|备注|说明",
}


class ColumnsError(DataError):
    """A column that is needed is not there, or is there twice."""

    def __init__(self, missing: Sequence[str], twice: Sequence[str], got: Sequence[str]) -> None:
        self.missing, self.twice, self.got = list(missing), list(twice), list(got)
        lacks = f"want columns {', '.join(missing)}" if missing else f"want {twice[0]} once"
        super().__init__(f"orders.csv: got columns {', '.join(got)[:200]!r}, {lacks}")


class TooManyRowsError(DataError):
    """More rows than are read at once."""


class OrderRow(NamedTuple):
    number: int
    """As a spreadsheet counts: the header is row 1."""
    cells: dict[str, str]
    detail: dict[str, Any] | None
    """Of order.add; None where there is a fault."""
    faults: list[Fault]


class OrdersTable(NamedTuple):
    ignored: list[str]
    """Columns of the file that say nothing about an order."""
    rows: list[OrderRow]


def read_orders(body: bytes, known: Known) -> OrdersTable:
    """Every row with its detail or its faults. Raises DataError where the file is no such table."""
    if len(body) > BYTES_MAX:
        raise TooManyRowsError(f"orders.csv: got {len(body)} bytes, want at most {BYTES_MAX}")
    records = records_of(text_of(body, _is_known), _is_known)
    if not records:
        raise ColumnsError(REQUIRED, [], [])
    header = [cell.strip() for cell in records[0].cells]
    columns = _columns(header)
    ignored = [name for n, name in enumerate(header) if n not in columns.values() and name]
    if len(records) - 1 > ROWS_MAX:
        raise TooManyRowsError(f"orders.csv: got {len(records) - 1} rows, want at most {ROWS_MAX}")
    given = [(r.number, _cells(r.cells, columns)) for r in records[1:]]
    faults = {r.number: found for r in records[1:] if (found := _shape_faults(r, header))}
    return OrdersTable(ignored, rows_of(given, known, faults))


def _cells(cells: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    return {c: cells[n].strip() if n < len(cells) else "" for c, n in columns.items()}


def _shape_faults(record: Record, header: Sequence[str]) -> list[Fault]:
    """A quote without an end, and cells that no heading is above: the others may be shifted."""
    extra = " ".join(cell.strip() for cell in record.cells[len(header) :]).strip()
    found = [Fault("row", extra[:SHOWN_MAX], "cells")] if extra else []
    if record.is_open:
        found.append(Fault("row", record.cells[-1].strip()[:SHOWN_MAX], "quote"))
    return found


def rows_of(
    given: Sequence[tuple[int, dict[str, Any]]],
    known: Known,
    shape: Mapping[int, list[Fault]] | None = None,
) -> list[OrderRow]:
    """Rows by number and cells, each read; an order that an earlier good row has is a fault.
    shape: what is wrong with rows, by number, whatever their cells hold."""
    rows, seen = [], dict[str, int]()
    for number, cells in given:
        detail, faults = order_detail(cells, known)
        if shape and number in shape:
            detail, faults = None, [*shape[number], *faults]
        order_id = detail["id"] if detail else None
        if order_id is not None and order_id in seen:
            detail, faults = None, [Fault("order", order_id, "once", str(seen[order_id]))]
        elif order_id is not None:
            seen[order_id] = number
        rows.append(OrderRow(number, {c: str(v) for c, v in cells.items()}, detail, faults))
    return rows


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Column → place. Raises ColumnsError."""
    places: dict[str, list[int]] = {}
    for n, name in enumerate(header):
        column = _column(name)
        if column is not None:
            places.setdefault(column, []).append(n)
    missing = [c for c in REQUIRED if c not in places]
    twice = [c for c, found in places.items() if len(found) > 1]
    if missing or twice:
        raise ColumnsError(missing, twice, header)
    return {c: places[c][0] for c in COLUMNS if c in places}


def _column(name: str) -> str | None:
    """What a heading is of; None where it is of nothing that we know."""
    plain = re.sub(r"[(（\[].*", "", name).casefold()
    plain = re.sub(r"[\s_.:*-]+", " ", plain).strip()
    return next((c for c, names in _NAMES.items() if plain in names), None)


def _is_known(name: str) -> bool:
    return _column(name) is not None


_NAMES = {column: set(names.split("|")) for column, names in NAMES.items()}
