"""Lives of the simulated plant's machines, each from new to its failure, and what the twin said.

The physics of `twin.sources.physics` makes them, the fitted model of the class follows their
readings through the same Kalman twin that serves. A life runs by its own clock: whenever a policy
renews a machine, the machine's next life begins, the same under every policy (common random
numbers). Its load is the shift plan's from the Monday on which its clock began.
"""

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from twin.core.hazard import Hazard, failure_probability, outlook
from twin.core.rows import row_dtype
from twin.core.statespace import Trend
from twin.core.trend import advance, new_state, new_view
from twin.modelfile import ClassModel
from twin.plant import MachineClass, Plant
from twin.sources.physics import wear
from twin.sources.physics.fleet import Block, Fleet
from twin.sources.physics.spec import class_spec
from twin.sources.physics.weather import Weather

__all__ = ["EPOCH_H", "LEADS_H", "START_US", "Lives", "machine_lives", "new_lives"]

Array = NDArray[np.float64]
EPOCH_H = 4.0
"""Between two looks at a machine."""
LEADS_H = np.arange(0.0, 169.0, 4.0)
"""(L,) how far ahead of each look the twin's forecast is kept: over the longest that a view row
speaks of, a week."""
START_US = 1_767_571_200_000_000
"""Monday, 2026-01-05, 00:00 UTC."""
LIFE_SPREAD = 0.95
MAX_H = 4000.0


class Lives(NamedTuple):
    """n lives of one class; times in hours from each life's begin."""

    offset_h: Array
    """(n,) age at the begin: 0 but for machines that run when the plant's months begin."""
    length_h: Array
    """(n,) until it fails, if nobody services it."""
    mode: NDArray[np.int64]
    alarm_h: Array
    """(n,) when a sensor is first beyond an alarm limit for as long as the plant file asks."""
    failure_p: NDArray[np.float32]
    """(E, n, L) as the twin says after e looks: P(fails within each of LEADS_H)."""
    hazard_h: NDArray[np.float32]
    """(E, n) true hazard an hour: what no policy but the floor is told."""

    def joined(self, other: "Lives") -> "Lives":
        """These and then the others; looks that one of them lacks are empty."""
        n = max(len(self.hazard_h), len(other.hazard_h))
        rows = [
            np.concatenate([_padded(a, n), _padded(b, n)], axis=1)
            for a, b in zip(self[4:], other[4:], strict=True)
        ]
        first = [np.concatenate(pair) for pair in zip(self[:4], other[:4], strict=True)]
        return Lives(*first, *rows)


def new_lives(
    plant: Plant, class_id: str, model: ClassModel, n: int, seed: int, period_s: float | None = None
) -> Lives:
    """n lives of new machines."""
    return _lives(plant, class_id, model, n, [seed, crc32(class_id.encode()), 1], 0.0, period_s)


def machine_lives(
    plant: Plant, class_id: str, model: ClassModel, k: int, seed: int, period_s: float | None = None
) -> Lives:
    """k lives for each machine of the class, life by life: number j·N + i is machine i's j-th.

    The first of each has begun before the months, evenly spread as in the simulated plant.
    """
    n = len(plant.machines_of(class_id))
    spread = [seed, crc32(class_id.encode()), 0]
    first = _lives(plant, class_id, model, n, spread, LIFE_SPREAD, period_s)
    return first.joined(new_lives(plant, class_id, model, n * (k - 1), seed, period_s))


def _lives(
    plant: Plant,
    class_id: str,
    model: ClassModel,
    n: int,
    seed: list[int],
    spread: float,
    period_s: float | None,
) -> Lives:
    machine_class = plant.classes[class_id]
    period = machine_class.period_s if period_s is None else period_s
    fleet = Fleet(
        class_spec(class_id, machine_class),
        n,
        period,
        plant.zone,
        Weather(seed[0], START_US),
        seed,
        spread,
    )
    fleet.driven = True
    follower = _Follower(machine_class, model, fleet.age_s / 3600.0, period)
    length = np.full(n, np.inf)
    mode = np.full(n, -1, np.int64)
    hazard = [np.zeros(n, np.float32)]
    for block in _blocks(fleet):
        follower.see(block)
        hazard.append(wear.hazard(fleet.state.wear).sum(axis=1).astype(np.float32))
        for stop in block.stops:
            if np.isinf(length[stop.machine]):
                length[stop.machine] = (stop.time - START_US) / 3.6e9
                mode[stop.machine] = stop.mode
        if np.isfinite(length).all():
            break
    length = np.minimum(length, MAX_H)
    said = np.stack(follower.said)
    return Lives(fleet.age_s / 3600.0, length, mode, follower.alarm_h, said, np.stack(hazard))


def _blocks(fleet: Fleet) -> Iterator[Block]:
    n_times = round(EPOCH_H * 3600.0 / fleet.period_s)
    for e in range(round(MAX_H / EPOCH_H)):
        yield fleet.block(START_US + round(e * EPOCH_H * 3.6e9), n_times)


class _Follower:
    """The class's twin on the lives' readings, and the alarm limits beside it."""

    def __init__(
        self, machine_class: MachineClass, model: ClassModel, age_h: Array, period_s: float
    ) -> None:
        n = len(age_h)
        self._trend: Trend = model.trend(machine_class)
        self._hazard: Hazard | None = model.hazard()
        self._age_h, self._step_h = age_h, machine_class.step_s / 3600.0
        self._state = new_state(self._trend, START_US - np.rint(age_h * 3.6e9).astype(np.int64))
        self._view = new_view(self._trend, n)
        self._dtype = row_dtype(len(machine_class.lane_ids))
        self._limits = _limits(machine_class, period_s)
        self._beyond = np.zeros((n, len(machine_class.sensors)), np.int64)
        """Samples that each sensor has been beyond its limit without a break."""
        self.alarm_h = np.full(n, np.inf)
        self.said = [np.zeros((n, len(LEADS_H)), np.float32)]

    def see(self, block: Block) -> None:
        """Follow one epoch's readings and say what they mean."""
        rows = np.zeros(int(block.present.sum()), dtype=self._dtype)
        slots = np.arange(len(self._age_h), dtype=np.uint32)
        rows["slot"] = np.broadcast_to(slots, block.present.shape)[block.present]
        for name, values in (("time", block.times), ("quality", block.quality)):
            rows[name] = values[block.present]
        rows["value"] = block.values[block.present]
        advance(self._trend, self._state, self._view, rows)
        self._watch(block)
        self.said.append(self._forecast())

    def _forecast(self) -> NDArray[np.float32]:
        if self._hazard is None:
            return self.said[0]
        age = (self._age_h + len(self.said) * EPOCH_H) / self._step_h
        layout = self._trend.layout
        future = outlook(self._hazard, layout.level(self._state), layout.slope(self._state), age)
        leads = LEADS_H / self._step_h
        p = failure_probability(future, self._hazard.edges, leads)
        return np.asarray(np.nan_to_num(p), np.float32)

    def _watch(self, block: Block) -> None:
        """Note when a sensor has been beyond a limit for its delay."""
        low, high, delay = self._limits
        z = np.where(block.present[:, :, None], block.values[:, :, : len(low)], np.nan)
        is_beyond = (z < low) | (z > high)
        at = np.arange(1, len(z) + 1)[:, None, None]
        within = np.maximum.accumulate(np.where(is_beyond, 0, at), axis=0)
        run = np.where(within > 0, at - within, self._beyond + at)
        self._beyond = run[-1]
        alarmed = (run >= delay).any(axis=2)
        begin_h = (len(self.said) - 1) * EPOCH_H
        hours = begin_h + (alarmed.argmax(axis=0) + 1) * EPOCH_H / len(z)
        self.alarm_h = np.minimum(self.alarm_h, np.where(alarmed.any(axis=0), hours, np.inf))


def _limits(machine_class: MachineClass, period_s: float) -> tuple[Array, Array, Array]:
    """Low and high alarm limit of each sensor (m,), and for how many samples."""
    alarms = [sensor.alarm for sensor in machine_class.sensors]
    low = [-np.inf if a is None or a.low is None else a.low for a in alarms]
    high = [np.inf if a is None or a.high is None else a.high for a in alarms]
    delay = [0.0 if a is None else a.on_delay_s for a in alarms]
    return np.array(low), np.array(high), np.maximum(1, np.ceil(np.array(delay) / period_s))


def _padded(rows: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    more = np.zeros((n - len(rows), *rows.shape[1:]), np.float32)
    return np.concatenate([rows, more])
