"""A class of the linear family in one partition: F, B, H, Q, R from the plant file, dense, batched.

Time goes in whole steps of the class's step_s, at least one between two samples. Rows of a batch
are taken in waves, each with the next row of every machine, so that order within a machine is kept
and machines go together. No failure model: that one reads trends. The belief starts wide about the
middle of the normal ranges.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
from twin.core.kalman import Belief, Update, update
from twin.core.rows import RESET
from twin.core.statespace import Linear
from twin.core.view import NEVER
from twin.modelfile import ClassModel
from twin.pipeline.worker.classtwin import ClassTwin, Moved
from twin.plant import MachineClass

__all__ = ["LinearTwin", "linear_of", "linear_state", "linear_width"]

Array = NDArray[np.float64]
WIDE = 10.0
"""Prior sd in normal ranges."""
STEPS_MAX = 10_000
"""After a gap of so many steps a machine begins from the prior."""
NIS_MEMORY = 32.0


class LinearTwin(ClassTwin):
    """As ClassTwin. State (N, W): the header of twin.core.layout, x (n), P (n·n), inputs (k)."""

    def __init__(
        self,
        class_id: str,
        machine_class: MachineClass,
        model: ClassModel,
        horizons_h: tuple[float, float, float],
        state: Array,
        view: NDArray[np.void],
    ) -> None:
        super().__init__(class_id, machine_class, model, horizons_h, state, view)
        self.hazard = None
        self.linear = linear_of(machine_class)

    def apply(self, rows: NDArray[np.void], partitions: int) -> Moved:
        """Apply rows (R,) in order; their slots are the class's, all of this partition."""
        touched = self._touched(rows, partitions)
        before = self.view[touched]
        local = ((rows["slot"] & ~RESET) // np.uint32(partitions)).astype(np.intp)
        n_applied = n_late = 0
        for wave in _waves(local):
            slots, own = local[wave], rows[wave]
            head = self.state.view(np.int64)
            is_reset = ((own["slot"] & RESET) > 0) & (own["time"] >= head[slots, lay.BORN])
            is_new = (own["time"] > head[slots, lay.TIME]) & ((own["slot"] & RESET) == 0)
            self._reset(slots[is_reset], own["time"][is_reset])
            self._advance(slots[is_new], own[is_new])
            late = slots[~is_new & ((own["slot"] & RESET) == 0)]
            head[late, lay.N_LATE] += 1
            self.view["n_late"][late] = head[late, lay.N_LATE]
            n_applied += int(is_new.sum())
            n_late += len(late)
        return Moved(touched, before, n_applied, n_late, 0)

    def _reset(self, slots: NDArray[np.intp], times: NDArray[np.int64]) -> None:
        fresh = linear_state(self.machine_class, times)
        head, was = fresh.view(np.int64), self.state.view(np.int64)
        head[:, lay.TIME] = times
        for word in (lay.N_APPLIED, lay.N_LATE, lay.N_GATED):
            head[:, word] = was[slots, word]
        self.state[slots] = fresh
        self.view["born"][slots] = times

    def _advance(self, slots: NDArray[np.intp], rows: NDArray[np.void]) -> None:
        m, n = len(self.machine_class.sensors), len(self.linear.F)
        start, k = lay.HEADER, len(self.machine_class.inputs)
        state, value = self.state[slots], rows["value"].astype(np.float64)
        inputs = state[:, start + n + n * n :][:, :k]
        inputs = np.where(np.isfinite(value[:, m:]), value[:, m:], inputs)
        x, P = state[:, start : start + n], state[:, start + n : start + n + n * n]
        prior = self._predicted(Belief(x, P.reshape(-1, n, n)), state, rows["time"], inputs)
        found = update(prior, value[:, :m], self.linear.H, self.linear.R, self.trend.gate)
        state[:, start : start + n] = found.belief.x
        state[:, start + n : start + n + n * n] = found.belief.P.reshape(-1, n * n)
        state[:, start + n + n * n :][:, :k] = inputs
        self._judge(state, rows, value[:, :m], found)
        self.state[slots] = state
        self._show(slots, rows, found)

    def _predicted(
        self, belief: Belief, state: Array, times: NDArray[np.int64], inputs: Array
    ) -> Belief:
        """The belief carried to the rows' times; the first sample meets the prior itself."""
        last = state.view(np.int64)[:, lay.TIME]
        gap = np.where(last == NEVER, 0.0, (times - last) / self.trend.step_us)
        steps = np.clip(np.rint(gap), 1, STEPS_MAX).astype(np.int64)
        steps[last == NEVER] = 0
        x, P = belief.x.copy(), belief.P.copy()
        push = np.nan_to_num(inputs) @ self.linear.B.T if inputs.shape[1] else 0.0 * x
        for count in np.unique(steps[steps > 0]).tolist():
            n = steps == count
            F, sum_F, Q = self._power(count)
            x[n] = x[n] @ F.T + push[n] @ sum_F.T
            P[n] = F @ P[n] @ F.T + Q
        return Belief(x, P)

    def _power(self, count: int) -> tuple[Array, Array, Array]:
        """F^c, Σ F^i and Σ F^i Q F^iᵀ for i < c."""
        return _powers(self.linear.F.tobytes(), self.linear.Q.tobytes(), len(self.linear.F), count)

    def _judge(self, state: Array, rows: NDArray[np.void], z: Array, found: Update) -> None:
        """Times, counts, NIS and limits (with deadband, without delays)."""
        head = state.view(np.int64)
        head[:, lay.TIME] = rows["time"]
        head[:, lay.FIRST] = np.where(head[:, lay.FIRST] == NEVER, rows["time"], head[:, lay.FIRST])
        head[:, lay.N_APPLIED] += 1
        head[:, lay.N_GATED] += np.isfinite(z).sum(axis=1) - found.dof
        per_dof = np.where(found.dof > 0, found.nis / np.maximum(found.dof, 1), state[:, lay.NIS])
        state[:, lay.NIS] += (per_dof - state[:, lay.NIS]) / NIS_MEMORY
        low, high = self.trend.limits[:2], self.trend.limits[2:]
        low, high = np.fmax.reduce(low), np.fmin.reduce(high)
        bits = np.int64(1) << np.arange(z.shape[1])
        was = (head[:, lay.BEYOND][:, None] & bits) > 0
        band = np.where(was, self.trend.deadband, 0.0)
        beyond = (z < low + band) | (z > high - band)
        beyond = np.where(np.isfinite(z), beyond, was)
        head[:, lay.BEYOND] = (beyond * bits).sum(axis=1)

    def _show(self, slots: NDArray[np.intp], rows: NDArray[np.void], found: Update) -> None:
        """Write the machines' view rows."""
        H, F, view = self.linear.H, self.linear.F, self.view
        head = self.state.view(np.int64)[slots]
        level = found.belief.x @ H.T
        spread = np.sqrt(np.diagonal(found.S, axis1=1, axis2=2))
        view["time"][slots], view["born"][slots] = rows["time"], head[:, lay.BORN]
        for name, word in (("n_applied", lay.N_APPLIED), ("n_gated", lay.N_GATED)):
            view[name][slots] = head[:, word]
        view["beyond"][slots], view["nis"][slots] = head[:, lay.BEYOND], self.state[slots, lay.NIS]
        view["quality"][slots] = rows["quality"]
        seen = np.isfinite(rows["value"])
        view["missing"][slots] = ((~seen) * (1 << np.arange(seen.shape[1]))).sum(axis=1)
        view["value"][slots] = np.where(seen, rows["value"], view["value"][slots])
        view["seen"][slots] = np.where(seen, rows["time"][:, None], view["seen"][slots])
        view["level"][slots], view["slope"][slots] = level, found.belief.x @ F.T @ H.T - level
        sd = np.einsum("mi,nij,mj->nm", H, found.belief.P, H)
        view["sd"][slots], view["spread"][slots] = np.sqrt(np.maximum(sd, 0.0)), spread
        innovation = found.y / spread
        fresh = np.isfinite(innovation)
        view["innovation"][slots] = np.where(fresh, innovation, view["innovation"][slots])


def linear_of(machine_class: MachineClass) -> Linear:
    """The matrices of a class of the linear family, float64."""
    given = machine_class.twin
    F, H, Q, R = (np.array(x, dtype=np.float64) for x in (given.F, given.H, given.Q, given.R))
    B = np.zeros((len(F), len(machine_class.inputs))) if given.B is None else np.array(given.B)
    return Linear(F, B.astype(np.float64), H, Q, R)


def linear_width(machine_class: MachineClass) -> int:
    """Words of a state row."""
    n = len(machine_class.twin.F or ())
    return lay.HEADER + n + n * n + len(machine_class.inputs)


def linear_state(machine_class: MachineClass, born_us: NDArray[np.int64]) -> Array:
    """Beliefs (N, W) of machines that have sent nothing."""
    linear, n_machines = linear_of(machine_class), len(born_us)
    n = len(linear.F)
    low, high = np.array([s.normal for s in machine_class.sensors], dtype=np.float64).T
    state = np.zeros((n_machines, linear_width(machine_class)))
    inverse = np.linalg.pinv(linear.H)
    wide = (WIDE * float(np.max(high - low)) * max(1.0, float(np.abs(inverse).max()))) ** 2
    state[:, lay.HEADER : lay.HEADER + n] = inverse @ ((low + high) / 2)
    state[:, lay.HEADER + n : lay.HEADER + n + n * n] = (wide * np.eye(n)).ravel()
    state[:, lay.HEADER + n + n * n :] = np.nan
    head = state.view(np.int64)
    head[:, lay.TIME] = head[:, lay.FIRST] = NEVER
    head[:, lay.BORN], state[:, lay.NIS], state[:, lay.HEALTH] = born_us, 1.0, 1.0
    return state


@lru_cache(maxsize=256)
def _powers(F_bytes: bytes, Q_bytes: bytes, n: int, count: int) -> tuple[Array, Array, Array]:
    F, Q = np.frombuffer(F_bytes).reshape(n, n), np.frombuffer(Q_bytes).reshape(n, n)
    power, sum_F, sum_Q = np.eye(n), np.zeros((n, n)), np.zeros((n, n))
    for _ in range(count):
        sum_F, sum_Q = sum_F + power, sum_Q + power @ Q @ power.T
        power = F @ power
    return power, sum_F, sum_Q


def _waves(local: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Rows in waves: the i-th holds every machine's i-th row."""
    order = np.argsort(local, kind="stable")
    own = local[order]
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    lengths = np.diff(np.append(starts, len(own)))
    turn = np.arange(len(own)) - np.repeat(starts, lengths)
    return [order[turn == i] for i in range(int(turn.max(initial=-1)) + 1)]
