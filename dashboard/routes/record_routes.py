"""The track record as CSV: scores bin by bin, and single failures and forecasts."""

from typing import Any

from flask import Flask, Response, abort

from dashboard.data import Reader
from dashboard.exports import csv_response, time_column
from dashboard.snapshot import Snapshot
from dashboard.states.record_state import LEADS

__all__ = ["register"]

BIN = ("said", "seen", "seen_low_95", "seen_high_95", "forecasts", "windows")
SAID = ("p", "life_q10_h", "life_q50_h", "life_q90_h", "inside")
SCORES = ("n", "censored", "failures", "machines", "base", "brier", "brier_base", "log")


def register(server: Flask, reader: Reader) -> None:
    """Add /export/record.csv, /export/episodes.csv and /export/dated.csv."""

    @server.get("/export/record.csv")
    def record_csv() -> Response:
        head = ["class", "horizon", "model_version", *SCORES, *BIN]
        return csv_response("record", head, _bins(_latest(reader)))

    @server.get("/export/episodes.csv")
    def episodes_csv() -> Response:
        snapshot = _latest(reader)
        found = _episodes(snapshot, "failures")
        title, times = time_column("failed", [f["time"] for f in found], snapshot.plant.zone)
        said = [f"{lead}_before_{name}" for lead in LEADS for name in SAID]
        rows = [
            [time, f["machine"], f["class"], f["mode"], *_said(f)]
            for time, f in zip(times, found, strict=True)
        ]
        return csv_response("episodes", [title, "machine", "class", "mode", *said], rows)

    @server.get("/export/dated.csv")
    def dated_csv() -> Response:
        snapshot = _latest(reader)
        found, zone = _episodes(snapshot, "closed"), snapshot.plant.zone
        said_at, said = time_column("said", [w["time"] for w in found], zone)
        failed_at, failed = time_column("failed", [w.get("failed") for w in found], zone)
        head = [said_at, "machine", "class", "model_version", *SAID[1:4], "outcome", failed_at]
        names = ("machine", "class", "version", "q10", "q50", "q90", "outcome")
        rows = [
            [at, *(w[name] for name in names), end]
            for at, w, end in zip(said, found, failed, strict=True)
        ]
        return csv_response("dated", head, rows)


def _latest(reader: Reader) -> Snapshot:
    snapshot = reader.latest
    if snapshot is None:
        abort(503, "nothing was read yet")
    return snapshot


def _bins(snapshot: Snapshot) -> list[list[Any]]:
    return [
        [class_id, horizon, version, *(scores[name] for name in SCORES), *one]
        for class_id, horizons in (snapshot.record.get("scores") or {}).items()
        for horizon, versions in horizons.items()
        for version, scores in versions.items()
        for one in scores["bins"]
    ]


def _episodes(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (snapshot.record.get("episodes") or {}).get(name, [])
    return found


def _said(failure: dict[str, Any]) -> list[Any]:
    names = ("p", "q10", "q50", "q90", "inside")
    return [failure["said"].get(lead, {}).get(name) for lead in LEADS for name in names]
