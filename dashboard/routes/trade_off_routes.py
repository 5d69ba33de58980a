"""The points of the Pareto front as a file."""

from flask import Flask, Response, abort

from dashboard.access.language import t
from dashboard.data import Reader
from dashboard.exports import csv_response, time_column
from dashboard.states.trade_offs_state import MEASURES, trade_offs_state

__all__ = ["register"]


def register(server: Flask, reader: Reader) -> None:
    """Add /export/trade-offs.csv: a row a plan, money in the plant's currency."""

    @server.get("/export/trade-offs.csv")
    def trade_offs_export() -> Response:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        state = trade_offs_state(snapshot)
        made = (snapshot.schedule.get("front") or {}).get("made")
        head, (at,) = time_column(t("Time"), [made], snapshot.plant.zone)
        rows = [[at, point["id"], *(point[name] for name in MEASURES)] for point in state["points"]]
        return csv_response("trade-offs", [head, t("The plan"), *MEASURES], rows)
