"""Whether people's doings about alarms can be done now: asked before they are kept."""

from typing import Any

from dashboard.access import check, t
from dashboard.snapshot import Snapshot
from dashboard.states.alarms.alarm_words import refusal_text
from twin.core.alarms import HELD

__all__ = ["can_acknowledge", "can_remove", "can_shelve"]

Detail = dict[str, Any]


@check("alarm.acknowledge")
def can_acknowledge(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """One of them at least calls, unseen."""
    states = [_state(snapshot, alarm_id) for alarm_id in detail["alarms"]]
    fits = {"unacknowledged", "returned_unacknowledged"}
    return None if fits & set(states) else refusal_text(t, "nothing_to_acknowledge")


def _holds(verb: str, wanted: str, refusal: str) -> None:
    """The verb needs an alarm in this state."""

    @check(verb)
    def can(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
        is_so = _state(snapshot, detail["alarm"]) == wanted
        return None if is_so else refusal_text(t, refusal)


_holds("alarm.unshelve", "shelved", "not_shelved")
_holds("alarm.restore", "out_of_service", "not_out_of_service")


@check("alarm.shelve")
def can_shelve(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """It is not held back yet, and a shelf until it clears needs one that is active."""
    state = _state(snapshot, detail["alarm"])
    if state in HELD:
        return refusal_text(t, state)
    is_active = state in {"unacknowledged", "acknowledged"}
    return refusal_text(t, "not_active") if detail["hours"] is None and not is_active else None


@check("alarm.remove")
def can_remove(snapshot: Snapshot, _machine: str | None, detail: Detail) -> str | None:
    """It is in service."""
    state = _state(snapshot, detail["alarm"])
    return refusal_text(t, state) if state == "out_of_service" else None


def _state(snapshot: Snapshot, alarm_id: object) -> str:
    alarms = snapshot.desk.get("alarms") or {}
    return str(alarms[alarm_id]["state"]) if alarm_id in alarms else "normal"
