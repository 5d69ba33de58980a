"""Rows that lie in the streams since the last seal, read once and then only what is new.

A partition's stream holds the rows of all its machines; whoever looks at one machine after the
other, or at one machine again and again, must not have them decoded each time.
"""

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue, Place
from twin.core.rows import RESET
from twin.pipeline.history.history import sealed_belief
from twin.pipeline.history.tail import GOES_ON
from twin.stores.base import FIRST_ID, READ_MAX, Seal, Store
from twin.stores.chunkcodec import ChunkData
from twin.stores.codec import Readings, decode

__all__ = ["TailCache"]

BYTES_MAX = 128 << 20
"""Rows of all partitions kept; the partition looked at least recently is forgotten first."""


class _Since:
    """What came to one partition since its seal, as far as it was read."""

    def __init__(self, seal: Seal | None) -> None:
        self.seal = seal
        self.last_id = seal.last_id if seal else FIRST_ID
        self.parts: list[Readings] = []
        self.n_bytes = 0

    def read(self, store: Store, catalogue: Catalogue, p: int) -> None:
        """Take in what was appended since the last time."""

        def n_lanes(class_id: str, version: int) -> int | None:
            try:
                return len(catalogue.lanes(class_id, version).ids)
            except KeyError:
                return None

        while entries := store.entries(p, self.last_id, None, READ_MAX):
            batch = decode(entries, n_lanes, self.last_id)
            new = [part for part in batch.parts if isinstance(part, Readings)]
            self.parts += new
            self.n_bytes += sum(part.rows.nbytes for part in new)
            self.last_id = batch.last_id


class TailCache:
    """Unsealed rows of partitions; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: OrderedDict[int, _Since] = OrderedDict()
        self._lock = threading.Lock()

    def pieces(self, catalogue: Catalogue, place: Place) -> list[ChunkData]:
        """A machine's unsealed rows, the first piece with the belief as of the seal."""
        partitions = self._store.partitions
        with self._lock:
            since = self._since(catalogue, place.slot % partitions)
            seal, parts = since.seal, list(since.parts)
        found: list[NDArray[np.void]] = []
        versions: list[int] = []
        for part in parts:
            if part.class_id == place.class_id:
                rows = part.rows[(part.rows["slot"] & ~RESET) == place.slot]
                if len(rows):
                    found.append(rows)
                    versions.append(part.catalogue_version)
        belief, version = sealed_belief(seal, place, partitions)
        first = [version] + [GOES_ON] * len(found)
        pieces = zip(versions, first, found, strict=False)
        return [ChunkData(lanes, model, belief, rows) for lanes, model, rows in pieces]

    def _since(self, catalogue: Catalogue, p: int) -> _Since:
        held = self._held.pop(p, None)
        sealed = self._store.seal_id(p)
        if held is None or (held.seal.last_id if held.seal else None) != sealed:
            held = _Since(self._store.load_seal(p))
        held.read(self._store, catalogue, p)
        self._held[p] = held
        while len(self._held) > 1 and sum(h.n_bytes for h in self._held.values()) > BYTES_MAX:
            self._held.popitem(last=False)
        return held
