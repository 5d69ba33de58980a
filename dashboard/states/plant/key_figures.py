"""The five key figures of a plant, each with its aim and its trend."""

from typing import Any

import numpy as np

from dashboard.numbers import rounded, thinned
from dashboard.snapshot import Snapshot
from dashboard.states.plant.work_list import failed_machines
from dashboard.states.tiles import states_of
from twin.plant import Plant, plant_stands

__all__ = ["aims_of", "key_figures"]

N_TREND = 60
MOST_UNKNOWN = 0.5
"""Share of a shift's planned time of which nothing is known, from which on it has no figure."""
Figure = dict[str, Any]


def key_figures(snapshot: Snapshot, codes: dict[str, str]) -> dict[str, Figure]:
    """By name: value, aim, trend, and whether it is off its aim; codes are those of the tiles."""
    aims, total = aims_of(snapshot.plant), len(codes)
    n_silent = sum(_sends_nothing(code) for code in codes.values())
    # Who sends nothing has no forecast; a figure that leaves them out says for how many it is.
    whole = {"for": snapshot.plan.get("forecast_for"), "of": total, "silent": n_silent}
    figures = {
        "running": _running(snapshot, codes, aims["running"]),
        "stops": _forecast(snapshot, "expected_stops_24h", "mean", aims["stops"]) | whole,
        "lost": _forecast(snapshot, "lost_output_24h", "percent", aims["lost"]) | whole,
        "oee": _oee(snapshot, aims["oee"]),
        "complete": _complete(snapshot, _unexplained(snapshot, codes), aims["complete"]),
    }
    for key, figure in figures.items():
        figure |= {"aim": aims[key], "trend": _trend(snapshot.kpis, key)}
    return figures


def _sends_nothing(code: str) -> bool:
    return "silent" in code or "service" in code


def _unexplained(snapshot: Snapshot, codes: dict[str, str]) -> int:
    """Machines without data, but for those that stand failed or are being serviced."""
    failed = failed_machines(snapshot)
    return sum("silent" in code and m not in failed for m, code in codes.items())


def aims_of(plant: Plant) -> dict[str, float]:
    """Aims of the plant file in the units of the figures, by name."""
    targets, total = plant.plant.targets, len(plant.machines)
    return {
        "running": round(targets.running * total),
        "stops": round(targets.stops * total, 2),
        "lost": targets.lost_pct,
        "oee": targets.oee_pct,
        "complete": 100 * targets.complete,
    }


def _running(snapshot: Snapshot, codes: dict[str, str], aim: float) -> Figure:
    """Machines that are heard, have not failed and are not idle; at a pause none need run.

    Where nobody sends, none is known to run or not: no value.
    """
    failed = failed_machines(snapshot) & codes.keys()
    n_failed = len(failed)
    # Also those whose tile says something more urgent: else they would be missing from the sum.
    n_idle = sum(s == "idle" and m not in failed for m, s in states_of(snapshot).items())
    n_silent = sum(_sends_nothing(code) for code in codes.values())
    counted = snapshot.plan.get("running", len(codes) - n_silent - n_idle)
    value = counted if n_silent < len(codes) else None
    pauses = plant_stands(snapshot.plant, snapshot.plant_us)
    return {
        "value": value,
        "of": len(codes),
        "idle": n_idle,
        "failed": n_failed,
        "serviced": sum("service" in code for code in codes.values()),
        "silent": n_silent,
        "paused": pauses,
        "off": value is not None and value < aim and not pauses,
    }


def _forecast(snapshot: Snapshot, name: str, key: str, aim: float) -> Figure:
    """A forecast with its 80 % interval; without a failure model nothing is expected, which is
    another thing than none expected."""
    found = snapshot.plan.get(name, {}) if _has_forecast(snapshot) else {}
    value = rounded(found.get(key))
    return {
        "value": value,
        "lo": rounded(found.get("lo")),
        "hi": rounded(found.get("hi")),
        "off": (value or 0) > aim,
    }


def _oee(snapshot: Snapshot, aim: float) -> Figure:
    """OEE of the last 24 h and of the shift, per cent, with its parts; empty without production."""
    found = snapshot.plan.get("oee") or {}
    day, shift = found.get("day") or {}, found.get("shift") or {}
    shares = ("availability", "performance", "quality", "unknown", "setup_ratio")
    parts = {k: _percent(day.get(k)) for k in shares} | {"setup_h": rounded(day.get("setup_h"), 3)}
    value = _percent(day.get("oee"))
    return parts | {
        "value": value,
        "most": bool(day.get("is_most")),
        "shift": _percent(shift.get("oee")) if (shift.get("unknown") or 0) < MOST_UNKNOWN else None,
        "defined": bool(found),
        "off": value is not None and value < aim,
    }


def _complete(snapshot: Snapshot, n_silent: int, aim: float) -> Figure:
    complete = snapshot.plan.get("data_complete")
    value = None if complete is None else rounded(100 * complete, 4)
    return {"value": value, "silent": n_silent, "off": value is not None and value < aim}


def _percent(share: float | None) -> float | None:
    return None if share is None else rounded(100 * share, 3)


def _has_forecast(snapshot: Snapshot) -> bool:
    """Whether any machine's failure probability is known."""
    return any(bool(np.isfinite(rows["p"]).any()) for rows in snapshot.views.values())


def _trend(kpis: list[dict[str, Any]], key: str) -> list[float | None]:
    return thinned([rounded(entry.get(key)) for entry in kpis], N_TREND)
