"""Alarms at the desk: what the plant reports, what time ends, what the design holds back."""

from twin.core.alarms import HELD, Happening, apply
from twin.pipeline.desk.lines import plant_line
from twin.pipeline.desk.state import DeskState, Standing
from twin.pipeline.services import under_way
from twin.pipeline.site import Site
from twin.pipeline.worker.signals import limit_crossed
from twin.plant import Machine, Sensor
from twin.types import Event

__all__ = [
    "clear_of",
    "fold_alarm",
    "forget_gone",
    "hold_by_design",
    "pass_time",
    "sensor_of",
]

OUTER = ("low_low", "high_high")


# --- what the plant reports -----------------------------------------------------------------
def fold_alarm(state: DeskState, event: Event, event_id: str, site: Site) -> None:
    """alarm_on, alarm_off or alarm_limit of a worker."""
    found = sensor_of(site, f"{event.machine_id}:{event.detail.get('sensor')}")
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
    state.mark("rates")
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
            state.mark("rates")
            state.put_alarm(alarm_id, entry)


def forget_gone(state: DeskState, site: Site) -> None:
    """Alarms whose machine or sensor has left the plant file."""
    for alarm_id in [i for i in state.alarms if sensor_of(site, i) is None]:
        del state.alarms[alarm_id]
        state.mark("alarms")


def sensor_of(site: Site, alarm_id: str) -> tuple[Machine, Sensor] | None:
    """Machine and sensor that an alarm's id names, if it has any limit."""
    machine_id, _, sensor_id = alarm_id.partition(":")
    machine = next((m for m in site.plant.machines if m.id == machine_id), None)
    if machine is None:
        return None
    own = (s for s in site.plant.sensors_of(machine) if s.id == sensor_id)
    sensor = next(own, None)
    return None if sensor is None else (machine, sensor)
