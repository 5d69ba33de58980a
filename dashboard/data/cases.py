"""A machine made ready for what-ifs: its belief, what it runs at, what new ones are like, paths."""

import time
from threading import Lock
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dashboard.data.machines import MachinePast
from dashboard.snapshot import Snapshot
from dashboard.states.machine.outlook import Belief
from twin.core.paths import Start, as_new, start_of
from twin.core.whatif import Case, Rehearsal, rehearse
from twin.pipeline.history.history import Estimate
from twin.plant import Machine

__all__ = ["Cases", "Prepared"]

Array = NDArray[np.float64]

RECENT_H = 24.0
"""Hours whose mean is what a machine usually runs at."""
RECENT_S, NEW_S, CASE_S = 30, 60, 10
"""Wall seconds for which inputs, new machines and a machine's paths serve all readers."""
CASES_MAX = 6
N_LOCKS = 16
HORIZON_STEPS = 336.0
"""Without a failure model."""


class Prepared(NamedTuple):
    """A machine's case with its paths drawn."""

    case: Case
    paths: Rehearsal
    belief: Belief
    n_new: int
    recent: Array
    """(2, k) lowest and highest of each input over the last day, NaN where unknown."""


class Cases:
    """Prepares machines and keeps the last few: paths are drawn once for a reader's many tries."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Prepared]] = {}
        self._lock = Lock()
        self._making = [Lock() for _ in range(N_LOCKS)]

    def prepared(self, views: MachinePast, snapshot: Snapshot, machine: Machine) -> Prepared | None:
        """The machine's case, at most CASE_S old; None without a belief."""
        with self._making[crc32(machine.id.encode()) % N_LOCKS]:
            kept = self._fresh(machine.id)
            if kept is not None:
                return kept
            made = _prepare(views, snapshot, machine)
            if made is not None:
                self._keep(machine.id, made)
            return made

    def _fresh(self, machine_id: str) -> Prepared | None:
        with self._lock:
            made_s, kept = self._kept.get(machine_id, (-CASE_S, None))
        return kept if time.monotonic() - made_s < CASE_S else None

    def _keep(self, machine_id: str, made: Prepared) -> None:
        with self._lock:
            self._kept[machine_id] = (time.monotonic(), made)
            while len(self._kept) > CASES_MAX:
                del self._kept[min(self._kept, key=lambda i: self._kept[i][0])]


def _prepare(views: MachinePast, snapshot: Snapshot, machine: Machine) -> Prepared | None:
    belief = views.belief(snapshot, machine)
    if belief is None:
        return None
    trend = belief.model.trend(belief.machine_class)
    hazard = belief.model.hazard()
    new, n_new = views.computed.get(
        f"new:{machine.class_id}:{belief.model.version}",
        NEW_S,
        lambda: _new_of(views, machine.class_id, belief),
    )
    usual, recent = views.computed.get(
        f"inputs:{machine.id}", RECENT_S, lambda: _recent(views, snapshot, machine, belief)
    )
    wear = np.array(belief.model.trend_model.wear).reshape(trend.n_sensors, trend.n_inputs)
    horizon = HORIZON_STEPS if hazard is None else hazard.horizon
    now = start_of(trend, belief.state[0])
    case = Case(trend, wear, hazard, usual, now, new, horizon)
    return Prepared(case, rehearse(case), belief, n_new, recent)


def _new_of(views: MachinePast, class_id: str, belief: Belief) -> tuple[Start, int]:
    """What new machines of the class are like, over all partitions."""
    trend = belief.model.trend(belief.machine_class)
    parts = []
    for p in range(views.store.partitions):
        kept = views.store.load_checkpoint(p)
        words = np.frombuffer(b"" if kept is None else kept.state.get(class_id, b""), np.float64)
        if len(words) and len(words) % trend.layout.width == 0:
            parts.append(words.reshape(-1, trend.layout.width))
    return as_new(trend, np.concatenate(parts))


def _recent(
    views: MachinePast, snapshot: Snapshot, machine: Machine, belief: Belief
) -> tuple[Array, Array]:
    """Mean (k,), and lowest and highest (2, k), of the inputs over the last day; where operating
    conditions are discrete the mean of two would be neither, so the last known."""
    trend = belief.model.trend(belief.machine_class)
    m, k = trend.n_sensors, trend.n_inputs
    last = trend.layout.inputs(belief.state)[0]
    usual = np.where(np.isfinite(last), last, trend.centre[0])
    recent = np.full((2, k), np.nan)
    found = views.rows(snapshot.plant, machine, RECENT_H * 3600)
    rows = found.rows if isinstance(found, Estimate) else found
    if rows is None or not len(rows):
        return usual, recent
    u = rows["value"][:, m:].astype(np.float64)
    for i in range(k):
        known = u[np.isfinite(u[:, i]), i]
        if len(known):
            recent[:, i] = known.min(), known.max()
            usual[i] = known.mean() if len(trend.centre) == 1 else usual[i]
    return usual, recent
