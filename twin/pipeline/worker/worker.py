"""The worker: a bounded batch, one pure step, one transaction, then the acknowledgement.

It owns its partitions by lease; a thread each. The checkpoint says which stream id it includes, so
an entry delivered twice is applied once, and whatever happens between reading and committing is
forgotten and done again from the checkpoint.
"""

import time
from collections.abc import Iterator, Sequence

from twin.errors import StoreError
from twin.modelfile import parse_model
from twin.pipeline.site import Site
from twin.pipeline.worker.partition import PartitionTwin
from twin.pipeline.worker.sealer import Sealer
from twin.stores.base import FIRST_ID, READ_MAX, Commit, Entry, Lease, Store, stream_id
from twin.stores.codec import Control, Readings, Reject, decode

__all__ = ["PartitionWorker", "SiteChangedError"]

LEASE_MS = 3000
RENEW_S = 0.8
BLOCK_MS = 200
SEAL_S = 600.0
"""Longest time between two seals: what is not sealed is read from the stream."""
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
                raise SiteChangedError(f"partition {self.p}: catalogue {control.version}")

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


class SiteChangedError(StoreError):
    """The plant file was changed: the partition is to be opened anew with it."""


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
