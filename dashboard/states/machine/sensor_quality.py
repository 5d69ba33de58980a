"""Which sensors of the whole plant say nothing, or nothing that can be believed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import rounded
from dashboard.snapshot import STALE_PERIODS, Snapshot, pace
from dashboard.states.at_service import serviced_until
from dashboard.states.plant.work_list import failed_machines
from dashboard.states.tiles import states_of
from twin.core.view import NEVER
from twin.plant import Machine, MachineClass

__all__ = ["STATES", "Faulty", "faulty_sensors", "quality_counts"]

STATES = ("bad", "refused", "missing", "silent", "uncertain")
"""Worst first: broken by the twin's judgement; marked bad by its source; absent from the newest
sample; not heard for three periods; marked uncertain by its source."""


class Faulty(NamedTuple):
    """One sensor or input that is not good."""

    machine: Machine
    lane: int
    state: str
    age_s: float | None
    """Wall seconds since its last good reading; None: it has had none."""


def faulty_sensors(snapshot: Snapshot) -> list[Faulty]:
    """Of machines that are heard, worst first, then by how long."""
    states = states_of(snapshot)
    by_class: dict[str, list[tuple[Machine, int]]] = {}
    for machine in snapshot.plant.machines:
        class_id, slot = snapshot.slots.get(machine.id, ("", -1))
        if states[machine.id] != "silent":
            by_class.setdefault(class_id, []).append((machine, slot))
    found = [
        faulty
        for class_id, places in by_class.items()
        for faulty in _of_class(snapshot, snapshot.plant.classes[class_id], class_id, places)
    ]
    return sorted(found, key=lambda f: (STATES.index(f.state), -(f.age_s or np.inf)))


def _of_class(
    snapshot: Snapshot,
    machine_class: MachineClass,
    class_id: str,
    places: list[tuple[Machine, int]],
) -> Iterator[Faulty]:
    rows = snapshot.views[class_id][[slot for _, slot in places]]
    never = rows["seen"] == NEVER
    ages = (snapshot.plant_us - np.where(never, 0, rows["seen"])) / 1e6 / pace(snapshot)
    codes = _codes(rows, len(machine_class.lane_ids), _is_old(machine_class, rows))
    for n, lane in zip(*np.nonzero(codes >= 0), strict=True):
        age_s = None if never[n, lane] else rounded(max(0.0, ages[n, lane]), 3)
        yield Faulty(places[n][0], int(lane), STATES[codes[n, lane]], age_s)


def _is_old(machine_class: MachineClass, rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Lanes (N, L) not heard for three periods before the machine's newest sample."""
    limit_us = STALE_PERIODS * machine_class.period_s * 1e6
    seen = np.where(rows["seen"] == NEVER, 0, rows["seen"])
    old: NDArray[np.bool_] = rows["time"][:, None] - seen > limit_us
    return old


def _codes(rows: NDArray[np.void], n_lanes: int, is_old: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Place in STATES of each lane (N, L), -1: good."""
    bits = np.uint32(1) << np.arange(n_lanes, dtype=np.uint32)
    bad, missing, marked = ((rows[k][:, None] & bits) > 0 for k in ("bad", "missing", "quality"))
    codes = np.full(is_old.shape, -1, dtype=np.int64)
    for place, mask in (
        (4, marked & ~missing),
        (3, is_old),
        (2, missing & ~marked),
        (1, missing & marked),
        (0, bad),
    ):
        codes[mask] = place
    return codes


def quality_counts(snapshot: Snapshot, faulty: list[Faulty]) -> dict[str, Any]:
    """Sensors and inputs by state, of how many, and the share of readings not believed."""
    plant = snapshot.plant
    lanes = sum(len(plant.class_of(m).lane_ids) for m in plant.machines)
    applied = sum(
        int(rows["n_applied"].sum()) * len(plant.classes[c].sensors)
        for c, rows in snapshot.views.items()
    )
    gated = sum(int(rows["n_gated"].sum()) for rows in snapshot.views.values())
    silent = {m for m, s in states_of(snapshot).items() if s == "silent"}
    explained = failed_machines(snapshot) | serviced_until(snapshot).keys()
    counts = {state: sum(f.state == state for f in faulty) for state in STATES}
    return counts | {
        "of": lanes,
        # One that has failed or is being serviced is silent for a reason that is known.
        "silent_machines": len(silent - explained),
        "gated": rounded(gated / applied, 3) if applied else None,
    }
