"""Suggestions as the schedule page shows them, in no language: why, what it costs, what else."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot
from dashboard.states.at_service import undo_fault
from dashboard.times import iso_local

__all__ = ["suggestion_states"]

DECIDED_SHOWN = 20
ORDER = {"open": 0, "accepted": 1, "vetoed": 2, "expired": 3}
CURVE_POINTS = 60
ORDERS_SHOWN = 5

Suggestion = Mapping[str, Any]


class _Planned(Protocol):
    def suggestions(self) -> list[Mapping[str, Any]]: ...
    def decisions(self) -> Mapping[str, Any]: ...


def suggestion_states(snapshot: Snapshot, planned: _Planned) -> list[dict[str, Any]]:
    """Open ones by what they save, then those decided, newest first, up to DECIDED_SHOWN.

    What people have decided is told by the desk's own record: the planner's list follows it.
    """
    said = _decisions(snapshot, planned.decisions())
    listed = planned.suggestions()
    known = [
        dict(s) | _standing(s, said.get(s["id"])) | _as_planned(snapshot, s, said.get(s["id"]))
        for s in [*listed, *_vetoed_before(planned.decisions(), said, {s["id"] for s in listed})]
    ]
    known.sort(key=_urgency)
    decided = [s for s in known if s["state"] != "open"][:DECIDED_SHOWN]
    shown = [*(s for s in known if s["state"] == "open"), *decided]
    return [_state(snapshot, s) | {"said": said.get(s["id"])} for s in shown]


def _vetoed_before(
    decided: Mapping[str, Any], said: Mapping[str, Any], listed: set[str]
) -> list[dict[str, Any]]:
    """Suggestions vetoed whose time has come since: the planner lists them no more, and the veto
    still holds and can be withdrawn."""
    gone = {
        v["suggestion"]: v
        for v in decided["vetoes"]
        if v["suggestion"] in said and v["suggestion"] not in listed
    }
    return [
        {
            "id": name,
            "kind": "service" if veto["machine"] else "plan",
            "machine": veto["machine"],
            "state": "vetoed",
            "version": None if veto["machine"] else name.removeprefix("plan-"),
        }
        for name, veto in gone.items()
    ]


def _urgency(suggestion: Suggestion) -> tuple[int, float, float]:
    is_open = suggestion["state"] == "open"
    saves = -float(suggestion.get("saves") or 0.0) if is_open else 0.0
    return ORDER.get(suggestion["state"], 9), saves, -float(suggestion.get("start") or 0)


def _standing(suggestion: Suggestion, said: Mapping[str, Any] | None) -> dict[str, Any]:
    """State, who and why, as of now."""
    if said is not None:
        return {k: said[k] for k in ("state", "who", "reason")}
    is_open = suggestion["state"] != "expired"
    return {"state": "open", "who": None, "reason": None} if is_open else {}


def _as_planned(
    snapshot: Snapshot, suggestion: Suggestion, said: Mapping[str, Any] | None
) -> dict[str, Any]:
    """When and by whom an accepted service is done: a person may have chosen otherwise, or moved
    it since."""
    if said is None or said["state"] != "accepted":
        return {}
    services = snapshot.desk.get("services") or ()
    moved = next((s for s in services if s["id"] == said["action"]), {})
    start = moved.get("start", said.get("start")) or suggestion["start"]
    crew = moved.get("crew") or said.get("crew") or suggestion.get("crew")
    return {"start": start, "end": start + suggestion["end"] - suggestion["start"], "crew": crew}


def _decisions(snapshot: Snapshot, decided: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Suggestion → the newest word on it that stands, and the action that takes it back."""
    accepted = [{"state": "accepted", "action": x["service"]} | x for x in decided["accepted"]]
    standing = [v for v in decided["vetoes"] if v["until"] > snapshot.plant_us]
    vetoed = [{"state": "vetoed"} | v for v in standing]
    final = {x["id"] for x in snapshot.desk.get("journal") or () if not x.get("can_undo")}
    return {
        x["suggestion"]: {
            "state": x["state"],
            "who": x["who"],
            "reason": x.get("reason"),
            "action": x["action"],
            "when": iso_local(x["time"], snapshot.plant.zone),
            "until": iso_local(x["until"], snapshot.plant.zone) if "until" in x else None,
            "can_undo": x["action"] not in final and not _has_begun(snapshot, x),
            **{k: x[k] for k in ("start", "crew") if x["state"] == "accepted" and k in x},
        }
        for x in sorted([*accepted, *vetoed], key=lambda x: int(x["time"]))
    }


def _has_begun(snapshot: Snapshot, said: Mapping[str, Any]) -> bool:
    """Whether the service that accepting it came to is under way or over."""
    line = {"verb": "suggestion.accept", "note": {"service": said["action"]}}
    return said["state"] == "accepted" and bool(undo_fault(snapshot, line))


def _state(snapshot: Snapshot, suggestion: Suggestion) -> dict[str, Any]:
    kept = (
        "id",
        "kind",
        "machine",
        "crew",
        "part",
        "skill",
        "state",
        "who",
        "reason",
        "version",
        "why",
    )
    out = {k: suggestion.get(k) for k in kept} | {
        "name": _name(snapshot, suggestion.get("machine")),
        "crew_name": _crew(snapshot, suggestion.get("crew")),
        "part_name": _part(snapshot, suggestion.get("part")),
        "saves": _money(suggestion.get("saves")),
    }
    if suggestion["kind"] == "plan":
        moves = suggestion.get("moves") or ()
        return out | {
            "n_moves": len(moves),
            "n_orders": len(suggestion.get("orders") or ()),
            "orders": list(suggestion.get("orders") or ())[:ORDERS_SHOWN],
            "at_stake": _money(suggestion.get("at_stake")),
            "terms_before": suggestion.get("terms_before"),
            "terms_after": suggestion.get("terms_after"),
        }
    return out | (_service(snapshot, suggestion) if "start" in suggestion else {})


def _service(snapshot: Snapshot, suggestion: Suggestion) -> dict[str, Any]:
    zone, start, end = snapshot.plant.zone, suggestion["start"], suggestion["end"]
    risk = suggestion.get("risk") or {}
    alternatives = suggestion.get("alternatives") or ()
    return {
        "start_us": start,
        "start": iso_local(start, zone),
        "end": iso_local(end, zone),
        "hours": round((end - start) / 3.6e9, 2),
        "now": risk.get("now"),
        "curve": _curve(risk.get("curve") or ()),
        "p_start": _before(risk.get("curve") or (), start),
        "if_not": suggestion.get("if_not"),
        "delays": _delays(suggestion.get("delays")),
        "planned": _planned(alternatives, zone),
        "alternatives": [
            {
                "kind": a.get("kind"),
                "start_us": a["start"],
                "start": None if a["start"] is None else iso_local(a["start"], zone),
                "delta": _money(a.get("delta")),
                "cost": _money(a.get("cost")),
                "p_fail": a.get("p_fail"),
                "crew": a.get("crew"),
                "crew_name": _crew(snapshot, a.get("crew")),
                "delays": _delays(a.get("delays")),
            }
            for a in alternatives
        ],
        "crews": _crews_for(snapshot, suggestion),
    }


def _planned(alternatives: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> dict[str, Any] | None:
    """Where the plan has the service if not at the time proposed, which is cheaper: the plan's list
    of late orders goes by this."""
    found = next((a for a in alternatives if a.get("kind") == "planned"), None)
    return found and {"start": iso_local(found["start"], zone), "delays": _delays(found["delays"])}


def _curve(points: Iterable[Any]) -> list[list[float | None]]:
    """[seconds since the epoch, probability of failure before, money], thinned evenly."""
    known = list(points)
    every = max(1, -(-len(known) // CURVE_POINTS))
    kept = known[::every]
    return [[p[0] // 1_000_000, rounded(p[1], 4), _money(p[2])] for p in kept]


def _before(points: Iterable[Any], start: int) -> float | None:
    """Probability of failure before a service that starts then, by the curve."""
    known = [p for p in points if p[0] <= start]
    return rounded(known[-1][1], 4) if known else None


def _delays(found: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Orders that come later, the longest delay first."""
    known = [{"order": d["order"], "hours": rounded(d["hours"], 3)} for d in found or ()]
    return sorted(known, key=lambda d: -float(d["hours"] or 0.0))


def _crews_for(snapshot: Snapshot, suggestion: Suggestion) -> list[dict[str, Any]]:
    """Crews that have the skill it needs."""
    skill = suggestion.get("skill")
    able = (c for c in snapshot.plant.crews if skill is None or skill in c.skills)
    return [{"id": c.id, "name": c.name or c.id} for c in able]


def _name(snapshot: Snapshot, machine_id: str | None) -> Any:
    machine = next((m for m in snapshot.plant.machines if m.id == machine_id), None)
    return machine_id if machine is None else machine.name or machine.id


def _crew(snapshot: Snapshot, crew_id: str | None) -> Any:
    crew = next((c for c in snapshot.plant.crews if c.id == crew_id), None)
    return crew_id if crew is None else crew.name or crew.id


def _part(snapshot: Snapshot, part_id: str | None) -> Any:
    part = next((p for p in snapshot.plant.parts if p.id == part_id), None)
    return part_id if part is None else part.name or part.id


def _money(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2)
