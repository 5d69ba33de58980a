"""Rows that a partition has taken since its last seal, and the chunks that a seal makes of them.

The worker keeps what it applied. A seal writes one chunk a machine, each with the belief before
it, and with them the beliefs of all and the stream id up to which the stream may now be trimmed.
Until then the rows are in the stream, so nothing is lost if the worker dies.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.layout import Layout
from twin.core.rows import RESET
from twin.stores.base import Chunk
from twin.stores.chunkcodec import ChunkData, encode_chunk
from twin.stores.overviewcodec import summarise

__all__ = ["GOES_ON", "ClassTail", "Tail", "chunks_of"]

Rows = NDArray[np.void]

ROWS_A_CHUNK = 512
GOES_ON = (1 << 32) - 1
"""Model version of a piece whose belief is not known: it goes on from the piece before."""
BYTES_MAX = 256 << 20
"""Rows kept in memory since the last seal, at most about this much."""


class ClassTail(NamedTuple):
    """Rows of a class since the seal, in order, and the beliefs (N, W) before the first."""

    class_id: str
    lane_version: int
    model_version: int
    belief: NDArray[np.float64]
    parts: list[Rows]
    layout: Layout | None = None
    """Of the beliefs, where they are of the trend family."""


class Tail:
    """What one partition has taken since its last seal, late rows and resets among it."""

    def __init__(self) -> None:
        self._classes: dict[str, ClassTail] = {}
        self.n_bytes = 0
        self.n_rows = 0

    def begin(self, tail: ClassTail) -> None:
        """From here on the class's rows follow upon these beliefs."""
        self._classes[tail.class_id] = tail

    def add(self, class_id: str, rows: Rows) -> None:
        """Rows (R,) applied just now, with the lanes of the class's tail."""
        if len(rows):
            self._classes[class_id].parts.append(rows)
            self.n_bytes += rows.nbytes
            self.n_rows += len(rows)

    def is_full(self) -> bool:
        """Whether chunks would be of good size by now, or memory asks for it."""
        machines = sum(len(t.belief) for t in self._classes.values() if t.parts)
        return self.n_rows >= ROWS_A_CHUNK * max(1, machines) or self.n_bytes >= BYTES_MAX

    def classes(self) -> list[ClassTail]:
        return list(self._classes.values())


def chunks_of(
    tail: ClassTail, number: int, partitions: int, machine_ids: tuple[str, ...]
) -> Iterator[Chunk]:
    """One chunk a machine that has rows; machine_ids by slot of the class."""
    if not tail.parts:
        return
    rows = tail.parts[0] if len(tail.parts) == 1 else np.concatenate(tail.parts)
    slots = rows["slot"] & ~RESET
    order = np.argsort(slots, kind="stable")
    found, starts = np.unique(slots[order], return_index=True)
    for slot, places in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
        own, local = rows[places], slot // partitions
        belief, version = np.zeros(0), GOES_ON
        if local < len(tail.belief):
            belief, version = tail.belief[local], tail.model_version
        data = ChunkData(tail.lane_version, version, belief, own)
        start, end = int(own["time"].min()), int(own["time"].max())
        overview = summarise(number, data, tail.layout)
        yield Chunk(machine_ids[slot], number, start, end, encode_chunk(data), overview)
