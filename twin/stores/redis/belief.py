"""The store on a server: beliefs, views and forecasts, written by the owner of a partition."""

from collections.abc import Callable, Sequence

from twin.stores import keys
from twin.stores.base import FORECASTS_MAX, Checkpoint, Commit, Lease, Run
from twin.stores.redis.fields import CLASS, flat, meta_of, present
from twin.stores.redis.link import Link, Send, add_capped, add_counts, add_events, pairs

__all__ = ["BeliefVerbs"]


class BeliefVerbs:
    """What a worker keeps, and what screens read of it."""

    _link: Link
    _known: set[tuple[int, str]]

    def commit(self, lease: Lease, commit: Commit) -> None:
        p = lease.partition

        def fill(send: Send) -> None:
            new = {run.class_id for run in (*commit.state, *commit.view)}
            classes = {CLASS + c: 1 for c in new if (p, c) not in self._known}
            fields = {**commit.meta, **classes, "last_id": commit.last_id}
            send("HSET", keys.checkpoint(p), *flat(fields))
            _write(send, p, keys.state, commit.state)
            _write(send, p, keys.view, commit.view)
            add_events(send, commit.events)
            for record in commit.forecasts:
                add_capped(send, keys.forecast(p), FORECASTS_MAX, b"b", record)
            add_counts(send, commit.counters, commit.rejects)

        self._link.fenced(lease, fill)
        self._known |= {(p, run.class_id) for run in (*commit.state, *commit.view)}

    def load_checkpoint(self, p: int) -> Checkpoint | None:
        held = self._link.hash(keys.checkpoint(p))
        classes = [f.decode().removeprefix(CLASS) for f in held if f.startswith(CLASS.encode())]

        def fill(send: Send) -> None:
            send("HGETALL", keys.checkpoint(p))
            for c in classes:
                send("GET", keys.state(p, c))
                send("GET", keys.view(p, c))

        flat_fields, *packed = self._link.together(fill)
        fields = pairs(flat_fields)
        if b"last_id" not in fields:
            return None
        state = dict(zip(classes, packed[0::2], strict=True))
        view = dict(zip(classes, packed[1::2], strict=True))
        self._known |= {(p, c) for c in classes}
        return Checkpoint(fields[b"last_id"], meta_of(fields), present(state), present(view))

    def views(self, p: Sequence[int], c: Sequence[str]) -> dict[tuple[int, str], bytes]:
        wanted = [(i, k) for i in p for k in c]
        if not wanted:
            return {}
        found = self._link.call("MGET", *(keys.view(i, k) for i, k in wanted))
        return present(dict(zip(wanted, found, strict=True)))

    def forecasts(self, p: int, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        found = self._link.call("XRANGE", keys.forecast(p), b"(" + after, b"+", "COUNT", count)
        return [(i, fields[1]) for i, fields in found]


def _write(send: Send, p: int, key: Callable[[int, str], str], runs: Sequence[Run]) -> None:
    for run in runs:
        if run.whole:
            send("SET", key(p, run.class_id), run.data)
        else:
            send("SETRANGE", key(p, run.class_id), run.offset, run.data)
