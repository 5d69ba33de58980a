"""The five key figures of a plant, each with its aim and its trend."""

from typing import Any

import numpy as np

from dashboard.numbers import rounded, thinned
from dashboard.snapshot import Snapshot

__all__ = ["TARGETS", "key_figures"]

TARGETS = {"running": 0.95, "stops": 0.02, "lost": 4.0, "complete": 0.99}
"""Aims where the plant file sets none: share of machines running, stops a machine and day,
lost output in per cent, share of readings that came."""
N_TREND = 60


def key_figures(snapshot: Snapshot, codes: dict[str, str]) -> dict[str, Any]:
    """By name: value, aim, trend, and whether it is off its aim; codes are those of the tiles."""
    plan, total = snapshot.plan, len(codes)
    n_silent = sum("silent" in code for code in codes.values())
    # Without a failure model nothing is expected, which is another thing than none expected.
    forecast = plan if _has_forecast(snapshot) else {}
    stops, lost = forecast.get("expected_stops_24h", {}), forecast.get("lost_output_24h", {})
    running = plan.get("running", total - n_silent)
    complete = plan.get("data_complete")
    counts = {p: sum(code.startswith(p) for code in codes.values()) for p in ("p1", "p2", "p3")}
    aims = {
        "running": round(TARGETS["running"] * total),
        "stops": rounded(TARGETS["stops"] * total),
        "lost": TARGETS["lost"],
        "complete": 100 * TARGETS["complete"],
    }
    figures = {
        "running": {
            "value": running,
            "of": total,
            "idle": sum(code == "idle" for code in codes.values()),
            "off": running < aims["running"],
        },
        "stops": _range(stops, "mean") | {"off": (stops.get("mean") or 0) > aims["stops"]},
        "lost": _range(lost, "percent") | {"off": (lost.get("percent") or 0) > aims["lost"]},
        "attention": {
            "value": sum(counts.values()) if plan else None,
            **counts,
            "off": counts["p1"] > 0,
        },
        "complete": {
            "value": None if complete is None else rounded(100 * complete, 4),
            "silent": n_silent,
            "off": complete is not None and complete < TARGETS["complete"],
        },
    }
    for key in ("stops", "lost"):
        # Who sends nothing has no forecast; a figure that leaves them out says for how many it is.
        figures[key] |= {"for": plan.get("forecast_for"), "of": total, "silent": n_silent}
    for key, figure in figures.items():
        figure["aim"] = aims.get(key)
        figure["trend"] = _trend(snapshot.kpis, key)
    return figures


def _has_forecast(snapshot: Snapshot) -> bool:
    """Whether any machine's failure probability is known."""
    return any(bool(np.isfinite(rows["p"]).any()) for rows in snapshot.views.values())


def _range(figure: dict[str, Any], key: str) -> dict[str, Any]:
    return {
        "value": rounded(figure.get(key)),
        "lo": rounded(figure.get("lo")),
        "hi": rounded(figure.get("hi")),
    }


def _trend(kpis: list[dict[str, Any]], key: str) -> list[float | None]:
    return thinned([rounded(entry.get(key)) for entry in kpis], N_TREND)
