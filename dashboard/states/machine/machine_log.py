"""What happened to one machine and what people did about it, as the desk keeps it."""

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.snapshot import Snapshot
from dashboard.states.at_service import services_begun, undo_fault
from dashboard.times import iso_local
from twin.pipeline.desk.plans import ordered_us
from twin.pipeline.planning.parts import shortage
from twin.plant import Machine, MachineClass
from twin.types import Event

__all__ = ["N_LINES", "alarms_of", "event_lines", "log_of", "services_of"]

N_LINES = 60
UNTOLD = frozenset({"order_progress"})


def alarms_of(snapshot: Snapshot, machine: Machine) -> list[dict[str, Any]]:
    """The machine's alarms that are not normal, the gravest first, then the newest."""
    alarms = snapshot.desk.get("alarms") or {}
    names = _sensor_names(snapshot.plant.class_of(machine))
    own = [
        {
            "id": alarm_id,
            "name": names.get(str(alarm.get("sensor")), alarm.get("sensor")),
            "limit": alarm.get("limit"),
            "priority": alarm.get("priority"),
            "state": alarm.get("state"),
            "active": bool(alarm.get("active")),
            "acked": bool(alarm.get("acked")),
            "since": _iso(snapshot, alarm.get("since")),
            "who": alarm.get("who"),
        }
        for alarm_id, alarm in alarms.items()
        if alarm.get("machine") == machine.id and alarm.get("state") != "normal"
    ]
    newest = sorted(own, key=lambda a: str(a["since"]), reverse=True)
    return sorted(newest, key=lambda a: int(a["priority"] or 3))


def services_of(snapshot: Snapshot, machine: Machine) -> list[dict[str, Any]]:
    """Services planned, done and cancelled, the latest start first."""
    modes, begun = _mode_names(snapshot.plant.class_of(machine)), services_begun(snapshot)
    crews = {crew.id: crew.name or crew.id for crew in snapshot.plant.crews}
    own = [s for s in _services(snapshot) if s.get("machine") == machine.id]
    return [
        {
            "id": s.get("id"),
            "start": _iso(snapshot, s.get("start")),
            "start_us": s.get("start"),
            "duration_h": s.get("duration_h"),
            "mode": modes.get(str(s.get("mode"))),
            "note": s.get("note") or "",
            "who": s.get("who"),
            "crew": crews.get(str(s.get("crew"))),
            "state": s.get("state"),
            "begun": s.get("state") == "planned" and s.get("id") in begun,
            "lacks": _lacks(snapshot, s) if s.get("id") not in begun else None,
        }
        for s in sorted(own, key=lambda s: -int(s.get("start") or 0))
    ]


def _lacks(snapshot: Snapshot, service: Mapping[str, Any]) -> dict[str, Any] | None:
    """The spare part that those before leave none of for a planned service, and from when on there
    is one."""
    if service.get("state") != "planned":
        return None
    plant, now_us = snapshot.plant, snapshot.plant_us
    turn = (service["start"], service["id"])
    before = [
        s for s in _services(snapshot) if s["state"] == "done" or (s["start"], s["id"]) < turn
    ]
    missing = shortage(plant, before, service, now_us, ordered_us(service, now_us))
    if missing is None:
        return None
    name = next((p.name for p in plant.parts if p.id == missing.part), "") or missing.part
    return {"part": name, "from": _iso(snapshot, missing.first)}


def _services(snapshot: Snapshot) -> Iterable[Mapping[str, Any]]:
    found = snapshot.desk.get("services") or []
    return found.values() if isinstance(found, Mapping) else found


def log_of(snapshot: Snapshot, machine: Machine) -> list[dict[str, Any]]:
    """What happened, newest first: what people did, as the desk keeps it, and the plant's events.

    An event that only repeats what a person did is their line.
    """
    names = _names(snapshot, machine)
    own = (snapshot.desk.get("machines") or {}).get(machine.id, {})
    kept = [_line(snapshot, names, entry) for entry in own.get("log", [])]
    events = [e for e in snapshot.events if e.machine_id == machine.id]
    lines = kept + event_lines(snapshot, machine, events)
    return sorted(lines, key=lambda line: str(line["time"]), reverse=True)[:N_LINES]


def event_lines(
    snapshot: Snapshot, machine: Machine, events: Iterable[Event]
) -> list[dict[str, Any]]:
    """Events of the machine as lines, but for those that follow from a person's action, and counts
    of pieces, of which there are too many."""
    names = _names(snapshot, machine)
    return [
        _line(snapshot, names, {"time": e.time, "kind": e.kind, "detail": e.detail})
        for e in events
        if "action" not in e.detail and e.kind not in UNTOLD
    ]


def _line(snapshot: Snapshot, names: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """One line: when, what, about what (a sensor's or a mode's name), who, and their words."""
    detail = entry.get("detail") or {}
    alarm = str(next(iter(detail.get("alarms", [])), detail.get("alarm", ""))).split(":")
    about = [detail.get("sensor"), detail.get("mode"), alarm[1] if len(alarm) > 1 else None]
    line = {
        "time": _iso(snapshot, entry.get("time")),
        "kind": entry.get("verb") or entry.get("kind"),
        "about": next((names[key] for key in about if key in names), detail.get("order")),
        "planned": detail.get("planned"),
        "who": entry.get("who"),
        "text": detail.get("text") or detail.get("note") or detail.get("reason"),
        "action": entry.get("id"),
        "can_undo": entry.get("can_undo") and not undo_fault(snapshot, entry),
        "undone": bool(entry.get("undone")),
        "refused": entry.get("outcome") == "refused",
    }
    return {key: value for key, value in line.items() if value not in (None, "", False)}


def _names(snapshot: Snapshot, machine: Machine) -> dict[Any, Any]:
    machine_class = snapshot.plant.class_of(machine)
    return _sensor_names(machine_class) | _mode_names(machine_class)


def _iso(snapshot: Snapshot, time_us: Any) -> str | None:
    return iso_local(time_us, snapshot.plant.zone) if isinstance(time_us, int) else None


def _sensor_names(machine_class: MachineClass) -> dict[str, Any]:
    return {s.id: s.name or s.id for s in machine_class.sensors}


def _mode_names(machine_class: MachineClass) -> dict[str, Any]:
    return {m.id: m.name or m.id for m in machine_class.modes}
