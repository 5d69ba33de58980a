"""The desk's journal as screens and downloads show it: names for ids, no language."""

from collections.abc import Mapping
from typing import Any

from dashboard.snapshot import Snapshot
from dashboard.states.alarms.alarm_names import Names
from dashboard.states.at_service import undo_fault
from dashboard.times import iso_local

__all__ = ["journal_lines"]


def journal_lines(snapshot: Snapshot, n_max: int) -> list[dict[str, Any]]:
    """The newest lines of the journal, newest first, with names for ids."""
    lines, names = (snapshot.desk.get("journal") or [])[-n_max:], Names(snapshot.plant)
    return [_line(snapshot, names, line) for line in reversed(lines)]


def _line(snapshot: Snapshot, names: Names, line: Mapping[str, Any]) -> dict[str, Any]:
    detail, note = line.get("detail") or {}, line.get("note") or {}
    alarms = note.get("alarms") or [a for a in (detail.get("alarm") or note.get("alarm"),) if a]
    named = names.alarm(alarms[0]) if alarms else None
    machine = line["machine"] or note.get("machine") or (named["machine"] if named else None)
    texts = [detail.get(k) for k in ("text", "note", "reason") if detail.get(k)]
    undone = line.get("undone") or {}
    return {
        "id": line["id"],
        "n": line["n"],
        "time": iso_local(line["time"], snapshot.plant.zone),
        "time_us": line["time"],
        "who": line["who"],
        "verb": line["verb"],
        "machine": machine,
        "name": names.machine(machine) if machine else None,
        "sensor": named["sensor"] if named else None,
        "count": len(alarms),
        "order": note.get("order") or detail.get("order"),
        "orders": note.get("n") if line["verb"] == "order.import" else None,
        "limit": detail.get("limit"),
        "hours": detail.get("hours"),
        "text": str(texts[0]) if texts else None,
        "mode": names.mode(machine, detail.get("mode")),
        "about": note.get("verb"),
        "refused": line.get("reason"),
        "can_undo": bool(line.get("can_undo")) and not undo_fault(snapshot, line),
        "why_not": line.get("why_not"),
        "undone": undone.get("who"),
    }
