"""What the data page asks of the store besides the snapshot: backlog, memory, what was refused.

Read at most once in READ_S, and only while somebody looks: none of it is needed for the twin.
"""

from contextlib import suppress

from dashboard.snapshot import Snapshot
from dashboard.states.data_known import Known, Refused
from twin.errors import StoreError
from twin.pipeline.gateway.senders import last_sent
from twin.stores.base import REJECTED_MAX, Store

__all__ = ["Intakes"]

READ_S = 2.0
SHOWN = 100


class Intakes:
    """Reads them; shared by all who look at the page."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: Known | None = None

    def read(self, snapshot: Snapshot) -> Known:
        """At most READ_S old. Raises StoreError."""
        now = snapshot.wall_us
        if self._known is None or now - self._known.wall_us >= READ_S * 1e6:
            self._known = Known(
                now,
                {p: self._store.lag(p) for p in range(self._store.partitions)},
                self._store.info(),
                self.refused(SHOWN),
                self._oldest_us(snapshot),
                last_sent(self._store),
            )
        return self._known

    def refused(self, count: int = REJECTED_MAX) -> list[Refused]:
        """What was not taken, newest first. Raises StoreError."""
        return [_refused(number, fields) for number, fields in self._store.rejected(count)]

    def _oldest_us(self, snapshot: Snapshot) -> int | None:
        firsts = {m.class_id: m.id for m in reversed(snapshot.plant.machines)}
        starts = []
        for machine_id in firsts.values():
            with suppress(StoreError):
                # A machine's first chunk may begin with its commissioning, long before a sample.
                starts += [span.start for span in self._store.spans(machine_id)[1:2]]
        return min(starts, default=None)


def _refused(number: bytes, fields: dict[str, bytes]) -> Refused:
    text = {k: v.decode("utf-8", "replace") for k, v in fields.items()}
    ms = int(number.partition(b"-")[0] or 0)
    told = (text.get(k, "") for k in ("source", "reason", "detail", "payload"))
    return Refused(number.decode(), ms * 1000, *told)
