"""What the orders' page asks for: a look at a file before it is imported, and lists as CSV."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from dashboard import i18n
from dashboard.access.person import current_person, may
from dashboard.data import Reader
from dashboard.exports import csv_response
from dashboard.i18n import Translate
from dashboard.snapshot import Snapshot
from dashboard.states.orders.order_words import fault_words, file_words
from dashboard.states.orders.orders_list import OrderFilters, example_rows, order_list
from dashboard.times import iso_local, local
from twin.errors import DataError
from twin.pipeline.orders.file import BYTES_MAX, OrderRow, TooManyRowsError, read_orders
from twin.pipeline.orders.rows import Known

__all__ = ["register"]

IMPORT = "order.import"


def register(server: Flask, reader: Reader, language: Callable[[], str]) -> None:
    """Add /orders/preview, /export/orders.csv and /export/orders-example.csv."""

    @server.post("/orders/preview")
    def preview_orders() -> Any:
        if not may(current_person(), IMPORT):
            return jsonify(error="role", role="manager"), 403
        t, snapshot = i18n.translator(language()), _latest(reader)
        request.max_content_length = BYTES_MAX + 1
        if (request.content_length or 0) > BYTES_MAX:
            return jsonify(says=file_words(t, TooManyRowsError(""))), 413
        known = Known(snapshot.plant, snapshot.orders, snapshot.plant_us)
        try:
            table = read_orders(request.get_data(cache=False), known)
        except DataError as error:
            return jsonify(says=file_words(t, error)), 422
        rows = [_row(row, snapshot, t) for row in table.rows]
        return jsonify(rows=rows, ignored=table.ignored)

    @server.get("/export/orders.csv")
    def export_orders() -> Response:
        snapshot, asked = _latest(reader), request.args
        wanted = OrderFilters(**{k: asked.get(k, "") for k in OrderFilters._fields})
        header, rows = order_list(snapshot, wanted, i18n.translator(language()), language())
        moment = local(snapshot.plant_us, snapshot.plant.zone).strftime("%Y-%m-%d-%H%M")
        return csv_response(f"orders-{moment}", header, rows)

    @server.get("/export/orders-example.csv")
    def example_orders() -> Response:
        return csv_response("orders", *example_rows(_latest(reader)))


def _row(row: OrderRow, snapshot: Snapshot, t: Translate) -> dict[str, Any]:
    """Cells as they are; where they make an order, its detail and its times as they were read."""
    out: dict[str, Any] = {"row": row.number, "cells": row.cells}
    if row.detail is None:
        return out | {"faults": [[f.column, fault_words(t, f)] for f in row.faults]}
    zone = snapshot.plant.zone
    times = {k: row.detail[k] for k in ("release", "due")}
    shown = {k: None if us is None else iso_local(us, zone)[:16] for k, us in times.items()}
    return out | {"detail": row.detail, "times": shown}


def _latest(reader: Reader) -> Snapshot:
    return reader.latest or abort(503)
