"""Alarms at the desk: what the plant reports, what people do, what the design holds back."""

from collections.abc import Iterable, Mapping
from typing import Any

from twin.actions import Action
from twin.core.alarm_rates import Standing as Counted
from twin.core.alarm_rates import group_by_machine
from twin.core.alarms import HELD, Happening, apply, state_of
from twin.pipeline.desk.effects import Context, Effects, Undoer, refused
from twin.pipeline.desk.lines import plant_line
from twin.pipeline.desk.state import DeskState, Standing
from twin.pipeline.services import under_way
from twin.pipeline.signals import limit_crossed
from twin.pipeline.site import Site
from twin.plant import Machine, Sensor
from twin.types import Event

__all__ = [
    "HANDLERS",
    "UNDOERS",
    "clear_of",
    "fold_alarm",
    "forget_gone",
    "hold_by_design",
    "pass_time",
    "summary",
]

HOUR_US = 3_600_000_000
OUTER = ("low_low", "high_high")
COUNTS = 144
"""Ten minutes each that a screen draws: a day."""


# --- what the plant reports -----------------------------------------------------------------
def fold_alarm(state: DeskState, event: Event, event_id: str, site: Site) -> None:
    """alarm_on, alarm_off or alarm_limit of a worker."""
    found = _sensor(site, f"{event.machine_id}:{event.detail.get('sensor')}")
    if found is None:
        return
    _, sensor = found
    alarm_id = f"{event.machine_id}:{sensor.id}"
    entry = state.standing(alarm_id, sensor.alarm.priority)
    entry.priority = sensor.alarm.priority
    _end_shelf(state, alarm_id, entry, event.time, event_id)
    value = event.detail.get("value")
    limit = event.detail.get("limit") or limit_crossed(value or 0.0, sensor.alarm)
    kind, verb = _kind_of(event.kind, limit)
    before = entry.alarm
    happening = Happening(kind, event.time, limit=limit if kind != "clear" else "")
    entry.alarm, outcome = apply(before, happening)
    if not outcome.accepted:
        return
    entry.value = entry.value if kind == "clear" else value
    if kind == "clear":
        state.rates.went(alarm_id, before.came, event.time)
    elif kind != "deescalate" and outcome.after not in HELD:
        state.rates.came(alarm_id, sensor.alarm.priority, event.time)
    state.mark("alarm_rates")
    state.put_alarm(alarm_id, entry)
    detail = {"alarm": alarm_id, "limit": entry.alarm.limit, "value": value}
    detail |= {"priority": sensor.alarm.priority, "state": outcome.after}
    state.write(plant_line(event_id, event.time, verb, event.machine_id, detail))


def _kind_of(event_kind: str, limit: str) -> tuple[str, str]:
    """What happens to the alarm, and its word in the journal."""
    if event_kind == "alarm_limit":
        return ("escalate" if limit in OUTER else "deescalate"), "alarm.limit"
    return ("activate", "alarm.on") if event_kind == "alarm_on" else ("clear", "alarm.off")


# --- what time and the design do --------------------------------------------------------------
def pass_time(state: DeskState, now_us: int) -> None:
    """Shelves whose time is over end."""
    for alarm_id, entry in list(state.alarms.items()):
        _end_shelf(state, alarm_id, entry, now_us, f"shelf-{alarm_id}-{now_us}")


def _end_shelf(state: DeskState, alarm_id: str, entry: Standing, now_us: int, line_id: str) -> None:
    until = entry.alarm.shelved_until
    if until is None or now_us < until:
        return
    entry.alarm, outcome = apply(entry.alarm, Happening("tick", now_us))
    state.put_alarm(alarm_id, entry)
    detail = {"alarm": alarm_id, "state": outcome.after}
    state.write(plant_line(line_id, until, "alarm.shelf_ended", entry.machine, detail))


def hold_by_design(state: DeskState, now_us: int) -> None:
    """Alarms of a machine that stands failed, or whose planned service runs now, call nobody."""
    planned = [s for s in state.services if s["state"] == "planned"]
    serviced = under_way(planned, now_us)
    for alarm_id, entry in list(state.alarms.items()):
        is_failed = state.failed_since(entry.machine) is not None
        why = "failed" if is_failed else "service" if entry.machine in serviced else ""
        if why == entry.alarm.suppressed:
            continue
        kind = "suppress" if why else "unsuppress"
        entry.alarm, outcome = apply(entry.alarm, Happening(kind, now_us, reason=why))
        state.put_alarm(alarm_id, entry)
        detail = {"alarm": alarm_id, "state": outcome.after, "reason": why}
        line_id = f"{kind}-{alarm_id}-{now_us}"
        state.write(plant_line(line_id, now_us, f"alarm.{kind}", entry.machine, detail))


def clear_of(state: DeskState, machine: str, time: int) -> None:
    """The machine begins anew: its alarms are over, and those that were held back unseen.

    The worker says so too, later than the repair; by then nothing is left to clear.
    """
    for alarm_id, entry in list(state.alarms.items()):
        if entry.machine == machine and entry.alarm.active:
            came = entry.alarm.came
            entry.alarm, _ = apply(entry.alarm, Happening("clear", time))
            state.rates.went(alarm_id, came, time)
            state.put_alarm(alarm_id, entry)


def forget_gone(state: DeskState, site: Site) -> None:
    """Alarms whose machine or sensor has left the plant file."""
    for alarm_id in [i for i in state.alarms if _sensor(site, i) is None]:
        del state.alarms[alarm_id]
        state.mark("alarms")


# --- what people do ---------------------------------------------------------------------------
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
    found = _sensor(context.site, alarm_id)
    if found is None:
        return "unknown_alarm"
    entry = state.standing(alarm_id, found[1].alarm.priority)
    entry.alarm, outcome = apply(entry.alarm, Happening(kind, action.time, action.who, **given))
    if outcome.accepted:
        state.put_alarm(alarm_id, entry)
        state.mark("alarm_rates")
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


def _sensor(site: Site, alarm_id: str) -> tuple[Machine, Sensor] | None:
    """Machine and sensor that an alarm's id names, if it has any limit."""
    machine_id, _, sensor_id = alarm_id.partition(":")
    machine = next((m for m in site.plant.machines if m.id == machine_id), None)
    if machine is None:
        return None
    own = (s for s in site.plant.sensors_of(machine) if s.id == sensor_id)
    sensor = next(own, None)
    return None if sensor is None else (machine, sensor)


# --- what it comes to -------------------------------------------------------------------------
def summary(state: DeskState, now_us: int) -> dict[str, Any]:
    """The document alarm_rates: figures against their limits, lists, and the flood if there is."""
    rates = state.rates
    was = rates.flood_since
    rates.pass_time(now_us)
    _tell_flood(state, was, now_us)
    counted = [_counted(i, entry) for i, entry in state.alarms.items()]
    last = now_us // 600_000_000
    return {
        "made": now_us,
        "began": rates.began,
        "figures": {name: list(f) for name, f in rates.figures(now_us, counted).items()},
        "top": rates.top(),
        "chattering": rates.chattering(now_us),
        "fleeting": rates.fleeting(),
        "counts": [sum(rates.counts.get(n, ())) for n in range(last - COUNTS + 1, last + 1)],
        "flood": rates.flood_since,
        "recent": len(rates.recent),
        "groups": [g._asdict() for g in group_by_machine(counted)] if rates.in_flood else [],
    }


def _tell_flood(state: DeskState, was: int | None, now_us: int) -> None:
    since, told = state.rates.flood_since, state.summary.get("flood")
    if since is not None and told is None:
        state.write(plant_line(f"flood-{since}", since, "flood.begin", None, {}))
    elif since is None and (told is not None or was is not None):
        state.write(plant_line(f"flood-end-{now_us}", now_us, "flood.end", None, {}))


def _counted(alarm_id: str, entry: Standing) -> Counted:
    shown = state_of(entry.alarm)
    return Counted(
        alarm_id,
        entry.machine,
        entry.alarm.came,
        entry.alarm.active,
        shown in {"unacknowledged", "returned_unacknowledged"},
        shown == "shelved",
        shown in HELD,
    )


HANDLERS = {
    "alarm.acknowledge": _acknowledge,
    "alarm.shelve": _one("shelve", ""),
    "alarm.unshelve": _one("unshelve", "shelve_again"),
    "alarm.remove": _one("remove", ""),
    "alarm.restore": _one("restore", "remove_again"),
}
UNDOERS: dict[str, Undoer] = {"alarm.shelve": _undo("unshelve"), "alarm.remove": _undo("restore")}
