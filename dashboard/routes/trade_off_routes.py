"""The points of the Pareto front as a file."""

from flask import Flask, Response, abort

from dashboard.access.language import t
from dashboard.data import Reader
from dashboard.exports import csv_response, time_column
from dashboard.states.schedule.trade_offs_state import MEASURES, trade_offs_state

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
        points = enumerate(state["points"], 1)  # as the page numbers them
        rows = [[at, n, *(_cell(name, point[name]) for name in MEASURES)] for n, point in points]
        names = _names(snapshot.plant.plant.currency)
        header = [head, t("Possible plan"), *map(names.get, MEASURES)]
        return csv_response("trade-offs", header, rows)


def _cell(name: str, value: float | None) -> float | int | None:
    """Orders are counted, all else is measured."""
    return int(value) if name == "late_jobs" and value is not None else value


def _names(currency: str) -> dict[str, str]:
    """Measure → what it is called, with its unit."""
    money = {
        "total": t("Total cost"),
        "tardiness": t("Cost of lateness"),
        "running": t("Cost of running it"),
        "risk": t("Expected failure cost"),
        "energy": t("Cost of energy"),
        "changeover": t("Cost of setups"),
        "stability": t("Moving work, as the planner weighs it"),
    }
    hours = {
        "late_h": t("Hours late"),
        "makespan_h": t("Until all is done"),
        "idle_h": t("Machines open, making nothing"),
        "setup_h": t("Hours of setup"),
    }
    return {
        **{name: f"{text} ({currency})" for name, text in money.items()},
        **{name: f"{text} (h)" for name, text in hours.items()},
        "late_jobs": t("Orders late or left out"),
        "energy_kwh": f"{t('Energy')} (kWh)",
    }
