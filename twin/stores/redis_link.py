"""The line to a Redis or Valkey server: what is sent once, answered raw, and fails in plain words.

Nothing is sent twice by itself: after a lost connection nobody knows whether an XADD had arrived.
The caller sees StoreError and goes on from the last position or checkpoint, which says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import orjson
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from twin.errors import StoreError
from twin.stores import keys
from twin.stores.base import EVENTS_MAX, REJECTED_MAX, Lease, LeaseLostError
from twin.types import Event

__all__ = ["Link", "add_capped", "add_counts", "add_events"]

TIMEOUT_S = 15.0
OLDEST = (6, 2)
READ_BYTES = 1 << 18
"""A full read is tens of megabytes: four times fewer turns than with the client's 64 KiB."""
RAW = ("XREADGROUP", "XRANGE", "XREVRANGE", "XAUTOCLAIM", "XPENDING", "ZRANGEBYSCORE")
"""Commands whose reply is used as it comes: dictionaries of fields cost 2 µs an entry."""


class Link:
    """A pool of connections to one server; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.shown = _without_password(url)
        try:
            self.client: Any = redis.Redis.from_url(
                url,
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=5.0,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
                socket_read_size=READ_BYTES,
            )
        except ValueError as error:
            raise StoreError(f"TWIN_REDIS_URL: got {self.shown!r}: {error}") from error
        for command in RAW:
            self.client.set_response_callback(command, lambda reply, **_: reply)

    def call(self, *command: Any) -> Any:
        """Send one command. Raises StoreError."""
        with self.said():
            return self.client.execute_command(*command)

    def together(self, fill: Callable[[Any], None]) -> list[Any]:
        """Send what fill puts into the pipeline as one MULTI; the replies."""
        with self.said(), self.client.pipeline(transaction=True) as pipe:
            fill(pipe)
            return list(pipe.execute())

    def fenced(self, lease: Lease, fill: Callable[[Any], None]) -> None:
        """As together, but only if the lease still holds at that very moment.

        Raises LeaseLostError, having written nothing: the owner key is watched, so that a change
        of hands between comparing and EXEC discards the transaction.
        """
        owner = keys.owner(lease.partition)
        with self.said(), self.client.pipeline(transaction=True) as pipe:
            pipe.watch(owner)
            if pipe.get(owner) != lease.token.encode():
                raise LeaseLostError(f"partition {lease.partition}: lease lost or run out")
            pipe.multi()
            fill(pipe)
            try:
                pipe.execute()
            except redis.WatchError as error:
                raise LeaseLostError(f"partition {lease.partition}: lease lost") from error

    def get(self, key: str) -> bytes | None:
        """A string key's value."""
        held: bytes | None = self.call("GET", key)
        return held

    def time_us(self) -> int:
        """The server's wall clock, µs UTC."""
        seconds, us = self.call("TIME")
        return int(seconds) * 1_000_000 + int(us)

    def create_group(self, stream: str, group: str, after: bytes) -> None:
        """Make the stream and its readers' group unless they are there."""
        try:
            with self.said():
                self.client.xgroup_create(stream, group, after, mkstream=True)
        except StoreError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def check_version(self) -> dict[str, Any]:
        """INFO server. Raises StoreError if the server is older than we can use."""
        info: dict[str, Any] = self.call("INFO", "server")
        version = str(info.get("valkey_version") or info.get("redis_version") or "0")
        numbers = tuple(int(n) for n in version.split(".")[:2])
        if numbers < OLDEST:
            raise StoreError(f"{self.shown}: got server version {version}, want 6.2 or later")
        return info

    def close(self) -> None:
        self.client.close()
        self.client.connection_pool.disconnect()

    @contextmanager
    def said(self) -> Iterator[None]:
        """Turn the client's errors into ours."""
        try:
            yield
        except redis.AuthenticationError as error:
            raise StoreError(f"{self.shown}: user or password refused") from error
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            raise StoreError(f"{self.shown}: not reachable: {error}") from error
        except redis.RedisError as error:
            raise StoreError(f"{self.shown}: {error}") from error


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return url.replace(f":{parts.password}@", ":…@")


def add_capped(pipe: Any, stream: str, most: int, *fields: bytes | str) -> None:
    """Append to a stream that keeps about its newest `most` entries."""
    pipe.execute_command("XADD", stream, "MAXLEN", "~", most, "*", *fields)


def add_events(pipe: Any, events: Sequence[Event]) -> None:
    """Append to the list of what happened."""
    for event in events:
        add_capped(pipe, keys.EVENTS, EVENTS_MAX, b"e", orjson.dumps(list(event)))


def add_counts(
    pipe: Any, counters: Mapping[str, int], rejects: Sequence[Mapping[str, bytes]]
) -> None:
    """Add to the counters, and rejects to their stream."""
    for name, n in counters.items():
        pipe.hincrby(keys.COUNTERS, name, n)
    for reject in rejects:
        add_capped(pipe, keys.REJECTED, REJECTED_MAX, *(x for kv in reject.items() for x in kv))
