"""A class taken up by a partition: new, from a checkpoint, or carried over to another model."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.layout import layout_of
from twin.core.view import view_dtype
from twin.errors import ModelError
from twin.modelfile import ClassModel, default_model, parse_model
from twin.pipeline.worker.carry import LaneMap, carried, carried_view
from twin.pipeline.worker.classtwin import ClassTwin, new_class_twin, slots_of
from twin.pipeline.worker.lineartwin import LinearTwin, linear_state
from twin.plant import MachineClass, Plant, Sensor
from twin.stores.base import Checkpoint

__all__ = ["Ground", "TakenUp", "horizons_h"]

Array = NDArray[np.float64]
View = NDArray[np.void]


class TakenUp(NamedTuple):
    """A class whose machines go on from here, with the limits of their own."""

    twin: ClassTwin
    is_unwritten: bool
    """No checkpoint holds it as it is: all of it is to be written."""
    was: ClassModel | None = None
    """Another model, whose beliefs these were."""


class Ground(NamedTuple):
    """Partition p of so many, of this plant."""

    p: int
    partitions: int
    plant: Plant
    catalogue: Catalogue

    def taken_up(self, class_id: str, model: ClassModel | None, held: Checkpoint | None) -> TakenUp:
        """The class as the checkpoint has it; new, under the model, where it has none."""
        machine_class = self.plant.classes[class_id]
        if held is None or class_id not in held.state:
            return TakenUp(self._fresh(class_id, _fitting(model, class_id, machine_class)), True)
        in_force = parse_model(held.meta[f"model:{class_id}"], f"checkpoint {self.p}")
        if machine_class.twin.family == "linear" or held.meta.get(f"family:{class_id}") == "linear":
            return self._linear(class_id, in_force, held)
        was = int(held.meta[f"lanes:{class_id}"])
        state, view = _unpacked(in_force, held, class_id)
        if was == self.catalogue.lane_version(class_id) and _fits(in_force, machine_class):
            return self._adopted(class_id, in_force, state, view)
        lanes = self._lane_map(class_id, was)
        return self.carried_over(class_id, in_force, state, view, model, lanes)

    def carried_over(
        self,
        class_id: str,
        old: ClassModel,
        state: Array,
        view: View,
        model: ClassModel | None,
        lanes: LaneMap,
    ) -> TakenUp:
        """State (N, W) and view (N,) of model `old` under another, or with other lanes."""
        model = _fitting(model, class_id, self.plant.classes[class_id])
        trend = model.trend(self.plant.classes[class_id])
        born = view["born"].astype(np.float64)
        moved = carried(state, old.trend_model, model.trend_model, trend, lanes, born)
        twin = self._adopted(class_id, model, moved, carried_view(view, trend, lanes)).twin
        twin.assess(np.arange(len(twin.view)))
        return TakenUp(twin, True, old)

    def _linear(self, class_id: str, model: ClassModel, held: Checkpoint) -> TakenUp:
        """A linear class's rows as they are, or new ones if its matrices, lanes or family differ:
        an arbitrary state has no meaning under other matrices."""
        machine_class = self.plant.classes[class_id]
        fresh = self._fresh(class_id, _fitting(model, class_id, machine_class))
        is_same = held.meta.get(f"twin:{class_id}") == machine_class.twin.model_dump_json()
        is_same &= held.meta[f"lanes:{class_id}"] == str(self.catalogue.lane_version(class_id))
        if not is_same:
            return TakenUp(fresh, True)
        state = np.frombuffer(held.state[class_id]).reshape(-1, fresh.state.shape[1])
        return _filled(fresh, state, np.frombuffer(held.view[class_id], dtype=fresh.view.dtype))

    def _adopted(self, class_id: str, model: ClassModel, state: Array, view: View) -> TakenUp:
        """Known machines from their rows, machines that came since then new."""
        return _filled(self._fresh(class_id, model), state, view)

    def _fresh(self, class_id: str, model: ClassModel) -> ClassTwin:
        """A class of either family whose machines have sent nothing yet."""
        machine_class, born_us = self.plant.classes[class_id], self._born(class_id)
        horizons = horizons_h(self.plant)
        twin = new_class_twin(class_id, machine_class, model, horizons, born_us)
        if machine_class.twin.family == "linear":
            state = linear_state(machine_class, born_us)
            twin = LinearTwin(class_id, machine_class, model, horizons, state, twin.view)
        twin.set_own_limits(self._own_limits(class_id))
        return twin

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


def _filled(fresh: ClassTwin, state: Array, view: View) -> TakenUp:
    """The first machines from rows that a checkpoint holds, as many as there are."""
    n = min(len(state), len(fresh.state))
    fresh.state[:n], fresh.view[:n] = state[:n], view[:n]
    return TakenUp(fresh, is_unwritten=len(fresh.state) > n)


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
