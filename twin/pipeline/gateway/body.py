"""Orders in the body of a request: a CSV, or one or many objects of JSON."""

from collections.abc import Sequence
from typing import Any

import orjson

from twin.errors import DataError
from twin.pipeline.orders.file import ROWS_MAX, OrderRow, TooManyRowsError, read_orders, rows_of
from twin.pipeline.orders.rows import COLUMNS, Fault, Known
from twin.pipeline.set_aside import shallow
from twin.sources.answers import Answer, wrong

__all__ = ["order_rows"]


def order_rows(kind: str, body: bytes, known: Known) -> list[OrderRow] | Answer:
    """The body's orders, or the answer that refuses it; kind: its media type."""
    try:
        if kind == "text/csv":
            rows = read_orders(body, known).rows
        elif kind == "application/json":
            found = _objects(body)
            if isinstance(found, Answer):
                return found
            rows = _numbered(found, known)
        else:
            return wrong(415, "media_type", f"got {kind!r}, want application/json or text/csv")
    except TooManyRowsError as error:
        return wrong(413, "too_many", str(error))
    except DataError as error:
        return wrong(422, "not_orders", str(error))
    return rows or wrong(422, "empty", "got no order, want at least one")


def _objects(body: bytes) -> list[Any] | Answer:
    """One order, a list of them, or a list under "orders"."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return wrong(422, "not_json", str(error))
    if isinstance(document, dict):
        document = document.get("orders", [document])
    if not isinstance(document, list):
        return wrong(422, "not_a_list", 'got no list, want [order, …] or {"orders": […]}')
    if len(document) > ROWS_MAX:
        return wrong(413, "too_many", f"got {len(document)} orders, want at most {ROWS_MAX}")
    return document


def _numbered(found: Sequence[Any], known: Known) -> list[OrderRow]:
    """Objects as rows, numbered from 0; "id" may be said for "order"."""
    faulty: dict[int, OrderRow] = {}
    given: list[tuple[int, dict[str, Any]]] = []
    for n, one in enumerate(map(shallow, found)):
        cells = {"order" if k == "id" else k: v for k, v in one.items()} if _is_table(one) else {}
        unknown = sorted(set(map(str, cells)) - set(COLUMNS))
        if not _is_table(one):
            faulty[n] = OrderRow(n, {}, None, [Fault("order", str(one)[:60], "object")])
        elif "id" in one and "order" in one:
            got = f"{one['id']}, {one['order']}"[:60]
            faulty[n] = OrderRow(n, {}, None, [Fault("order", got, "one_id")])
        elif unknown:
            keys = ", ".join(COLUMNS)
            faults = [Fault(key[:60], key[:60], "known_key", keys) for key in unknown]
            faulty[n] = OrderRow(n, {}, None, faults)
        else:
            given.append((n, cells))
    rows = [*faulty.values(), *rows_of(given, known)]
    return sorted(rows, key=lambda row: row.number)


def _is_table(one: Any) -> bool:
    return isinstance(one, dict)
