"""All twins of one partition, between a checkpoint and the next: batches in, a commit out.

No store is asked here: a batch and a checkpoint come as arguments, so the same code serves the
worker, a replay and the rebuilding of history.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.rows import RESET
from twin.modelfile import ClassModel
from twin.pipeline.history.history import with_lanes_of_now
from twin.pipeline.worker.carry import same_lanes
from twin.pipeline.worker.classtwin import ClassTwin, slots_of
from twin.pipeline.worker.lineartwin import LinearTwin
from twin.pipeline.worker.signals import events_of, forecasts_of
from twin.pipeline.worker.takeup import Ground, TakenUp
from twin.plant import Plant
from twin.stores.base import Checkpoint, Run
from twin.stores.codec import Readings
from twin.types import Event

__all__ = ["Effects", "PartitionTwin"]

TIME_MAX = 1 << 53
"""Source times from 1970 to 2255: beyond, a clock is broken and the twin would wait for it."""
GAP_ROWS = 4
"""Rows between two touched ones that are written along rather than begin another run."""


class Effects(NamedTuple):
    """What a batch leaves to be written."""

    state: list[Run]
    view: list[Run]
    events: list[Event]
    forecasts: list[bytes]
    counters: dict[str, int]
    meta: dict[str, str]


class PartitionTwin:
    """Twins of every class in partition p: `start`, `apply` parts, write their `effects`."""

    def __init__(self, p: int, partitions: int, plant: Plant, catalogue: Catalogue) -> None:
        self.p, self.partitions = p, partitions
        self.plant, self.catalogue = plant, catalogue
        self._ground = Ground(p, partitions, plant, catalogue)
        self.twins: dict[str, ClassTwin] = {}
        self._touched: dict[str, NDArray[np.bool_]] = {}
        self._meta: dict[str, str] = {}
        self._events: list[Event] = []
        self._forecasts: list[bytes] = []
        self._counters: dict[str, int] = {}

    # --- where it starts ----------------------------------------------------------------------
    def start(self, models: Mapping[str, ClassModel], held: Checkpoint | None) -> None:
        """Take up every class: from the checkpoint where it has the class, else new."""
        for class_id in self.plant.classes:
            self._set(self._ground.taken_up(class_id, models.get(class_id), held))

    def change_model(self, model: ClassModel) -> None:
        """From here on the class has another model; its beliefs are carried over."""
        twin = self.twins.get(model.class_id)
        if twin is None or twin.model == model or isinstance(twin, LinearTwin):
            return
        lanes = same_lanes(len(twin.model.sensors), len(twin.model.inputs))
        rows = twin.state, twin.view
        self._set(self._ground.carried_over(twin.class_id, twin.model, *rows, model, lanes))

    def n_lanes(self, class_id: str, version: int) -> int | None:
        """Lanes of a row of that version of the class's lane list; None if there is none such."""
        if class_id not in self.twins:
            return None
        try:
            return len(self.catalogue.lanes(class_id, version).ids)
        except KeyError:
            return None

    # --- what moves it ------------------------------------------------------------------------
    def apply(self, part: Readings) -> NDArray[np.void]:
        """Apply a part's rows; returns them as they were applied (see placed)."""
        twin = self.twins[part.class_id]
        rows = self.placed(part)
        self._count("rejected:worker:misplaced", len(part.rows) - len(rows))
        moved = twin.apply(rows, self.partitions)
        self._touched[part.class_id][moved.touched] = True
        slots = slots_of(self.p, self.partitions, self.catalogue.n_slots(part.class_id))
        ids = self.catalogue.machines_ever(part.class_id)
        machine_ids = [ids[s] for s in slots[moved.touched].tolist()]
        self._events += events_of(twin, moved, machine_ids)
        self._forecasts += forecasts_of(twin, moved, slots)
        self._count("applied", moved.n_applied)
        self._count("late", moved.n_late)
        return rows

    def placed(self, part: Readings) -> NDArray[np.void]:
        """A part's rows with the lanes of now, without those of other partitions or no machine:
        they would move another machine's twin."""
        class_id = part.class_id
        rows = with_lanes_of_now(self.catalogue, class_id, part.catalogue_version, part.rows)
        slots = rows["slot"] & ~RESET
        right: NDArray[np.bool_] = slots % np.uint32(self.partitions) == self.p
        right &= slots < self.catalogue.n_slots(class_id)
        right &= (rows["time"] >= 0) & (rows["time"] < TIME_MAX)
        return rows if right.all() else rows[right]

    def effects(self) -> Effects:
        """What has changed since the last call, to be written in one transaction."""
        state, view = [], []
        for class_id, mask in self._touched.items():
            twin = self.twins[class_id]
            if mask.any():
                state += _runs(class_id, twin.state, mask)
                view += _runs(class_id, twin.view, mask)
                mask[:] = False
        out = Effects(state, view, self._events, self._forecasts, self._counters, self._meta)
        self._events, self._forecasts, self._counters, self._meta = [], [], {}, {}
        return out

    def _set(self, taken: TakenUp) -> None:
        twin = taken.twin
        self.twins[twin.class_id] = twin
        self._touched[twin.class_id] = np.zeros(len(twin.state), dtype=bool)
        if taken.is_unwritten:
            self._mark(twin.class_id)
        if taken.was is not None:
            self._announce(twin.class_id, taken.was, twin.model)

    def _mark(self, class_id: str) -> None:
        """Everything of the class is to be written, with what it takes to read it."""
        self._touched[class_id][:] = True
        model = self.twins[class_id].model
        self._meta[f"model:{class_id}"] = model.model_dump_json(by_alias=True)
        settings = self.plant.classes[class_id].twin
        self._meta[f"family:{class_id}"] = settings.family
        self._meta[f"twin:{class_id}"] = settings.model_dump_json()
        self._meta[f"lanes:{class_id}"] = str(self.catalogue.lane_version(class_id))
        self._meta["catalogue"] = str(self.catalogue.version)

    def _announce(self, class_id: str, old: ClassModel, new: ClassModel) -> None:
        view = self.twins[class_id].view
        time = int(view["time"].max(initial=0))
        detail = {"class": class_id, "from": old.version, "to": new.version}
        if self.p == 0:
            self._events.append(Event(time, "model", "", detail))

    def _count(self, name: str, n: int) -> None:
        if n:
            self._counters[name] = self._counters.get(name, 0) + n


def _runs(class_id: str, packed: NDArray[np.generic], mask: NDArray[np.bool_]) -> list[Run]:
    """Touched rows as runs of bytes; everything at once where most are touched."""
    row = packed.nbytes // len(packed)
    touched = np.flatnonzero(mask)
    if 2 * len(touched) > len(packed):
        return [Run(class_id, 0, packed.tobytes(), whole=True)]
    breaks = np.flatnonzero(np.diff(touched) > GAP_ROWS) + 1
    return [
        Run(class_id, int(run[0]) * row, packed[run[0] : run[-1] + 1].tobytes())
        for run in np.split(touched, breaks)
    ]
