"""The store in memory: beliefs, views and forecasts, written by the owner of a partition."""

from collections.abc import Sequence

from twin.stores.base import Checkpoint, Commit, Lease, Run
from twin.stores.memory.held import Held

__all__ = ["BeliefVerbs"]


class BeliefVerbs(Held):
    """What a worker keeps, and what screens read of it."""

    def commit(self, lease: Lease, commit: Commit) -> None:
        with self._changed:
            part = self._owned(lease)
            part.last_id = commit.last_id
            part.meta = {**(part.meta or {}), **commit.meta}
            _write(part.state, commit.state)
            _write(part.view, commit.view)
            for event in commit.events:
                self._events.add(event)
            for record in commit.forecasts:
                part.forecasts.add(record)
            self._count(commit.counters, commit.rejects)

    def load_checkpoint(self, p: int) -> Checkpoint | None:
        with self._changed:
            part = self._p[p]
            if part.meta is None:
                return None
            state = {c: bytes(data) for c, data in part.state.items()}
            view = {c: bytes(data) for c, data in part.view.items()}
            return Checkpoint(part.last_id, dict(part.meta), state, view)

    def views(self, p: Sequence[int], c: Sequence[str]) -> dict[tuple[int, str], bytes]:
        with self._changed:
            held = {(i, k): self._p[i].view.get(k) for i in p for k in c}
            return {key: bytes(data) for key, data in held.items() if data is not None}

    def forecasts(self, p: int, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        with self._changed:
            return self._p[p].forecasts.after(after, count)


def _write(packed: dict[str, bytearray], runs: Sequence[Run]) -> None:
    """SETRANGE and SET: a gap before a run is filled with zeros."""
    for run in runs:
        data = bytes(run.data)
        if run.whole:
            packed[run.class_id] = bytearray(data)
            continue
        held = packed.setdefault(run.class_id, bytearray())
        held.extend(b"\0" * (run.offset - len(held)))
        held[run.offset : run.offset + len(data)] = data
