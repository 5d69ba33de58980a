"""One moment of the plant as all screens see it: decoded once, never changed, shared by all."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.view import NEVER
from twin.pipeline.failures import stands_failed
from twin.pipeline.production.producing import stands_idle
from twin.plant import Machine, MachineClass, Plant
from twin.types import Clock, Event

__all__ = [
    "STALE_PERIODS",
    "Slots",
    "Snapshot",
    "age_s",
    "failed_at",
    "failures_of",
    "is_idle",
    "is_silent",
    "machine_of",
    "pace",
    "row_of",
    "stands",
    "stood_s",
]

STALE_PERIODS = 3
"""A machine is silent after this many expected periods without a sample."""
TRANSPORT_S = 2.0
"""Wall seconds that a sample may take from the source to the view."""
STANDS = 1e-3
"""Speed of the clock up to which it stands: its source has stopped, or moves it on by hand."""

FAILURE_KINDS = frozenset({"failure", "repair", "failure_retracted"})

Slots = Mapping[str, tuple[str, int]]
"""Machine id → class id and slot."""


class Snapshot(NamedTuple):
    """What was read in one tick. Times are µs UTC."""

    seq: int
    wall_us: int
    plant_us: int
    clock: Clock
    plant: Plant
    slots: Slots
    views: Mapping[str, NDArray[np.void]]
    """Class id → view rows by slot."""
    plan: Mapping[str, Any]
    kpis: list[dict[str, Any]]
    """Key figures of the past, oldest first."""
    events: list[Event]
    """Newest first."""
    parts: Mapping[str, Mapping[str, Any]]
    """Heartbeats by part."""
    counters: Mapping[str, int]
    desk: Mapping[str, Any] = {}
    """What follows from people's actions, by name: alarms, services, …"""
    record: Mapping[str, Any] = {}
    """How forecasts turned out, by name."""
    schedule: Mapping[str, Any] = {}
    """The plan in force, what is proposed instead, suggestions and what people decided."""
    orders: Mapping[str, Any] = {}
    """Order id → the order and how far it is."""


def row_of(snapshot: Snapshot, machine_id: str) -> np.void | None:
    """View row of a machine; None where the twin has none yet."""
    class_id, slot = snapshot.slots.get(machine_id, ("", -1))
    rows = snapshot.views.get(class_id)
    if rows is None or not 0 <= slot < len(rows):
        return None
    row: np.void = rows[slot]
    return None if row["time"] == NEVER else row


def stands(snapshot: Snapshot) -> bool:
    """Whether the plant's clock stands still."""
    return snapshot.clock.speed <= STANDS


def stood_s(snapshot: Snapshot) -> float:
    """Wall seconds for which the clock has stood still; 0 while it goes."""
    if not stands(snapshot):
        return 0.0
    return max(0.0, (snapshot.wall_us - snapshot.clock.wall_us) / 1e6)


def pace(snapshot: Snapshot) -> float:
    """Plant seconds in a wall second; a clock that stands still is taken for a real one."""
    return 1.0 if stands(snapshot) else snapshot.clock.speed


def age_s(snapshot: Snapshot, time_us: int) -> float:
    """Wall seconds since a source time: what a reader in front of the screen waits."""
    return max(0.0, (snapshot.plant_us - int(time_us)) / 1e6 / pace(snapshot))


def is_silent(snapshot: Snapshot, machine_class: MachineClass, row: np.void | None) -> bool:
    """No sample for three expected periods, beyond what transport may take."""
    if row is None:
        return True
    limit = STALE_PERIODS * machine_class.period_s / pace(snapshot) + TRANSPORT_S
    return age_s(snapshot, row["time"]) > limit


def is_idle(machine_class: MachineClass, row: np.void) -> bool:
    """Whether the lane that says so tells that the machine is not used."""
    return stands_idle(machine_class, row)


def machine_of(snapshot: Snapshot, machine_id: str) -> Machine | None:
    """The machine as the plant file describes it."""
    return next((m for m in snapshot.plant.machines if m.id == machine_id), None)


def failed_at(snapshot: Snapshot, machine_id: str) -> int | None:
    """When the machine failed (µs UTC), if it has not been repaired since."""
    return failures_of(snapshot).get(machine_id)


def failures_of(snapshot: Snapshot) -> dict[str, int]:
    """Machines that stand failed, and since when, µs UTC: what the newest events say, and for
    machines that they do not speak of, the desk, which remembers all."""
    held = snapshot.desk.get("machines") or {}
    found: dict[str, int | None] = {m: log.get("failed_since") for m, log in held.items()}
    told: dict[str, int | None] = {}
    for event in snapshot.events:
        if event.kind in FAILURE_KINDS:
            told.setdefault(event.machine_id, event.time if event.kind == "failure" else None)
    out = {}
    for machine_id, failed_us in (found | told).items():
        row = row_of(snapshot, machine_id)
        born_us = NEVER if row is None else int(row["born"])
        if failed_us is not None and stands_failed(failed_us, born_us):
            out[machine_id] = failed_us
    return out
