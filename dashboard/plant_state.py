"""State of the plant page, in no language: numbers, codes and the plant file's own names."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from dashboard.numbers import rounded, thinned
from dashboard.snapshot import STALE_PERIODS, Snapshot, age_s, is_idle, is_silent, pace, row_of
from dashboard.times import local, offset_text
from twin.core.view import NEVER
from twin.plant import Machine

__all__ = ["HORIZON_H", "TARGETS", "clock_state", "plant_state", "status_state", "tile_codes"]

TARGETS = {"running": 0.95, "stops": 0.02, "lost": 4.0, "complete": 0.99}
"""Aims where the plant file sets none: share of machines running, stops a machine and day,
lost output in per cent, share of readings that came."""
STALE_S = 10.0
"""Wall seconds past which a screen greys out."""
PLAN_OLD_S = 60
N_TREND = 60
HORIZON_H = 336
"""A fortnight: how far the work list looks where the plan does not say."""


def plant_state(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the plant page shows."""
    codes = tile_codes(snapshot)
    return {
        "clock": clock_state(snapshot),
        "lines": _lines(snapshot),
        "tiles": codes,
        "kpis": _kpis(snapshot, codes),
        "attention": [_item(snapshot, item) for item in _soonest_first(snapshot)],
        "horizon_h": snapshot.plan.get("horizon_h", HORIZON_H),
        "plan_age_s": _plan_age_s(snapshot),
        "currency": snapshot.plant.plant.currency,
        "status": status_state(snapshot),
    }


def clock_state(snapshot: Snapshot) -> dict[str, Any]:
    """The plant's time in words, and how old the newest sample of the whole plant is."""
    zone = snapshot.plant.zone
    newest = max((_newest(rows["time"]) for rows in snapshot.views.values()), default=NEVER)
    period_s = min(c.period_s for c in snapshot.plant.classes.values())
    return {
        "time": local(snapshot.plant_us, zone).strftime("%H:%M:%S"),
        "date": local(snapshot.plant_us, zone).strftime("%Y-%m-%d"),
        "offset": offset_text(snapshot.plant_us, zone),
        "simulated": snapshot.clock.simulated or snapshot.plant.plant.simulated,
        "speed": rounded(snapshot.clock.speed),
        "age_s": None if newest == NEVER else round(age_s(snapshot, newest), 1),
        "stale_s": round(STALE_S + STALE_PERIODS * period_s / pace(snapshot), 1),
    }


def _newest(times: np.ndarray[Any, Any]) -> int:
    return int(times.max()) if len(times) else int(NEVER)


def tile_codes(snapshot: Snapshot) -> dict[str, str]:
    """Machine id → ok, idle, silent, or its priority p1 to p3, with " silent" where both hold."""
    priorities = {
        item["machine"]: f"p{item['priority']}"
        for item in snapshot.plan.get("items", [])
        if item.get("reason") != "no_data"
    }
    return {m.id: _code(snapshot, m, priorities.get(m.id)) for m in snapshot.plant.machines}


def _code(snapshot: Snapshot, machine: Machine, priority: str | None) -> str:
    row = row_of(snapshot, machine.id)
    machine_class = snapshot.plant.class_of(machine)
    if row is None or is_silent(snapshot, machine_class, row):
        return f"{priority} silent" if priority else "silent"
    return priority or ("idle" if is_idle(machine_class, row) else "ok")


def _plan_age_s(snapshot: Snapshot) -> int | None:
    """Wall seconds since the work list was made, once that is worth a word; None without one."""
    made = snapshot.plan.get("made")
    if made is None:
        return None
    age = age_s(snapshot, made)
    return 0 if age < PLAN_OLD_S else int(age // 10 * 10)


def _lines(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Lines with their machines, grouped by class in the order of their positions."""
    plant = snapshot.plant
    return [
        {
            "id": line.id,
            "name": line.name or line.id,
            "groups": [
                {"name": plant.classes[c].name or c, "machines": [_tile(m) for m in machines]}
                for c, machines in _by_class(_in_order(plant.machines, line.id)).items()
            ],
        }
        for line in plant.lines
    ]


def _by_class(machines: list[Machine]) -> dict[str, list[Machine]]:
    groups: dict[str, list[Machine]] = {}
    for machine in machines:
        groups.setdefault(machine.class_id, []).append(machine)
    return groups


def _in_order(machines: Iterable[Machine], line_id: str) -> list[Machine]:
    return sorted((m for m in machines if m.line == line_id), key=lambda m: (m.position, m.id))


def _tile(machine: Machine) -> dict[str, Any]:
    """The number at the end of the machine's id labels its tile, else its position."""
    digits = re.split(r"\D", machine.id)[-1]
    label = digits if 0 < len(digits) <= 3 else f"{machine.position:02d}"
    return {"id": machine.id, "name": machine.name or machine.id, "label": label}


def _kpis(snapshot: Snapshot, codes: dict[str, str]) -> dict[str, Any]:
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
        "stops": _range(stops, "mean") | {"off": stops.get("mean", 0) > aims["stops"]},
        "lost": _range(lost, "percent") | {"off": lost.get("percent", 0) > aims["lost"]},
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


def _soonest_first(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The work list by priority, then by when the stop is expected, which readers see."""

    def urgency(item: dict[str, Any]) -> tuple[int, float]:
        expected_h = item.get("mid_h")
        return item["priority"], math.inf if expected_h is None else expected_h

    return sorted(snapshot.plan.get("items", []), key=urgency)


def _item(snapshot: Snapshot, item: dict[str, Any]) -> dict[str, Any]:
    """A line of the work list with names instead of ids."""
    machine = next((m for m in snapshot.plant.machines if m.id == item["machine"]), None)
    kept = {k: rounded(v) if isinstance(v, float) else v for k, v in item.items()}
    if machine is None:
        return kept | {"name": item["machine"], "drivers": []}
    machine_class = snapshot.plant.class_of(machine)
    names = {s.id: s.name or s.id for s in machine_class.sensors}
    modes = {m.id: m.name or m.id for m in machine_class.modes}
    return kept | {
        "name": machine.name or machine.id,
        "line": machine.line,
        "drivers": [names.get(i, i) for i in item.get("drivers", [])],
        "mode": modes.get(item.get("mode") or ""),
    }


def status_state(snapshot: Snapshot) -> dict[str, Any]:
    """Counts of what came in, what was refused and why, what came late; parts that are silent."""
    rejects = {k: n for k, n in snapshot.counters.items() if k.startswith("rejected:")}
    reasons: dict[str, int] = {}
    for key, count in rejects.items():
        reason = key.split(":", 2)[-1]
        reasons[reason] = reasons.get(reason, 0) + count
    accepted = sum(n for k, n in snapshot.counters.items() if k.startswith("accepted:"))
    return {
        "accepted": accepted,
        "rejected": sum(reasons.values()),
        "reasons": dict(sorted(reasons.items(), key=lambda pair: -pair[1])[:5]),
        "late": sum(int(rows["n_late"].sum()) for rows in snapshot.views.values()),
        "gated": sum(int(rows["n_gated"].sum()) for rows in snapshot.views.values()),
        "restarts": _restarts(snapshot),
        "parts": {name: _age_of(snapshot, part) for name, part in snapshot.parts.items()},
    }


def _restarts(snapshot: Snapshot) -> dict[str, int]:
    """How often the supervisor had to start a part again, where it had to."""
    parts = snapshot.parts.get("up", {}).get("parts", {})
    return {name: n for name, part in parts.items() if (n := part.get("restarts", 0)) > 0}


def _age_of(snapshot: Snapshot, heartbeat: Mapping[str, Any]) -> float | None:
    """Wall seconds since a part last said that it lives."""
    time_us = heartbeat.get("time")
    return round((snapshot.wall_us - time_us) / 1e6) if isinstance(time_us, int) else None
