"""What people do about alarms at the desk: acknowledge, shelve, take out of service, and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from twin.actions import Action
from twin.core.alarms import Happening, apply, state_of
from twin.pipeline.desk.alarms import sensor_of
from twin.pipeline.desk.effects import Context, Effects, Undoer, refused
from twin.pipeline.desk.state import DeskState
from twin.types import Event

__all__ = ["HANDLERS", "UNDOERS"]

HOUR_US = 3_600_000_000


def _acknowledge(state: DeskState, action: Action, context: Context) -> Effects:
    """Each alarm that can be; refused where none can."""
    done: list[str] = []
    not_done: dict[str, str] = {}
    for alarm_id in dict.fromkeys(action.detail["alarms"]):
        refusal = _do(state, alarm_id, "acknowledge", action, context)
        if refusal:
            not_done[alarm_id] = refusal
        else:
            done.append(alarm_id)
    if not done:
        return refused(next(iter(not_done.values()), "nothing_to_acknowledge"))
    note = {"alarms": done, "not_done": not_done}
    events = _told(state, done, action, context)
    return Effects(note=note, final="seen_is_seen", events=events)


def _one(kind: str, final: str) -> Any:
    """A handler of one alarm; final: why it cannot be taken back, "" if it can."""

    def handle(state: DeskState, action: Action, context: Context) -> Effects:
        alarm_id, hours = action.detail["alarm"], action.detail.get("hours")
        given = {
            "reason": action.detail.get("reason", ""),
            "until": action.time + int((hours or 0) * HOUR_US),
            "one_shot": kind == "shelve" and hours is None,
        }
        refusal = _do(state, alarm_id, kind, action, context, **given)
        if refusal:
            return refused(refusal, alarm=alarm_id)
        entry = state.alarms.get(alarm_id)
        after = state_of(entry.alarm) if entry else "normal"
        until = entry.alarm.shelved_until if entry else None
        note = {"alarm": alarm_id, "state": after, "until": until}
        events = _told(state, [alarm_id], action, context)
        return Effects(
            note=note, was=None if final else {"alarm": alarm_id}, final=final, events=events
        )

    return handle


def _undo(kind: str) -> Undoer:
    def undo(
        state: DeskState, line: Mapping[str, Any], action: Action, context: Context
    ) -> Effects:
        alarm_id = line["was"]["alarm"]
        refusal = _do(state, alarm_id, kind, action, context)
        if refusal:
            return refused(refusal, alarm=alarm_id)
        return Effects(note={"alarm": alarm_id}, events=_told(state, [alarm_id], action, context))

    return undo


def _do(
    state: DeskState, alarm_id: str, kind: str, action: Action, context: Context, **given: Any
) -> str:
    """Let it happen to the alarm; why it cannot, or ""."""
    found = sensor_of(context.site, alarm_id)
    if found is None:
        return "unknown_alarm"
    entry = state.standing(alarm_id, found[1].alarm.priority)
    entry.alarm, outcome = apply(entry.alarm, Happening(kind, action.time, action.who, **given))
    if outcome.accepted:
        state.put_alarm(alarm_id, entry)
    return outcome.refusal


def _told(
    state: DeskState, alarm_ids: Iterable[str], action: Action, context: Context
) -> list[Event]:
    """Events that say what became of alarms, and by whom."""
    out = []
    for alarm_id in alarm_ids:
        machine, _, sensor = alarm_id.partition(":")
        entry = state.alarms.get(alarm_id)
        detail = {
            "sensor": sensor,
            "state": state_of(entry.alarm) if entry else "normal",
            "did": action.verb,
            "by": action.who,
            "action": context.action_id,
        }
        out.append(Event(action.time, "alarm_state", machine, detail))
    return out


HANDLERS = {
    "alarm.acknowledge": _acknowledge,
    "alarm.shelve": _one("shelve", ""),
    "alarm.unshelve": _one("unshelve", "shelve_again"),
    "alarm.remove": _one("remove", ""),
    "alarm.restore": _one("restore", "remove_again"),
}
UNDOERS: dict[str, Undoer] = {"alarm.shelve": _undo("unshelve"), "alarm.remove": _undo("restore")}
