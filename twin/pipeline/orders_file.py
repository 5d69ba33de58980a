"""orders.csv: a table of orders as spreadsheets and ERP systems write it, read row by row.

Columns order, product, quantity, release, due, priority, note; their names may be English, German
or Chinese, in any order and case, with anything in parentheses behind them. Cells are apart by
semicolon, comma or tab; a byte order mark is taken off. What is wrong with a row hinders no other.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from twin.errors import DataError
from twin.pipeline.order_rows import COLUMNS, Fault, Known, order_detail

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
SEPARATORS = (";", ",", "\t")


class NotTextError(DataError):
    """The file is no text that can be read."""


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
    records = _records(_text(body))
    if not records:
        raise ColumnsError(REQUIRED, [], [])
    header = [cell.strip() for cell in records[0][1]]
    columns = _columns(header)
    ignored = [name for n, name in enumerate(header) if n not in columns.values() and name]
    if len(records) - 1 > ROWS_MAX:
        raise TooManyRowsError(f"orders.csv: got {len(records) - 1} rows, want at most {ROWS_MAX}")
    given = [
        (number, {c: cells[n].strip() if n < len(cells) else "" for c, n in columns.items()})
        for number, cells in records[1:]
    ]
    return OrdersTable(ignored, rows_of(given, known))


def rows_of(given: Sequence[tuple[int, dict[str, Any]]], known: Known) -> list[OrderRow]:
    """Rows by number and cells, each read; an order that an earlier good row has is a fault."""
    rows, seen = [], dict[str, int]()
    for number, cells in given:
        detail, faults = order_detail(cells, known)
        order_id = detail["id"] if detail else None
        if order_id is not None and order_id in seen:
            detail, faults = None, [Fault("order", order_id, "once", str(seen[order_id]))]
        elif order_id is not None:
            seen[order_id] = number
        rows.append(OrderRow(number, {c: str(v) for c, v in cells.items()}, detail, faults))
    return rows


def _text(body: bytes) -> str:
    if len(body) > BYTES_MAX:
        raise TooManyRowsError(f"orders.csv: got {len(body)} bytes, want at most {BYTES_MAX}")
    is_wide = body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    try:
        text = body.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotTextError(f"orders.csv: not UTF-8: {error.reason}") from error
    if "\0" in text:
        raise NotTextError("orders.csv: got bytes of no text, want UTF-8")
    return text


def _records(text: str) -> list[tuple[int, list[str]]]:
    """Rows that are not empty, with their numbers; the separator is the one that makes most of
    the header's names known."""
    first = text.lstrip("\r\n").partition("\n")[0]
    try:
        separator = max(SEPARATORS, key=lambda s: _n_known(first, s))
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise NotTextError(f"orders.csv: not a table: {error}") from error
    return [(n, row) for n, row in enumerate(found, 1) if any(cell.strip() for cell in row)]


def _n_known(first: str, separator: str) -> int:
    header = next(csv.reader([first], delimiter=separator), [])
    return sum(_column(name) is not None for name in header)


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


_NAMES = {column: set(names.split("|")) for column, names in NAMES.items()}
