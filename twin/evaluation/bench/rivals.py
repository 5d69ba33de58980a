"""The same filter as others write it: a filterpy loop over machines, and simdkalman.

Both take F and Q ready made for every step, which spares them what our kernel does for itself, so
the ratios err on their side. Both gate and skip missing readings a sensor at a time, as we do.
"""

from typing import Any

import numpy as np
from filterpy.kalman import KalmanFilter
from numpy.typing import NDArray
from simdkalman import primitives

__all__ = ["FilterpyLoop", "SimdkalmanFleet"]

Array = NDArray[np.float64]


class FilterpyLoop:
    """One joint filter a machine, state [level, slope] of every sensor, in a Python loop.

    One filter of 2m states is the faster way with filterpy: m filters of two cost three times it.
    """

    def __init__(self, n: int, r: Array, p0: Array, gate: float) -> None:
        self.gate = gate
        self.machines = [_joint_filter(r, p0) for _ in range(n)]

    def step(self, z: Array, F: Array, Q: Array) -> None:
        """z (n, m) with NaN where missing; F (n, 2m, 2m), Q (n, 2m, 2m) of each machine's step."""
        for kf, reading, transition, noise in zip(self.machines, z, F, Q, strict=True):
            kf.predict(F=transition, Q=noise)
            _update(kf, reading, self.gate)

    def levels(self) -> Array:
        """Estimated levels (n, m)."""
        return np.array([kf.x[::2, 0] for kf in self.machines])


def _joint_filter(r: Array, p0: Array) -> Any:
    m = len(r)
    kf = KalmanFilter(dim_x=2 * m, dim_z=m)
    kf.H = np.kron(np.eye(m), [[1.0, 0.0]])
    kf.R = np.diag(r)
    kf.P = np.diag(np.ravel(np.outer(r, p0)))
    return kf


def _update(kf: Any, z: Array, gate: float) -> None:
    y = z - kf.x[::2, 0]
    seen = y * y <= gate * (np.diag(kf.P)[::2] + np.diag(kf.R))
    if seen.any():
        kf.update(z[seen, None], R=kf.R[np.ix_(seen, seen)], H=kf.H[seen])


class SimdkalmanFleet:
    """All machines and sensors as one stack of two-state filters."""

    def __init__(self, n: int, r: Array, p0: Array, gate: float) -> None:
        self.shape = (n, len(r))
        self.gate = gate
        self.R = np.tile(r, n)[:, None, None]
        self.H = np.array([[1.0, 0.0]])
        self.x = np.zeros((n * len(r), 2, 1))
        self.P = self.R * np.diag(p0)

    def step(self, z: Array, F: Array, Q: Array) -> None:
        """z (n, m) with NaN where missing; F, Q (n·m, 2, 2), one a sensor of each machine."""
        x, P = primitives.predict(self.x, self.P, F, Q)
        y, S = primitives.predict_observation(x, P, self.H, self.R)
        reading = z.reshape(-1, 1, 1)
        believed = np.where((reading - y) ** 2 <= self.gate * S, reading, np.nan)
        self.x, self.P = primitives.update_with_nan_check(x, P, self.H, self.R, believed)

    def levels(self) -> Array:
        """Estimated levels (n, m)."""
        levels: Array = self.x[:, 0, 0].reshape(self.shape)
        return levels
