"""Suggested services on the plant page: the few with the most money at stake."""

from typing import Any

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, machine_of
from dashboard.states.shift_plan import open_suggestions
from dashboard.times import iso_local
from twin.pipeline.services import HOUR_US

__all__ = ["SHOWN", "plant_suggestions"]

SHOWN = 3


def plant_suggestions(snapshot: Snapshot) -> dict[str, Any]:
    """The first suggestions, how many there are, and what all of them save together.

    None of it where no planner has looked: that is not the same as nothing to suggest.
    """
    if "suggestions" not in snapshot.schedule:
        return {"made": False, "first": [], "n": 0, "saves": 0.0, "plan": None}
    found = open_suggestions(snapshot)
    return {
        "made": True,
        "first": [_line(snapshot, s) for s in found[:SHOWN]],
        "n": len(found),
        "saves": rounded(sum(float(s.get("saves") or 0.0) for s in found)),
        "plan": _plan(snapshot),
    }


def _plan(snapshot: Snapshot) -> dict[str, Any] | None:
    """Another plan that waits for a word: what it saves, and new orders that wait with it."""
    known = snapshot.schedule.get("suggestions") or ()
    found = next((s for s in known if s["kind"] == "plan" and s["state"] == "open"), None)
    return found and {
        "id": found["id"],
        "version": found.get("version"),
        "saves": rounded(found.get("saves"), 3),
        "orders": len(found.get("orders") or ()),
        "at_stake": rounded(found.get("at_stake"), 3),
    }


def _line(snapshot: Snapshot, suggestion: Any) -> dict[str, Any]:
    machine = machine_of(snapshot, suggestion["machine"])
    start, end = int(suggestion["start"]), int(suggestion["end"])
    risk = (suggestion.get("risk") or {}).get("now") or {}
    return {
        "id": suggestion["id"],
        "machine": suggestion["machine"],
        "name": machine.name or machine.id if machine else suggestion["machine"],
        "line": machine.line if machine else "",
        "start": iso_local(start, snapshot.plant.zone),
        "hours": rounded((end - start) / HOUR_US),
        "p_day": rounded(risk.get("p_day"), 5),
        "saves": rounded(suggestion.get("saves"), 3),
        "late": len(suggestion.get("delays") or ()),
    }
