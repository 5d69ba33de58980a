"""One class's machines in one partition: beliefs, view and failure risk, advanced by rows.

The one place where the pipeline touches the model families. Machine `slot` of the class is row
slot // partitions here; a partition holds the slots that leave its number as remainder.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.hazard import Hazard
from twin.core.hazard_risk import Risk, assess
from twin.core.layout import BORN, header
from twin.core.rows import RESET
from twin.core.statespace import Trend
from twin.core.trend import APPLIED, LATE, UNKNOWN, Applied, advance, new_state, new_view
from twin.core.view import N_MODES, NEVER
from twin.modelfile import ClassModel, default_model
from twin.plant import MachineClass, Sensor

__all__ = ["ClassTwin", "Moved", "n_local", "new_class_twin", "slots_of"]

Array = NDArray[np.float64]
PARTS_OF_A_STEP = 60


class Moved(NamedTuple):
    """What a batch of rows has done to a class."""

    touched: NDArray[np.intp]
    """Rows of state and view that may have changed, rising."""
    before: NDArray[np.void]
    """Their view before."""
    n_applied: int
    n_late: int
    n_unknown: int


class ClassTwin:
    """State (N, W) and view (N,) of a class in a partition; `apply` changes both in place."""

    def __init__(
        self,
        class_id: str,
        machine_class: MachineClass,
        model: ClassModel,
        horizons_h: tuple[float, float, float],
        state: Array,
        view: NDArray[np.void],
    ) -> None:
        self.class_id, self.machine_class, self.model = class_id, machine_class, model
        self.trend: Trend = model.trend(machine_class)
        self.hazard: Hazard | None = model.hazard()
        self.horizons = [h * 3600.0 / machine_class.step_s for h in horizons_h]
        self.state, self.view = state, view
        self.own_sensors: dict[int, Sequence[Sensor]] = {}
        """Of the machines, by row, that have other limits than their class."""
        self._modes = _mode_places(self.hazard, machine_class)
        self._assessed = np.full((2, len(view)), NEVER)
        self._trends = [self.trend]
        self._trend_of = np.zeros(len(view), dtype=np.intp)

    def set_own_limits(self, own: Mapping[int, Sequence[Sensor]]) -> None:
        """Machines, by row, whose sensors have other ranges and limits than their class."""
        self.own_sensors.update(own)
        for n, sensors in own.items():
            machine_class = self.machine_class.model_copy(update={"sensors": list(sensors)})
            self._trend_of[n] = len(self._trends)
            self._trends.append(self.model.trend(machine_class))

    def apply(self, rows: NDArray[np.void], partitions: int) -> Moved:
        """Apply rows (R,) in order; their slots are the class's, all of this partition."""
        touched = self._touched(rows, partitions)
        before = self.view[touched]
        applied = self._advance_rows(rows, partitions)
        self.assess(touched[self._is_due(touched)])
        counts = (applied.count(flag) for flag in (APPLIED, LATE, UNKNOWN))
        return Moved(touched, before, *counts)

    def assess(self, touched: NDArray[np.intp]) -> None:
        """Write the failure risk of these machines into their view; NaN without a model."""
        seen = touched[self.view["time"][touched] != NEVER]
        if self.hazard is None or not len(seen):
            return
        layout, state = self.trend.layout, self.state[seen]
        born = header(state, BORN)
        age = (self.view["time"][seen] - born) / self.trend.step_us
        risk = assess(self.hazard, layout.level(state), layout.slope(state), age, self.horizons)
        self._write(seen, risk)

    def _advance_rows(self, rows: NDArray[np.void], partitions: int) -> Applied:
        """Advance machines under their class's limits, then each with limits of its own."""
        if len(self._trends) == 1:
            return advance(self.trend, self.state, self.view, rows, partitions)
        local = (rows["slot"] & ~RESET) // np.uint32(partitions)
        which = self._trend_of[np.minimum(local, len(self._trend_of) - 1)]
        out = Applied(np.zeros(len(rows), np.uint8), np.zeros(len(rows), np.uint32))
        for n in np.unique(which):
            own = which == n
            done = advance(self._trends[n], self.state, self.view, rows[own], partitions)
            out.flags[own], out.gated[own] = done.flags, done.gated
        return out

    def _is_due(self, touched: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whose risk is to be read off anew: those that entered another 60th of a step, or were
        reset. The hazard speaks of steps; within a minute of an hour it does not move."""
        part = self.view["time"][touched] // max(1, int(self.trend.step_us) // PARTS_OF_A_STEP)
        now = np.stack([part, self.view["born"][touched]])
        is_due: NDArray[np.bool_] = (now != self._assessed[:, touched]).any(axis=0)
        self._assessed[:, touched] = now
        return is_due

    def _write(self, n: NDArray[np.intp], risk: Risk) -> None:
        view = self.view
        view["p"][n], view["p_lo"][n], view["p_hi"][n] = risk.p, risk.p_lo, risk.p_hi
        share = np.full((len(n), N_MODES), np.nan)
        share[:, self._modes] = risk.mode_p
        view["mode_p"][n] = share
        view["rul_mean"][n] = risk.rul_mean
        view["rul_q10"][n], view["rul_q50"][n], view["rul_q90"][n] = risk.rul_q.T
        view["driver"][n], view["driver_logit"][n] = risk.driver, risk.driver_logit

    def _touched(self, rows: NDArray[np.void], partitions: int) -> NDArray[np.intp]:
        local = (rows["slot"] & ~RESET) // np.uint32(partitions)
        mask = np.zeros(len(self.state), dtype=bool)
        mask[local[local < len(mask)]] = True
        return np.flatnonzero(mask)


def new_class_twin(
    class_id: str,
    machine_class: MachineClass,
    model: ClassModel | None,
    horizons_h: tuple[float, float, float],
    born_us: NDArray[np.int64],
) -> ClassTwin:
    """A class whose machines, born at born_us (N,), have sent nothing yet."""
    model = default_model(class_id, machine_class) if model is None else model
    trend = model.trend(machine_class)
    view = new_view(trend, len(born_us))
    view["born"] = born_us
    state = new_state(trend, born_us)
    return ClassTwin(class_id, machine_class, model, horizons_h, state, view)


def slots_of(p: int, partitions: int, n_slots: int) -> NDArray[np.int64]:
    """Slots of a class that lie in partition p, in the order of its rows."""
    return np.arange(p, n_slots, partitions, dtype=np.int64)


def n_local(p: int, partitions: int, n_slots: int) -> int:
    """How many slots of a class lie in partition p."""
    return len(range(p, n_slots, partitions))


def _mode_places(hazard: Hazard | None, machine_class: MachineClass) -> list[int]:
    """Place in the view of each of the model's modes: that of the plant file."""
    if hazard is None:
        return []
    named = [mode.id for mode in machine_class.modes]
    places = [named.index(m) for m in hazard.modes if m in named]
    return places if len(places) == len(hazard.modes) else list(range(len(hazard.modes)))
