"""What orders a planner knows of, and how much later a service would make them.

A planner knows the orders that have come, what has been made of them, who stands until when and
which services are booked; not what will be ordered. As the plant's own planner does, it then takes
the moment of a service at which production can spare the machine: a break, a day of short queues.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_orders import TICK_H, Orders, Pool, stand

__all__ = ["Backlog"]

Array = NDArray[np.float64]
AHEAD_H = 14 * 24.0
"""How far orders that are known are followed."""
Stop = tuple[int, float, float]
"""Machine, from, until, in hours."""


class Backlog:
    """Pools' queues as they are known at a moment, kept up as the months pass."""

    def __init__(self, orders: Orders, n_machines: int) -> None:
        self._orders = orders
        self._up = np.ones((n_machines, len(orders.worked)))
        self._pool = {int(i): pool for pool in orders.pools for i in pool.machines}
        self._n_seen = 0

    def late_money(
        self,
        i: int,
        hours: float,
        starts_h: Array,
        now_h: float,
        down: Sequence[Stop],
        booked: Sequence[Stop],
    ) -> Array:
        """(S,) late cost of orders known now if machine i stands for `hours` from each start.

        starts_h (S,) from now; booked are services of others. What would end after a stop has begun
        ends later by the machine's hours lost, all of them even where it ends within the stop.
        """
        pool = self._pool.get(i)
        if pool is None:
            return np.zeros(len(starts_h))
        self._see(down)
        waiting, due_h = self._waiting(pool, now_h)
        ahead = self._ahead(pool, now_h, booked)
        own = self._ahead(pool._replace(machines=np.array([i])), now_h, [])
        at = np.arange(len(ahead)) * TICK_H
        lost = np.interp(starts_h + hours, at, own) - np.interp(starts_h, at, own)
        ends = _when(ahead, waiting)
        later = _when(ahead, waiting + lost[:, None])
        later = np.where(ends > starts_h[:, None], later, ends)
        late = np.maximum(0.0, later - due_h) - np.maximum(0.0, ends - due_h)
        return np.asarray(self._orders.late_cost_h * late.sum(axis=1))

    def _see(self, down: Sequence[Stop]) -> None:
        for i, start_h, end_h in down[self._n_seen :]:
            stand(self._up[i], start_h / TICK_H, end_h / TICK_H)
        self._n_seen = len(down)

    def _waiting(self, pool: Pool, now_h: float) -> tuple[Array, Array]:
        """Machine hours (K,) until each order that is known and not yet made is, and its due time
        from now: Lindley's recursion on the hours worked so far."""
        now, n = round(now_h / TICK_H), int(np.searchsorted(pool.release_h, now_h, side="right"))
        worked = self._orders.worked[:now] * self._up[pool.machines, :now].sum(axis=0) * TICK_H
        done = np.append(0.0, np.cumsum(worked))
        work = pool.work_h[:n]
        before = np.cumsum(work) - work
        came = np.interp(pool.release_h[:n], np.arange(len(done)) * TICK_H, done)
        left = np.maximum.accumulate(came - before) + before + work - done[-1]
        return left[left > 0], pool.due_h[:n][left > 0] - now_h

    def _ahead(self, pool: Pool, now_h: float, booked: Sequence[Stop]) -> Array:
        """Machine hours that the pool can do by each tick from now on."""
        now = round(now_h / TICK_H)
        until = now + round(AHEAD_H / TICK_H)
        up = self._up[pool.machines, now:until].copy()
        for j, start_h, end_h in booked:
            for row in np.flatnonzero(pool.machines == j):
                stand(up[row], (start_h - now_h) / TICK_H, (end_h - now_h) / TICK_H)
        worked = self._orders.worked[now:until] * up.sum(axis=0) * TICK_H
        return np.append(0.0, np.cumsum(worked))


def _when(done: Array, work: Array) -> Array:
    """The hour by which so much work (…) is done; the last where it never is."""
    # Ever so little is done in breaks: the hour of what ends before one is its beginning.
    at = np.arange(len(done)) * TICK_H
    return np.asarray(np.interp(work, done + 1e-9 * at, at))
