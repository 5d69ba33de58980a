"""Orders on the simulated plant's lines: what standing machines make late, and what power costs.

Each line's machines of a class that work in shifts are a pool that shares its orders evenly, first
come first served, as a fluid: the work done by a time is the machine hours worked by then. Orders
come at random, as many as fill most of the shifts, and are due some days later. Seeded and the same
under every policy. Lateness counts as far as standing machines cause it: that which orders have
from coming all at once is no policy's doing. Their work is the same too, so energy differs by
tariff alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_lives import START_US
from twin.plant import Machine, Plant
from twin.plant.working import pauses_between
from twin.sources.physics.demand import plant_activity
from twin.sources.physics.spec import class_spec

__all__ = ["TICK_H", "Lateness", "Orders", "Pool", "stand"]

Array = NDArray[np.float64]
TICK_H = 0.25
AFTER_H = 21 * 24.0
"""Time after the months in which what was ordered until then is made."""
LOAD = 0.85
"""Orders' work over what the pool can do in its shifts."""
WORK_H = 10.0
"""Of an order, mean."""
ALLOWED_H = 48.0
"""From an order to its due date; and twice its own work."""
POWER_KW = 20.0
"""Where no product says."""


class Pool(NamedTuple):
    machines: NDArray[np.int64]
    release_h: Array
    """(K,) rising."""
    work_h: Array
    due_h: Array
    power_kw: float


class Lateness(NamedTuple):
    """What orders cost under a policy."""

    money: Array
    """(N,) late cost by machine: a pool's is its machines' by the hours they stood."""
    late_h: float
    """Of all orders, beyond what they would be late were no machine ever to stand."""
    energy: float
    energy_kwh: float


class Orders:
    """All pools of a plant over some months."""

    def __init__(self, plant: Plant, machines: Sequence[Machine], hours: float, seed: int) -> None:
        ticks = np.arange(round((hours + AFTER_H) / TICK_H))
        times = START_US + np.rint((ticks + 0.5) * TICK_H * 3.6e9).astype(np.int64)
        self.worked = plant_activity(times, plant.zone) > 0
        self._price = _prices(plant, hours + AFTER_H)
        self.late_cost_h = plant.plant.late_cost_h
        self._n = len(machines)
        rng = np.random.default_rng([seed, 0x04DE])
        share = self.worked[: round(hours / TICK_H)].mean()
        members: dict[tuple[str, str], list[int]] = {}
        for i, machine in enumerate(machines):
            members.setdefault((machine.line, machine.class_id), []).append(i)
        self.pools = [
            _pool(rng, plant, class_id, np.array(own), hours, float(share))
            for (_, class_id), own in sorted(members.items())
            if class_spec(class_id, plant.classes[class_id]).profile != "continuous"
        ]

    def late(self, down: Sequence[tuple[int, float, float]]) -> Lateness:
        """With machines standing from … until (hours)."""
        up = np.ones((self._n, len(self.worked)))
        for i, start_h, end_h in down:
            stand(up[i], start_h / TICK_H, end_h / TICK_H)
        stood = np.maximum((1.0 - up).sum(axis=1), 1e-9)
        money, late_h, energy, kwh = np.zeros(self._n), 0.0, 0.0, 0.0
        for pool in self.pools:
            capacity = self.worked * up[pool.machines].sum(axis=0) * TICK_H
            begin, end = _made(pool, capacity)
            unhindered = self.worked.astype(np.float64) * (len(pool.machines) * TICK_H)
            late = _late(pool, capacity) - _late(pool, unhindered)
            weight = stood[pool.machines] / stood[pool.machines].sum()
            money[pool.machines] += self.late_cost_h * late.sum() * weight
            late_h += float(late.sum())
            spent = np.append(0.0, np.cumsum(capacity * self._price))
            at = np.arange(len(spent)) * TICK_H
            energy += pool.power_kw * float(
                (np.interp(end, at, spent) - np.interp(begin, at, spent)).sum()
            )
            kwh += pool.power_kw * float(pool.work_h.sum())
        return Lateness(money, late_h, energy, kwh)


def _pool(
    rng: np.random.Generator,
    plant: Plant,
    class_id: str,
    own: NDArray[np.int64],
    hours: float,
    share: float,
) -> Pool:
    n = max(1, round(LOAD * len(own) * share * hours / WORK_H))
    release = np.sort(rng.uniform(0.0, hours, n))
    work = rng.gamma(4.0, WORK_H / 4.0, n)
    steps = [
        step.power_kw
        for product in plant.products
        for step in product.steps
        if any(machine.class_id == class_id for machine in plant.alternatives(step))
    ]
    power_kw = float(np.mean(steps)) if steps else POWER_KW
    return Pool(own, release, work, release + ALLOWED_H + 2.0 * work, power_kw)


def _made(pool: Pool, capacity: Array) -> tuple[Array, Array]:
    """When each order begins and ends (K,), hours: work queues by Lindley's recursion.

    In machine hours done, v_k = max(A(release_k), v_{k−1}) + w_k, A the capacity until then.
    """
    done = np.append(0.0, np.cumsum(capacity))
    at = np.arange(len(done)) * TICK_H
    before = np.cumsum(pool.work_h) - pool.work_h
    ready = np.maximum.accumulate(np.interp(pool.release_h, at, done) - before)
    begin = ready + before
    return _when(done, begin), _when(done, begin + pool.work_h)


def _late(pool: Pool, capacity: Array) -> Array:
    """Hours late of each order (K,)."""
    return np.maximum(0.0, _made(pool, capacity)[1] - pool.due_h)


def _when(done: Array, work: Array) -> Array:
    """The first hour by which so much work (K,) was done; the last where it never is."""
    i = np.clip(np.searchsorted(done, work - 1e-9), 1, len(done) - 1)
    gained = done[i] - done[i - 1]
    part = np.divide(work - done[i - 1], gained, out=np.ones(len(work)), where=gained > 0)
    return np.asarray((i - 1 + np.clip(part, 0.0, 1.0)) * TICK_H)


def stand(up: Array, start: float, end: float) -> None:
    """Take a stretch, in ticks and parts of them, from when a machine is up."""
    ticks = np.arange(min(int(start), len(up)), min(int(np.ceil(end)), len(up)))
    held = np.minimum(ticks + 1, end) - np.maximum(ticks, start)
    up[ticks] = np.maximum(0.0, up[ticks] - held)


def _prices(plant: Plant, hours: float) -> Array:
    """(ticks,) money per kWh; the later table of the tariff wins."""
    price = np.zeros(round(hours / TICK_H))
    if plant.energy is None:
        return price
    price[:] = plant.energy.price
    end_us = START_US + round(hours * 3.6e9)
    for tariff in plant.energy.tariffs:
        for start, end in pauses_between([tariff], plant.zone, START_US, end_us):
            ticks = (np.array([start, end]) - START_US) / (TICK_H * 3.6e9)
            low, high = np.clip(np.rint(ticks), 0, len(price)).astype(int)
            price[low:high] = tariff.price
    return price
