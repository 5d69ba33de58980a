"""All twins of one partition, between a checkpoint and the next: batches in, a commit out.

No store is asked here: a batch and a checkpoint come as arguments, so the same code serves the
worker, a replay and the rebuilding of history.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.layout import layout_of
from twin.core.rows import RESET
from twin.core.view import view_dtype
from twin.errors import ModelError
from twin.modelfile import ClassModel, default_model, parse_model
from twin.pipeline.history.history import with_lanes_of_now
from twin.pipeline.worker.carry import LaneMap, carried, carried_view, same_lanes
from twin.pipeline.worker.classtwin import ClassTwin, new_class_twin, slots_of
from twin.pipeline.worker.lineartwin import LinearTwin, linear_state
from twin.pipeline.worker.signals import events_of, forecasts_of
from twin.plant import MachineClass, Plant, Sensor
from twin.stores.base import Checkpoint, Run
from twin.stores.codec import Readings
from twin.types import Event

__all__ = ["Effects", "PartitionTwin", "horizons_h"]

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
    """Twins of every class in partition p. `load` or start empty, `apply` parts, `effects`."""

    def __init__(self, p: int, partitions: int, plant: Plant, catalogue: Catalogue) -> None:
        self.p, self.partitions = p, partitions
        self.plant, self.catalogue = plant, catalogue
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
            self._take_up(class_id, models.get(class_id), held)

    def change_model(self, model: ClassModel) -> None:
        """From here on the class has another model; its beliefs are carried over."""
        twin = self.twins.get(model.class_id)
        if twin is None or twin.model == model or isinstance(twin, LinearTwin):
            return
        lanes = same_lanes(len(twin.model.sensors), len(twin.model.inputs))
        self._carry(twin.class_id, twin.model, twin.state, twin.view, model, lanes)

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

    def _take_up(self, class_id: str, model: ClassModel | None, held: Checkpoint | None) -> None:
        machine_class = self.plant.classes[class_id]
        lanes = self.catalogue.lane_version(class_id)
        if held is None or class_id not in held.state:
            model = _fitting(model, class_id, machine_class)
            born = self._born(class_id)
            self._set(new_twin(class_id, machine_class, model, horizons_h(self.plant), born))
            return
        in_force = parse_model(held.meta[f"model:{class_id}"], f"checkpoint {self.p}")
        if machine_class.twin.family == "linear" or held.meta.get(f"family:{class_id}") == "linear":
            self._take_up_linear(class_id, in_force, held)
            return
        was = int(held.meta[f"lanes:{class_id}"])
        state, view = _unpacked(in_force, held, class_id)
        if was == lanes and _fits(in_force, machine_class):
            self._adopt(class_id, in_force, state, view)
        else:
            self._carry(class_id, in_force, state, view, model, self._lane_map(class_id, was))

    def _take_up_linear(self, class_id: str, model: ClassModel, held: Checkpoint) -> None:
        """A linear class's rows as they are, or new ones if its matrices, lanes or family differ:
        an arbitrary state has no meaning under other matrices."""
        machine_class, horizons = self.plant.classes[class_id], horizons_h(self.plant)
        model = _fitting(model, class_id, machine_class)
        fresh = new_twin(class_id, machine_class, model, horizons, self._born(class_id))
        same = held.meta.get(f"twin:{class_id}") == machine_class.twin.model_dump_json()
        same &= held.meta[f"lanes:{class_id}"] == str(self.catalogue.lane_version(class_id))
        if not same:
            self._set(fresh)
            return
        width, dtype = fresh.state.shape[1], fresh.view.dtype
        state = np.frombuffer(held.state[class_id]).reshape(-1, width)
        n = min(len(state), len(fresh.state))
        fresh.state[:n] = state[:n]
        fresh.view[:n] = np.frombuffer(held.view[class_id], dtype=dtype)[:n]
        self._set(fresh, mark=len(fresh.state) > n)

    def _carry(
        self,
        class_id: str,
        old: ClassModel,
        state: NDArray[np.float64],
        view: NDArray[np.void],
        model: ClassModel | None,
        lanes: LaneMap,
    ) -> None:
        machine_class = self.plant.classes[class_id]
        model = _fitting(model, class_id, machine_class)
        trend = model.trend(machine_class)
        born = view["born"].astype(np.float64)
        moved = carried(state, old.trend_model, model.trend_model, trend, lanes, born)
        self._adopt(class_id, model, moved, carried_view(view, trend, lanes))
        self._announce(class_id, old, model)
        twin = self.twins[class_id]
        twin.assess(np.arange(len(twin.view)))
        self._mark(class_id)

    def _adopt(
        self,
        class_id: str,
        model: ClassModel,
        state: NDArray[np.float64],
        view: NDArray[np.void],
    ) -> None:
        """Known machines from their rows, machines that came since then new."""
        machine_class, horizons = self.plant.classes[class_id], horizons_h(self.plant)
        fresh = new_twin(class_id, machine_class, model, horizons, self._born(class_id))
        n = min(len(state), len(fresh.state))
        fresh.state[:n], fresh.view[:n] = state[:n], view[:n]
        is_longer = len(fresh.state) > n
        self._set(fresh, mark=is_longer)

    def _set(self, twin: ClassTwin, mark: bool = True) -> None:
        self.twins[twin.class_id] = twin
        twin.set_own_limits(self._own_limits(twin.class_id))
        self._touched[twin.class_id] = np.zeros(len(twin.state), dtype=bool)
        if mark:
            self._mark(twin.class_id)

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

    def _lane_map(self, class_id: str, version: int) -> LaneMap:
        old, now = self.catalogue.lanes(class_id, version), self.catalogue.lanes(class_id)
        places = np.array(self.catalogue.remap(class_id, version), dtype=np.intp)
        sensors, inputs = np.split(places, [len(now.sensors)])
        inputs = np.where(inputs >= 0, inputs - len(old.sensors), -1)
        return LaneMap(sensors, inputs, len(old.sensors), len(old.inputs))

    def _born(self, class_id: str) -> NDArray[np.int64]:
        known = {m.id: m.commissioned_us for m in self.plant.machines_of(class_id)}
        ids = self.catalogue.machines_ever(class_id)
        slots = slots_of(self.p, self.partitions, len(ids)).tolist()
        return np.array([known.get(ids[s], 0) for s in slots], dtype=np.int64)

    def _own_limits(self, class_id: str) -> dict[int, list[Sensor]]:
        """Sensors of the machines that override some, by their row here."""
        own = {m.id: m for m in self.plant.machines_of(class_id) if m.overrides.sensor}
        machines = self.catalogue.machines(class_id)[self.p :: self.partitions]
        return {n: self.plant.sensors_of(own[i]) for n, i in enumerate(machines) if i in own}

    def _count(self, name: str, n: int) -> None:
        if n:
            self._counters[name] = self._counters.get(name, 0) + n


def new_twin(
    class_id: str,
    machine_class: MachineClass,
    model: ClassModel,
    horizons: tuple[float, float, float],
    born_us: NDArray[np.int64],
) -> ClassTwin:
    """A class of either family whose machines have sent nothing yet."""
    fresh = new_class_twin(class_id, machine_class, model, horizons, born_us)
    if machine_class.twin.family == "trend":
        return fresh
    state = linear_state(machine_class, born_us)
    return LinearTwin(class_id, machine_class, model, horizons, state, fresh.view)


def horizons_h(plant: Plant) -> tuple[float, float, float]:
    """Hours of the view's horizons: shift, day, week."""
    return plant.plant.shift_h, 24.0, 168.0


def _fits(model: ClassModel, machine_class: MachineClass) -> bool:
    try:
        model.trend(machine_class)
    except ModelError:
        return False
    return True


def _fitting(model: ClassModel | None, class_id: str, machine_class: MachineClass) -> ClassModel:
    """The model, or one from the normal ranges where there is none that fits the class."""
    if model is not None and _fits(model, machine_class):
        return model
    return default_model(class_id, machine_class)


def _unpacked(
    model: ClassModel, held: Checkpoint, class_id: str
) -> tuple[NDArray[np.float64], NDArray[np.void]]:
    """A checkpoint's rows of a class, in the layout of the model in force then."""
    width = layout_of(len(model.sensors), len(model.inputs)).width
    state = np.frombuffer(held.state[class_id]).reshape(-1, width)
    dtype = view_dtype(len(model.sensors), len(model.inputs))
    return state, np.frombuffer(held.view[class_id], dtype=dtype)


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
