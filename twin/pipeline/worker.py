"""The worker: a bounded batch, one pure step, one transaction, then the acknowledgement.

It owns its partitions by lease; a thread each. The checkpoint says which stream id it includes, so
an entry delivered twice is applied once, and whatever happens between reading and committing is
forgotten and done again from the checkpoint.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import orjson

from twin.config import Settings
from twin.core.rows import row_dtype
from twin.errors import StoreError, TwinError
from twin.modelfile import parse_model
from twin.pipeline.gauge import rss_bytes
from twin.pipeline.partition import PartitionTwin
from twin.pipeline.sealer import Sealer
from twin.pipeline.site import Site, prepare
from twin.stores.base import (
    FIRST_ID,
    READ_MAX,
    Commit,
    Entry,
    Lease,
    LeaseLostError,
    Store,
    stream_id,
)
from twin.stores.codec import Control, Readings, Reject, decode
from twin.stores.embedded import open_store
from twin.stores.packing import pack_floats

__all__ = ["PartitionWorker", "run_worker", "warm_up"]

LEASE_MS = 3000
RENEW_S = 0.8
BLOCK_MS = 200
SEAL_S = 600.0
"""Longest time between two seals: what is not sealed is read from the stream."""
HEARTBEAT_S = 2.0
RETRY_S = (0.2, 5.0)
REJECT_BYTES_MAX = 4096


class PartitionWorker:
    """Owner of one partition from `open` on. Not thread-safe."""

    def __init__(self, store: Store, site: Site, p: int, name: str) -> None:
        self.store, self.site, self.p, self.name = store, site, p, name
        self.lease: Lease | None = None
        self.last_id = FIRST_ID
        self._pending_after: bytes | None = FIRST_ID
        self._renewed = self._sealed = 0.0

    def open(self) -> bool:
        """Take the partition and its checkpoint; False while somebody else has it."""
        self.lease = self.store.lease(self.p, self.name, LEASE_MS)
        if self.lease is None:
            return False
        self._renewed = self._sealed = time.monotonic()
        self.store.claim(self.lease, self.name)
        held = self.store.load_checkpoint(self.p)
        self.last_id = held.last_id if held else FIRST_ID
        fresh, self.twin = self._twin(), self._twin()
        fresh.start(self.site.models, None)
        self.twin.start(self.site.models, held)
        self.sealer = Sealer(self.store, self.lease, self.twin)
        self.sealer.open(fresh, self.last_id)
        self._commit(self.last_id, [])
        self._pending_after = FIRST_ID
        return True

    def step(self, block_ms: int = BLOCK_MS) -> int:
        """Read, apply, commit, acknowledge one batch; how many entries. Raises StoreError."""
        entries = self._read(block_ms)
        for group in _groups(entries):
            self._take(group)
        self._upkeep()
        return len(entries)

    def close(self) -> None:
        """Give the partition back."""
        lease, self.lease = self.lease, None
        if lease is not None:
            self.sealer.close()
            self.store.release(lease)

    def abandon(self) -> None:
        """Forget everything since the checkpoint, as if the process had died."""
        if self.lease is not None and hasattr(self, "sealer"):
            self.sealer.close()
        self.lease = None

    # --- a batch ------------------------------------------------------------------------------
    def _read(self, block_ms: int) -> list[Entry]:
        """What was delivered before and not acknowledged, then what is new."""
        if self._pending_after is not None:
            entries = self.store.read_pending(self.p, self.name, self._pending_after, READ_MAX)
            self._pending_after = entries[-1][0] if entries else None
            if entries:
                return entries
        return self.store.read_new(self.p, self.name, READ_MAX, block_ms)

    def _take(self, entries: Sequence[Entry]) -> None:
        """Apply entries of which at most the last is a control, write, acknowledge."""
        fresh = _after(entries, self.last_id)
        batch = decode(fresh, self.twin.n_lanes, self.last_id)
        control: Control | None = None
        for part in batch.parts:
            if isinstance(part, Readings):
                self.sealer.add(part.class_id, self.twin.apply(part))
            else:
                control = part
        if control is not None and control.kind == "model":
            self._change_model(control.class_id)
        if fresh:
            self._commit(batch.last_id, batch.rejects)
        self.store.ack(self.p, [i for i, _ in entries])
        if control is not None:
            self.sealer.seal_now(self.last_id, self._renew)
            if control.kind == "catalogue" and control.version > self.site.catalogue.version:
                raise _SiteChangedError(f"partition {self.p}: catalogue {control.version}")

    def _commit(self, last_id: bytes, rejects: Sequence[Reject]) -> None:
        assert self.lease is not None
        e = self.twin.effects()
        counters, kept = e.counters, [_reject_fields(r) for r in rejects]
        if kept:
            counters = {**counters, "rejected:worker:malformed_entry": len(kept)}
        self.store.commit(
            self.lease,
            Commit(last_id, e.meta, e.state, e.view, e.events, e.forecasts, counters, kept),
        )
        self.last_id = last_id

    def _upkeep(self) -> None:
        self._renew()
        now = time.monotonic()
        if self.sealer.seal_if_full(self.last_id, now - self._sealed > SEAL_S):
            self._sealed = now

    def _renew(self) -> None:
        assert self.lease is not None
        if time.monotonic() - self._renewed > RENEW_S:
            self.store.renew(self.lease, LEASE_MS)
            self._renewed = time.monotonic()

    def _change_model(self, class_id: str) -> None:
        text = self.store.model(class_id)
        if text is not None:
            model = parse_model(text, f"stored model {class_id}")
            self.site.models[class_id] = model
            self.twin.change_model(model)

    def _twin(self) -> PartitionTwin:
        return PartitionTwin(self.p, self.store.partitions, self.site.plant, self.site.catalogue)


class _SiteChangedError(StoreError):
    """The plant file was changed: the partition is to be opened anew with it."""


def run_worker(
    settings: Settings,
    partitions: Sequence[int] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Own partitions (None: any that are free) until told to stop. Raises TwinError at start."""
    stop = threading.Event() if stop is None else stop
    every = range(settings.partitions)
    own = every if partitions is None else partitions
    name = "worker" if set(own) == set(every) else f"worker-{'-'.join(map(str, own))}"
    sys.setswitchinterval(0.0005)
    store = open_store(settings)
    try:
        prepare(store, settings)
        counts: dict[int, int] = {}
        threads = [
            threading.Thread(target=_keep, args=(store, settings, p, name, stop, counts))
            for p in own
        ]
        for thread in threads:
            thread.start()
        _beat(store, name, threads, counts, stop)
        for thread in threads:
            thread.join()
    finally:
        store.close()


def _keep(
    store: Store,
    settings: Settings,
    p: int,
    name: str,
    stop: threading.Event,
    counts: dict[int, int],
) -> None:
    """Hold one partition for good: lost leases and stores come back, and so do we."""
    owner, wait = f"{socket.gethostname()}-{os.getpid()}-{p}", RETRY_S[0]
    while not stop.is_set():
        try:
            site = prepare(store, settings)
            warm_up(site)
            worker = PartitionWorker(store, site, p, owner)
            if not worker.open():
                stop.wait(RETRY_S[0])
                continue
        except TwinError as error:  # the plant file may have faults while somebody edits it
            print(f"{name}: partition {p}: {error}", file=sys.stderr, flush=True)
            stop.wait(wait)
            wait = min(2 * wait, RETRY_S[1])
            continue
        wait = RETRY_S[0]
        _hold(worker, stop, counts)


def _hold(worker: PartitionWorker, stop: threading.Event, counts: dict[int, int]) -> None:
    """Work on an open partition until told to stop or until it is lost."""
    try:
        while not stop.is_set():
            n = worker.step()
            counts[worker.p] = counts.get(worker.p, 0) + n
        worker.close()
    except _SiteChangedError:
        worker.close()
    except LeaseLostError as error:
        print(f"worker: {error}; starting again", file=sys.stderr, flush=True)
        worker.abandon()
    except StoreError as error:
        print(f"worker: {error}; again from the checkpoint", file=sys.stderr, flush=True)
        worker.abandon()


def _beat(
    store: Store,
    name: str,
    threads: Sequence[threading.Thread],
    counts: dict[int, int],
    stop: threading.Event,
) -> None:
    """Write a heartbeat until told to stop; a thread that died ends the process with it."""
    while not stop.is_set():
        if not all(thread.is_alive() for thread in threads):
            stop.set()
            raise StoreError(f"{name}: a partition's thread has failed, see above")
        state = {"time": time.time_ns() // 1000, "pid": os.getpid(), "state": "running"}
        done = {"entries": sum(counts.values()), "rss_bytes": rss_bytes()}
        try:
            store.heartbeat(name, orjson.dumps({**state, **done}))
        except StoreError as error:
            print(f"{name}: {error}", file=sys.stderr, flush=True)
        stop.wait(HEARTBEAT_S)


def warm_up(site: Site) -> None:
    """Compile, or load from the cache, what is compiled before a lease is held."""
    pack_floats(np.ones(2, dtype=np.float32))
    twin = PartitionTwin(0, 1, site.plant, site.catalogue)
    twin.start(site.models, None)
    for c, own in twin.twins.items():
        lanes = len(own.machine_class.lane_ids)
        empty = Readings(c, site.catalogue.lane_version(c), np.zeros(0, row_dtype(lanes)))
        twin.apply(empty)


def _after(entries: Sequence[Entry], last_id: bytes) -> Sequence[Entry]:
    """Entries with ids > last_id; the rest was applied before."""
    last = stream_id(last_id)
    if entries and stream_id(entries[0][0]) > last:
        return entries
    return [e for e in entries if stream_id(e[0]) > last]


def _groups(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Entries in pieces that end with a control entry or with the batch."""
    first = 0
    for n, (_, fields) in enumerate(entries):
        if fields is not None and len(fields) == 6:
            yield entries[first : n + 1]
            first = n + 1
    if first < len(entries):
        yield entries[first:]


def _reject_fields(reject: Reject) -> dict[str, bytes]:
    return {
        "source": b"worker",
        "reason": b"malformed_entry",
        "detail": reject.reason.encode()[:200],
        "payload": b" ".join(reject.fields)[:REJECT_BYTES_MAX],
    }
