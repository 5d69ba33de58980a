"""State of the plant page, in no language: numbers, codes and the plant file's own names."""

from typing import Any

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, age_s
from dashboard.states.plant.key_figures import key_figures
from dashboard.states.plant.plant_suggestions import plant_suggestions
from dashboard.states.plant.work_list import service_state, work_list
from dashboard.states.tiles import lines_of, tile_codes
from twin.pipeline.services import HOUR_US, services_of
from twin.plant import stands_between

__all__ = ["HORIZON_H", "SHOWN_H", "plant_state", "tile_codes", "work_list"]

PLAN_OLD_S = 60
HORIZON_H = 336
"""A fortnight: how far the work list looks where the plan does not say."""
SHOWN_H = 336
"""A fortnight: how far "when, and how sure" shows."""
LONG_PAUSE_H = 4
"""Shorter pauses are no place for a service, and would hatch the whole chart."""


def plant_state(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the plant page shows."""
    codes = tile_codes(snapshot)
    return {
        "lines": lines_of(snapshot.plant),
        "tiles": codes,
        "kpis": key_figures(snapshot, codes),
        "attention": work_list(snapshot),
        "horizon_h": snapshot.plan.get("horizon_h", HORIZON_H),
        "plan_age_s": _plan_age_s(snapshot),
        "currency": snapshot.plant.plant.currency,
        "line_oee": _line_oee(snapshot),
        "services": _services(snapshot),
        "pauses": _pauses(snapshot),
        "suggested": plant_suggestions(snapshot),
    }


def _plan_age_s(snapshot: Snapshot) -> int | None:
    """Wall seconds since the work list was made, once that is worth a word; None without one."""
    made = snapshot.plan.get("made")
    if made is None:
        return None
    age = age_s(snapshot, made)
    return 0 if age < PLAN_OLD_S else int(age // 10 * 10)


def _line_oee(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """OEE of the last 24 h of each line that produces, per cent, and whether that is a bound."""
    found = (snapshot.plan.get("oee") or {}).get("lines") or {}
    return {
        line: {"value": rounded(100 * oee["oee"], 3), "most": oee["is_most"]}
        for line, oee in found.items()
        if oee["oee"] is not None
    }


def _services(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Services planned within the chart's fortnight, under way ones too, soonest first."""
    end_us = snapshot.plant_us + SHOWN_H * HOUR_US
    return [
        service_state(snapshot, s) | {"machine": s["machine"]}
        for s in services_of(snapshot.desk.get("services"))
        if s["start"] < end_us and s["start"] + float(s["duration_h"]) * HOUR_US > snapshot.plant_us
    ]


def _pauses(snapshot: Snapshot) -> list[list[float | None]]:
    """Hours from now, [from, to], at which the plant stands anyway for longer than a meal.

    To the tenth of an hour: they need not be sent anew twice a second.
    """
    now_us = snapshot.plant_us
    spans = stands_between(snapshot.plant, now_us, now_us + SHOWN_H * HOUR_US)
    return [
        [rounded(round((t - now_us) / HOUR_US, 1)) for t in span]
        for span in spans
        if span[1] - span[0] >= LONG_PAUSE_H * HOUR_US
    ]
