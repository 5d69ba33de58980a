"""Seals a partition's history beside its worker: packing chunks takes longer than a batch may.

One seal at a time. The rows stay in the stream until the transaction that writes their chunks.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from twin.pipeline.history.history import tail_of
from twin.pipeline.history.tail import GOES_ON, ClassTail, Tail, chunks_of
from twin.pipeline.worker.classtwin import ClassTwin
from twin.pipeline.worker.partition import PartitionTwin
from twin.stores.base import FIRST_ID, Lease, Seal, Store

__all__ = ["KEEP_ROWS", "Sealer"]

WAIT_S = 0.5
KEEP_ROWS = 100_000
"""Samples of a machine that stay readable in the store: about a megabyte for 8 sensors."""
OVERVIEW_FACTOR = 4
"""How many times longer their overview does, at a tenth of the size."""


class Sealer:
    """History of one partition for as long as its worker holds the lease."""

    def __init__(self, store: Store, lease: Lease, twin: PartitionTwin) -> None:
        self._store, self._lease, self._twin = store, lease, twin
        self._tail = Tail()
        self._number = 0
        self._work = ThreadPoolExecutor(1, thread_name_prefix=f"seal-{lease.partition}")
        self._running: Future[None] | None = None

    def open(self, fresh: PartitionTwin, last_id: bytes) -> None:
        """Take up where the last seal ended; rows from then to last_id come from the stream.

        fresh: the partition before its first row, for a store without a seal.
        """
        p = self._lease.partition
        seal = self._store.load_seal(p)
        if seal is None:
            seal = _record(fresh, FIRST_ID, 0)
            self._store.seal(self._lease, seal, [], _never_ago())
        self._number = int(seal.meta["number"])
        self._tail = _tail_since(seal, self._twin)
        if last_id == FIRST_ID:
            return
        for part in tail_of(self._store, self._twin.catalogue, p, seal.last_id, last_id):
            if part.class_id in self._twin.twins:
                self.add(part.class_id, self._twin.placed(part))

    def add(self, class_id: str, rows: NDArray[np.void]) -> None:
        """Rows that the twin has just applied."""
        self._tail.add(class_id, rows)

    def seal_if_full(self, last_id: bytes, is_due: bool) -> bool:
        """Begin a seal as of the commit of last_id if it is worth it; whether one was begun."""
        self.raise_failure()
        if self._running is not None or not self._tail.n_rows:
            return False
        if not (is_due or self._tail.is_full()):
            return False
        self._begin(last_id)
        return True

    def seal_now(self, last_id: bytes, meanwhile: Callable[[], None]) -> None:
        """Seal as of the commit of last_id; call `meanwhile` often until it is written."""
        self.wait(meanwhile)
        self._begin(last_id)
        self.wait(meanwhile)

    def wait(self, meanwhile: Callable[[], None]) -> None:
        """Until the seal under way, if there is one, is written; raises what it fails with."""
        while self._running is not None:
            wait([self._running], timeout=WAIT_S)
            meanwhile()
            self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what a finished seal has failed with."""
        if self._running is not None and self._running.done():
            running, self._running = self._running, None
            running.result()

    def close(self) -> None:
        """Let a seal under way end; whatever it fails with, its rows are in the stream."""
        self._work.shutdown(wait=True, cancel_futures=True)

    def _begin(self, last_id: bytes) -> None:
        self._number += 1
        tail, self._tail = self._tail, _snapshot(self._twin)
        seal = _record(self._twin, last_id, self._number)
        self._running = self._work.submit(self._write, tail, seal, self._kept(), self._number)

    def _write(self, tail: Tail, seal: Seal, kept: tuple[int, int], number: int) -> None:
        catalogue, partitions = self._twin.catalogue, self._twin.partitions
        chunks = [
            chunk
            for own in tail.classes()
            for chunk in chunks_of(own, number, partitions, catalogue.machines_ever(own.class_id))
        ]
        self._store.seal(self._lease, seal, chunks, *kept)

    def _kept(self) -> tuple[int, int]:
        """Source times before which chunks and overviews are dropped."""
        twins = self._twin.twins.values()
        newest = max((int(t.view["time"].max(initial=0)) for t in twins), default=0)
        period_s = max((t.machine_class.period_s for t in twins), default=0.0)
        span_us = int(KEEP_ROWS * period_s * 1e6)
        return newest - span_us, newest - OVERVIEW_FACTOR * span_us


def _never_ago() -> int:
    return -(1 << 62)


def _snapshot(twin: PartitionTwin) -> Tail:
    """An empty tail that begins with the beliefs of now."""
    tail = Tail()
    for c, own in twin.twins.items():
        lanes = twin.catalogue.lane_version(c)
        layout = own.trend.layout if isinstance(own, ClassTwin) else None
        tail.begin(ClassTail(c, lanes, own.model.version, own.state.copy(), [], layout))
    return tail


def _record(twin: PartitionTwin, last_id: bytes, number: int) -> Seal:
    meta = {"number": str(number)}
    for c, own in twin.twins.items():
        meta[f"width:{c}"] = str(own.state.shape[1])
        meta[f"model:{c}"] = str(own.model.version)
        meta[f"lanes:{c}"] = str(twin.catalogue.lane_version(c))
    state = {c: own.state.tobytes() for c, own in twin.twins.items()}
    return Seal(last_id, meta, state)


def _tail_since(seal: Seal, twin: PartitionTwin) -> Tail:
    """An empty tail that begins with the sealed beliefs, where they are still of use."""
    tail = Tail()
    for c, own in twin.twins.items():
        lanes = twin.catalogue.lane_version(c)
        now = str(own.state.shape[1]), str(own.model.version), str(lanes)
        then = tuple(seal.meta.get(f"{key}:{c}", "") for key in ("width", "model", "lanes"))
        if now == then:
            belief = np.frombuffer(seal.state[c]).reshape(-1, own.state.shape[1])
            layout = own.trend.layout if isinstance(own, ClassTwin) else None
            tail.begin(ClassTail(c, lanes, own.model.version, belief, [], layout))
        else:
            tail.begin(ClassTail(c, lanes, GOES_ON, np.zeros((0, 0)), []))
    return tail
