"""From batches of a source to stream entries: check, put in order, gather, append.

One Intake a source. What it appends, what it rejects, its counts and the source's position go to
the store in one transaction, so a source that resumes from its position loses nothing and sends
nothing twice. What cannot be taken is kept aside with its reason and as it came.
"""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.rows import RESET, row_dtype
from twin.pipeline.feed.reorder import Reorder
from twin.pipeline.gauge import Gauge
from twin.pipeline.set_aside import counter_of, fields_of
from twin.plant import Plant
from twin.sources.base import Batch, Reject
from twin.stores.base import Store, WireEntry
from twin.stores.codec import readings_entry
from twin.types import Event

__all__ = ["AHEAD_US", "BACKLOG_MAX", "ENTRY_ROWS", "Intake", "Offer", "congested"]

Rows = NDArray[np.void]
AHEAD_US = 300_000_000
"""A sample further ahead of the plant's clock than this has a wrong clock."""
ENTRY_ROWS = 1000
"""Samples of an entry at most."""
BACKLOG_MAX = 2000
"""Entries of a partition that the worker may be behind before sources are slowed."""


class Offer:
    """A batch on its way into the store; stored once none of its rows is waiting."""

    __slots__ = ("events", "n_waiting", "number", "position", "state")

    def __init__(self, number: int, batch: Batch) -> None:
        self.number, self.events = number, batch.events
        self.position, self.state = batch.position, batch.state
        self.n_waiting = 0


class Flushed(NamedTuple):
    """What a flush has put into the store for good: samples, and offers complete by now."""

    n_rows: int
    stored: list[Offer]


class Intake:
    """Batches of one source in; entries by partition and class out. Not thread-safe.

    reorder_us: how long (wall) a sample behind a gap is held, 0: never. check_clock: whether
    samples ahead of the plant's clock are refused; a replay runs on its own clock.
    """

    def __init__(
        self,
        store: Store,
        source_id: str,
        plant: Plant,
        catalogue: Catalogue,
        *,
        reorder_us: int = 0,
        check_clock: bool = True,
    ) -> None:
        self.source_id = source_id
        self._store, self._check_clock = store, check_clock
        self._version = {c: catalogue.lane_version(c) for c in catalogue.classes}
        self._ids = {c: catalogue.machines_ever(c) for c in catalogue.classes}
        self._reorder = {
            c: Reorder(
                row_dtype(len(k.lane_ids)),
                catalogue.n_slots(c),
                round(k.period_s * 1e6),
                reorder_us,
            )
            for c, k in plant.classes.items()
            if reorder_us
        }
        self.gauge = Gauge({c: catalogue.n_slots(c) for c in catalogue.classes})
        self._gathered: dict[str, list[Rows]] = {}
        self._counts: dict[str, int] = {}
        self._rejects: list[Mapping[str, bytes]] = []
        self._offers: deque[Offer] = deque()
        self._n_offered = 0

    def offer(self, batch: Batch, wall_us: int, plant_us: int) -> Offer:
        """Take a batch at this wall and plant time, µs; `flush` stores it."""
        offer = Offer(self._n_offered, batch)
        self._n_offered += 1
        self._offers.append(offer)
        for reject in batch.rejects:
            self._set_aside(reject)
        for reason, n in batch.more.items():
            self._count(counter_of(self.source_id, reason), n)
        for class_id, rows in batch.rows.items():
            sound = self._checked(class_id, rows, plant_us)
            self.gauge.arrived(sound["time"], plant_us)
            if class_id in self._reorder:
                reorder = self._reorder[class_id]
                offer.n_waiting += len(sound)
                self._pass_on(class_id, *reorder.push(sound, offer.number, wall_us))
            else:
                self._gathered.setdefault(class_id, []).append(sound)
        return offer

    def flush(self, wall_us: int) -> Flushed:
        """Store what is ready at this wall time, µs; samples that still wait stay."""
        for class_id, reorder in self._reorder.items():
            self._pass_on(class_id, *reorder.expire(wall_us))
        stored = self._complete()
        entries, n_rows = self._entries()
        if n_rows:
            self._count(f"accepted:{self.source_id}", n_rows)
        events: list[Event] = [e for offer in stored for e in offer.events]
        position = next((o.position for o in reversed(stored) if o.position is not None), None)
        if entries or events or self._rejects or self._counts or position is not None:
            at = None if position is None else (self.source_id, position)
            state = next((o.state for o in reversed(stored) if o.state is not None), None)
            self._store.append(entries, at, self._counts, self._rejects, events, state)
        self._gathered, self._counts, self._rejects = {}, {}, []
        self.gauge.flushed(wall_us, n_rows)
        return Flushed(n_rows, stored)

    @property
    def deadline_us(self) -> int | None:
        """Wall time of the next flush that held samples need; None: nothing is held."""
        times = [r.deadline_us for r in self._reorder.values()]
        return min((t for t in times if t is not None), default=None)

    # --- checks ---------------------------------------------------------------------------------
    def _checked(self, class_id: str, rows: Rows, plant_us: int) -> Rows:
        """Rows whose time and values can be; the others are set aside."""
        infinite = np.isinf(rows["value"])
        if infinite.any():
            rows = rows.copy()
            for n, lane in zip(*np.nonzero(infinite), strict=True):
                got = f"lane {lane} is {rows['value'][n, lane]}, want a number of float32"
                self._set_aside(Reject("out_of_range", got, self._payload(class_id, rows[n])))
                rows["value"][n, lane] = np.nan
                rows["quality"][n] |= np.uint32(1 << lane)
        if not self._check_clock:
            return rows
        ahead = rows["time"] > plant_us + AHEAD_US
        if not ahead.any():
            return rows
        for row in rows[ahead]:
            got = f"{(row['time'] - plant_us) / 1e6:.0f} s ahead, want at most {AHEAD_US // 10**6}"
            self._set_aside(Reject("ahead_of_clock", got, self._payload(class_id, row)))
        return rows[~ahead]

    def _payload(self, class_id: str, row: np.void) -> bytes:
        values = row["value"].tolist()  # NaN becomes null
        machine_id = self._ids[class_id][int(row["slot"] & ~RESET)]
        return orjson.dumps({"machine": machine_id, "time": int(row["time"]), "values": values})

    def _set_aside(self, reject: Reject) -> None:
        self._count(counter_of(self.source_id, reject.reason), 1)
        self._rejects.append(fields_of(self.source_id, reject))

    def _count(self, key: str, n: int) -> None:
        self._counts[key] = self._counts.get(key, 0) + n

    # --- on their way ---------------------------------------------------------------------------
    def _pass_on(self, class_id: str, rows: Rows, pushed: NDArray[np.int64]) -> None:
        if not len(rows):
            return
        self._gathered.setdefault(class_id, []).append(rows)
        first = self._offers[0].number
        for number, n in zip(*np.unique(pushed, return_counts=True), strict=True):
            self._offers[number - first].n_waiting -= int(n)

    def _complete(self) -> list[Offer]:
        """Offers none of whose rows waits, up to the first that has one waiting."""
        done = []
        while self._offers and self._offers[0].n_waiting == 0:
            done.append(self._offers.popleft())
        return done

    def _entries(self) -> tuple[dict[int, list[WireEntry]], int]:
        """What is gathered, by partition: a machine's rows stay in one and in their order."""
        entries: dict[int, list[WireEntry]] = {}
        n_rows = 0
        for class_id, parts in self._gathered.items():
            rows = parts[0] if len(parts) == 1 else np.concatenate(parts)
            n_rows += len(rows)
            self._count_order(class_id, rows)
            partition = (rows["slot"] & ~RESET) % self._store.partitions
            for p in np.unique(partition).tolist():
                mine = rows[partition == p]
                entries.setdefault(p, []).extend(
                    readings_entry(class_id, self._version[class_id], mine[n : n + ENTRY_ROWS])
                    for n in range(0, len(mine), ENTRY_ROWS)
                )
        return entries, n_rows

    def _count_order(self, class_id: str, rows: Rows) -> None:
        """Samples that come after newer ones of their machine, and those that come again."""
        late, again = self.gauge.stored(class_id, rows)
        for name, n in (("late", late), ("again", again)):
            if n:
                self._count(f"{name}:{self.source_id}", n)


def congested(store: Store, limit: int = BACKLOG_MAX) -> bool:
    """Whether a worker is so far behind that sources must wait. Nothing is ever dropped."""
    return any(store.lag(p).entries > limit for p in range(store.partitions))
