"""The store on a Redis (6.2 or later) or Valkey server, by way of plain commands, no module."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from twin.stores import keys
from twin.stores.base import KPIS_MAX, Info, WireEntry, check_format, format_text
from twin.stores.redis.backup import load_backup, save_backup
from twin.stores.redis.belief import BeliefVerbs
from twin.stores.redis.desk import DeskVerbs
from twin.stores.redis.history import HistoryVerbs
from twin.stores.redis.link import Link, Send, add_capped, add_events, pairs
from twin.stores.redis.stream import StreamVerbs
from twin.types import Clock, Event

__all__ = ["RedisStore"]


class RedisStore(StreamVerbs, BeliefVerbs, HistoryVerbs, DeskVerbs):
    """Store protocol over one server; url: redis://, rediss:// (certificates checked) or unix://.

    Raises StoreError if the server cannot be reached, is too old, or holds another layout.
    """

    def __init__(self, url: str, partitions: int = 4) -> None:
        self.url, self.partitions = url, partitions
        self._link = Link(url)
        self._known = set()
        self._link.check_version()
        self._link.call("SET", keys.FORMAT, format_text(partitions), "NX")
        check_format(self._link.call("GET", keys.FORMAT).decode(), partitions)

    # --- the plant ------------------------------------------------------------------------------
    def clock(self) -> Clock:
        held = self._link.call("GET", keys.CLOCK)
        return Clock(*orjson.loads(held)) if held else Clock(0, 0, 1.0)

    def set_clock(self, clock: Clock) -> None:
        self._link.call("SET", keys.CLOCK, orjson.dumps(list(clock)))

    def catalogue(self) -> bytes | None:
        return self._link.get(keys.CATALOGUE)

    def set_catalogue(self, text: bytes, notice: WireEntry | None = None) -> None:
        self._tell(keys.CATALOGUE, text, notice)

    def model(self, c: str) -> bytes | None:
        return self._link.get(keys.model(c))

    def set_model(self, c: str, text: bytes, notice: WireEntry | None = None) -> None:
        self._tell(keys.model(c), text, notice)

    def plan(self) -> bytes | None:
        return self._link.get(keys.PLAN)

    def set_plan(self, text: bytes) -> None:
        self._link.call("SET", keys.PLAN, text)

    def kpis(self, count: int) -> list[tuple[bytes, bytes]]:
        found = self._link.call("XREVRANGE", keys.KPIS, "+", "-", "COUNT", count)
        return [(i, fields[1]) for i, fields in reversed(found)]

    def add_kpi(self, text: bytes) -> None:
        self._link.together(lambda send: add_capped(send, keys.KPIS, KPIS_MAX, b"b", text))

    # --- what happened ----------------------------------------------------------------------------
    def add_events(self, events: Sequence[Event]) -> None:
        self._link.together(lambda send: add_events(send, events))

    def events(self, after: bytes, count: int) -> list[tuple[bytes, Event]]:
        found = self._link.call("XRANGE", keys.EVENTS, b"(" + after, b"+", "COUNT", count)
        return [(i, Event(*orjson.loads(fields[1]))) for i, fields in found]

    def last_events(self, count: int) -> list[tuple[bytes, Event]]:
        found = self._link.call("XREVRANGE", keys.EVENTS, "+", "-", "COUNT", count)
        return [(i, Event(*orjson.loads(fields[1]))) for i, fields in found]

    def rejected(self, count: int) -> list[tuple[bytes, dict[str, bytes]]]:
        found = self._link.call("XREVRANGE", keys.REJECTED, "+", "-", "COUNT", count)
        return [(i, {k.decode(): v for k, v in pairs(f).items()}) for i, f in found]

    def counters(self) -> dict[str, int]:
        held = self._link.hash(keys.COUNTERS)
        return {name.decode(): int(n) for name, n in held.items()}

    def heartbeat(self, part: str, text: bytes) -> None:
        self._link.call("HSET", keys.HEARTBEATS, part, text)

    def heartbeats(self) -> dict[str, bytes]:
        held = self._link.hash(keys.HEARTBEATS)
        return {part.decode(): text for part, text in held.items()}

    # --- the store itself -------------------------------------------------------------------------
    def info(self) -> Info:
        server = self._link.check_version()
        memory = self._link.info("memory")
        disk = self._link.info("persistence")
        name = "valkey" if "valkey_version" in server else "redis"
        version = str(server.get("valkey_version") or server["redis_version"])
        used, limit = int(memory["used_memory"]), int(memory["maxmemory"])
        return Info(name, version, used, limit, disk["aof_enabled"] == "1", self._link.time_us())

    def backup(self, path: Path) -> int:
        """Write all of it to a file; how many keys."""
        return save_backup(self._link, path)

    def restore(self, path: Path) -> int:
        """Fill this store, which must be empty, from a file; how many keys."""
        return load_backup(self._link, path, self.partitions)

    def close(self) -> None:
        self._link.close()

    def _tell(self, key: str, text: bytes, notice: WireEntry | None) -> None:
        def fill(send: Send) -> None:
            send("SET", key, text)
            for p in range(self.partitions if notice is not None else 0):
                send("XADD", keys.readings(p), "*", *(notice or ()))

        self._link.together(fill)
