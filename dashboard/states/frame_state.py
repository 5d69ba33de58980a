"""What the frame around every page shows: clock, age of the data, counts, parts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard.numbers import rounded
from dashboard.snapshot import STALE_PERIODS, TRANSPORT_S, Snapshot, age_s, pace, stands, stood_s
from dashboard.states.alarms.alarm_state import alarm_counts
from dashboard.times import local, offset_text
from twin.core.view import NEVER

__all__ = ["clock_state", "frame", "status_state"]

STALE_S = 10.0
"""Wall seconds past which a screen greys out, if the plant sends that often."""
FORGOTTEN_S = 86_400
"""A part silent for longer is no longer part of this installation."""


def frame(snapshot: Snapshot) -> dict[str, Any]:
    """What every screen's state holds besides its own."""
    return {"clock": clock_state(snapshot), "status": status_state(snapshot)}


def clock_state(snapshot: Snapshot) -> dict[str, Any]:
    """The plant's time in words, and how old the newest sample of the whole plant is."""
    zone = snapshot.plant.zone
    newest = max((_newest(rows["time"]) for rows in snapshot.views.values()), default=NEVER)
    waits_s = stood_s(snapshot)
    return {
        "time": local(snapshot.plant_us, zone).strftime("%H:%M:%S"),
        "date": local(snapshot.plant_us, zone).strftime("%Y-%m-%d"),
        "offset": offset_text(snapshot.plant_us, zone),
        "simulated": snapshot.clock.simulated or snapshot.plant.plant.simulated,
        "speed": rounded(snapshot.clock.speed),
        "stands": stands(snapshot),
        "age_s": None if newest == NEVER else round(waits_s or age_s(snapshot, newest), 1),
        "stale_s": _stale_s(snapshot),
    }


def _stale_s(snapshot: Snapshot) -> float:
    """A plant that sends once a minute is not stale after ten seconds."""
    if stands(snapshot):
        return STALE_S
    period_s = min(c.period_s for c in snapshot.plant.classes.values())
    return round(max(STALE_S, STALE_PERIODS * period_s / pace(snapshot) + TRANSPORT_S), 1)


def _newest(times: np.ndarray[Any, Any]) -> int:
    return int(times.max()) if len(times) else int(NEVER)


def status_state(snapshot: Snapshot) -> dict[str, Any]:
    """Counts of what came in, what was refused and why, what came late; parts that are silent."""
    rejects = {k: n for k, n in snapshot.counters.items() if k.startswith("rejected:")}
    reasons: dict[str, int] = {}
    for key, count in rejects.items():
        reason = key.split(":", 2)[-1]
        reasons[reason] = reasons.get(reason, 0) + count
    ages = {name: _age_of(snapshot, part) for name, part in snapshot.parts.items()}
    accepted = sum(n for k, n in snapshot.counters.items() if k.startswith("accepted:"))
    return {
        "accepted": accepted,
        "rejected": sum(reasons.values()),
        "reasons": dict(sorted(reasons.items(), key=lambda pair: -pair[1])[:5]),
        "late": sum(int(rows["n_late"].sum()) for rows in snapshot.views.values()),
        "gated": sum(int(rows["n_gated"].sum()) for rows in snapshot.views.values()),
        "restarts": _restarts(snapshot),
        "alarms": alarm_counts(snapshot.desk),
        "parts": {name: age for name, age in ages.items() if age is not None},
    }


def _restarts(snapshot: Snapshot) -> dict[str, int]:
    """How often the supervisor had to start a part again, where it had to."""
    parts = snapshot.parts.get("up", {}).get("parts", {})
    return {name: n for name, part in parts.items() if (n := part.get("restarts", 0)) > 0}


def _age_of(snapshot: Snapshot, heartbeat: Mapping[str, Any]) -> float | None:
    """Wall seconds since a part last said that it lives; None once that is forgotten."""
    time_us = heartbeat.get("time")
    age = round((snapshot.wall_us - time_us) / 1e6) if isinstance(time_us, int) else None
    return None if age is None or age > FORGOTTEN_S else age
