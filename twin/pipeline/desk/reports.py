"""Failures, repairs and comments: what people say of a machine, and what the plant reports."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.actions import Action
from twin.core.rows import RESET, row_dtype
from twin.pipeline.desk.alarms import clear_of
from twin.pipeline.desk.effects import AHEAD_US, Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.lines import plant_line
from twin.pipeline.desk.state import DeskState
from twin.pipeline.site import Site
from twin.stores.base import WireEntry
from twin.stores.codec import readings_entry
from twin.types import Event

__all__ = ["HANDLERS", "UNDOERS", "fold_report", "reset_entry"]


# --- what the plant reports -----------------------------------------------------------------
def fold_report(state: DeskState, event: Event, event_id: str) -> None:
    """A failure or a repair that a source reports."""
    log = state.log_of(event.machine_id)
    mode = event.detail.get("mode")
    report = {"time": event.time, "mode": mode, "who": "", "action": None}
    if event.kind == "failure":
        log["failures"].append(report)
        _stand_failed(log, event.time)
    else:
        clear_of(state, event.machine_id, event.time)
        log["repairs"].append(report | {"planned": bool(event.detail.get("planned"))})
        _run_again(log, event.time)
        _close(state, event)
    detail = {k: v for k, v in event.detail.items() if k in {"mode", "planned", "service"}}
    state.write(plant_line(event_id, event.time, event.kind, event.machine_id, detail))


def _close(state: DeskState, event: Event) -> None:
    """The planned service that a repair says it was is done."""
    service = state.service(str(event.detail.get("service") or ""))
    if service is None or service["state"] != "planned" or service["machine"] != event.machine_id:
        return
    service["state"], service["done"] = "done", event.time
    state.mark("services")


def _stand_failed(log: dict[str, Any], time: int) -> None:
    """A failure before the last repair is a label, not a machine that stands."""
    if log["repaired"] is None or time >= log["repaired"]:
        log["failed_since"] = time


def _run_again(log: dict[str, Any], time: int) -> None:
    log["repaired"] = max(time, log["repaired"] or 0)
    if log["failed_since"] is not None and log["failed_since"] <= log["repaired"]:
        log["failed_since"] = None


# --- what people report -----------------------------------------------------------------------
def _failure(state: DeskState, action: Action, context: Context) -> Effects:
    """A label for the next fit; from now on nothing is forecast and no alarm calls."""
    time, mode = _time(action), action.detail["mode"]
    fault = _fault(action, context, time, mode)
    machine = action.machine or ""
    if fault or state.failed_since(machine) is not None:
        return refused(fault or "already_failed")
    log = state.log_of(machine)
    report = {"time": time, "mode": mode, "who": action.who, "action": context.action_id}
    log["failures"].append(report)
    _stand_failed(log, time)
    detail = {"mode": mode, "source": "person", "by": action.who, "action": context.action_id}
    event = Event(time, "failure", machine, detail)
    return Effects(note={"time": time}, was={"time": time, "mode": mode}, events=[event])


def _retract(
    state: DeskState, line: Mapping[str, Any], action: Action, context: Context
) -> Effects:
    """The label is taken back; the machine stands no longer, if it was this that stopped it."""
    machine, time = line["machine"], line["was"]["time"]
    log = state.log_of(machine)
    log["failures"] = [f for f in log["failures"] if f["action"] != line["id"]]
    if log["failed_since"] == time:
        log["failed_since"] = None
    detail = {"failure": time, "mode": line["was"]["mode"], "by": action.who}
    detail["action"] = context.action_id
    return Effects(events=[Event(action.time, "failure_retracted", machine, detail)])


def _repair(state: DeskState, action: Action, context: Context) -> Effects:
    """The twin begins anew: a reset takes its place among the readings of its partition."""
    time, mode = _time(action), action.detail["mode"]
    machine, service_id = action.machine or "", action.detail["service"]
    fault = _fault(action, context, time, mode)
    service = state.service(service_id) if service_id else None
    if service_id and (service is None or service["machine"] != machine):
        fault = fault or "unknown_service"
    if fault:
        return refused(fault)
    log = state.log_of(machine)
    planned = action.detail["planned"] or service is not None
    report = {"time": time, "mode": mode, "who": action.who, "action": context.action_id}
    clear_of(state, machine, time)
    log["repairs"].append(report | {"planned": planned})
    _run_again(log, time)
    if service is not None:
        service["state"], service["done"] = "done", time
        state.mark("services")
    p, entry = reset_entry(context.site, machine, time, context.store.partitions)
    detail = {"mode": mode, "planned": planned, "source": "person", "by": action.who}
    detail["action"] = context.action_id
    return Effects(
        note={"time": time, "service": service_id},
        final="twin_was_reset",
        events=[Event(time, "repair", machine, detail)],
        entries={p: [entry]},
    )


def reset_entry(site: Site, machine_id: str, time: int, n_partitions: int) -> tuple[int, WireEntry]:
    """Partition, and the entry that begins the machine's twin anew at `time`, µs UTC."""
    class_id, slot = site.catalogue.slot(machine_id)
    row = np.zeros(1, row_dtype(len(site.catalogue.lanes(class_id).ids)))
    row["slot"], row["time"], row["value"] = slot | int(RESET), time, np.nan
    return slot % n_partitions, readings_entry(class_id, site.catalogue.lane_version(class_id), row)


def _comment(state: DeskState, action: Action, context: Context) -> Effects:
    machine, text = action.machine or "", action.detail["text"]
    if not _is_known(machine, context):
        return refused("unknown_machine")
    comment = {"id": context.action_id, "time": action.time, "who": action.who, "text": text}
    state.log_of(machine)["comments"].append(comment)
    detail = {"text": text[:200], "by": action.who, "action": context.action_id}
    event = Event(action.time, "comment", machine, detail)
    return Effects(was={"comment": context.action_id}, events=[event])


def _remove_comment(
    state: DeskState, line: Mapping[str, Any], _action: Action, _context: Context
) -> Effects:
    log = state.log_of(line["machine"])
    log["comments"] = [c for c in log["comments"] if c["id"] != line["id"]]
    return Effects()


def _time(action: Action) -> int:
    given = action.detail["time"]
    return action.time if given is None else int(given)


def _fault(action: Action, context: Context, time: int, mode: str | None) -> str:
    """Why a report cannot be; "" if it can."""
    if not _is_known(action.machine, context):
        return "unknown_machine"
    plant = context.site.plant
    machine = next(m for m in plant.machines if m.id == action.machine)
    if mode is not None and mode not in {m.id for m in plant.class_of(machine).modes}:
        return "unknown_mode"
    return "in_the_future" if time > max(action.time, context.now_us) + AHEAD_US else ""


def _is_known(machine_id: str | None, context: Context) -> bool:
    return any(m.id == machine_id for m in context.site.plant.machines)


HANDLERS: dict[str, Handler] = {
    "failure.report": _failure,
    "repair.report": _repair,
    "comment.add": _comment,
}
UNDOERS: dict[str, Undoer] = {"failure.report": _retract, "comment.add": _remove_comment}
