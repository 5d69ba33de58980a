"""The line to a Redis or Valkey server: commands out, raw replies back, failures in plain words.

Nothing is sent twice by itself: after a lost connection nobody knows whether an XADD had arrived.
The caller sees StoreError and goes on from the last position or checkpoint, which says so.
Commands go straight to a pooled connection: what the client library does around each of them costs
more than the server does.
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
from twin.stores.base import EVENTS_MAX, REJECTED_MAX, Lease, LeaseLostError, StaleError
from twin.types import Event

__all__ = ["Link", "Send", "add_capped", "add_counts", "add_events", "pairs"]

TIMEOUT_S = 15.0
OLDEST = (6, 2)
ATTEMPTS = 10
"""Of a fenced transaction: our own renewal, in another thread, touches the watched key too."""
READ_BYTES = 1 << 18
"""A full read is tens of megabytes: four times fewer turns than with the client's 64 KiB."""

Send = Callable[..., None]
"""Adds one command to a transaction."""


class Link:
    """A pool of connections to one server; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.shown = _without_password(url)
        try:
            self._pool: Any = redis.ConnectionPool.from_url(
                url,
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=5.0,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
                socket_read_size=READ_BYTES,
            )
        except ValueError as error:
            raise StoreError(f"TWIN_REDIS_URL: got {self.shown!r}: {error}") from error

    def call(self, *command: Any) -> Any:
        """Send one command; its reply as it comes. Raises StoreError."""
        with self._connection() as line:
            line.send_command(*command)
            return line.read_response()

    def together(self, fill: Callable[[Send], None]) -> list[Any]:
        """Send what fill puts forward as one MULTI; the replies."""
        commands: list[tuple[Any, ...]] = []
        fill(lambda *command: commands.append(command))
        if not commands:
            return []
        with self._connection() as line:
            return _transaction(line, _packed(line, commands), len(commands)) or []

    def fenced(self, lease: Lease, fill: Callable[[Send], None]) -> None:
        """As together, but only if the lease still holds at that very moment.

        Raises LeaseLostError, having written nothing: the owner key is watched, so that a change
        of hands between comparing and EXEC discards the transaction.
        """
        commands: list[tuple[Any, ...]] = []
        fill(lambda *command: commands.append(command))
        with self._connection() as line:
            packed = _packed(line, commands)
            for _ in range(ATTEMPTS):
                _check_owner(line, lease)
                if _transaction(line, packed, len(commands)) is not None:
                    return
            raise LeaseLostError(f"partition {lease.partition}: lease changed hands")

    def unless_changed(
        self, key: str, field: str, text: bytes | None, fill: Callable[[Send], None]
    ) -> None:
        """As together, but only if a hash's field still holds this text at that very moment.

        Raises StaleError, having written nothing.
        """
        commands: list[tuple[Any, ...]] = []
        fill(lambda *command: commands.append(command))
        with self._connection() as line:
            packed = _packed(line, commands)
            for _ in range(ATTEMPTS):
                _check_text(line, key, field, text)
                if _transaction(line, packed, len(commands)) is not None:
                    return
            raise StaleError(f"{key}: changes all the time")

    def get(self, key: str) -> bytes | None:
        """A string key's value."""
        held: bytes | None = self.call("GET", key)
        return held

    def hash(self, key: str) -> dict[bytes, bytes]:
        """A hash's fields; {} if there is none."""
        return pairs(self.call("HGETALL", key))

    def time_us(self) -> int:
        """The server's wall clock, µs UTC."""
        seconds, us = self.call("TIME")
        return int(seconds) * 1_000_000 + int(us)

    def create_group(self, stream: str, group: str, after: bytes) -> None:
        """Make the stream and its readers' group unless they are there."""
        try:
            self.call("XGROUP", "CREATE", stream, group, after, "MKSTREAM")
        except StoreError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def info(self, section: str) -> dict[str, str]:
        """A section of the server's INFO."""
        lines = self.call("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def check_version(self) -> dict[str, str]:
        """INFO server. Raises StoreError if the server is older than we can use."""
        info = self.info("server")
        version = info.get("valkey_version") or info.get("redis_version") or "0"
        numbers = tuple(int(n) for n in version.split(".")[:2])
        if numbers < OLDEST:
            raise StoreError(f"{self.shown}: got server version {version}, want 6.2 or later")
        return info

    def close(self) -> None:
        self._pool.disconnect()

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        """A connection for one exchange; one that fails half way is thrown away."""
        with self._said():
            line = self._pool.get_connection()
            try:
                yield line
            except (LeaseLostError, StaleError):
                raise
            except BaseException:
                line.disconnect()
                raise
            finally:
                self._pool.release(line)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn the client's errors into ours."""
        try:
            yield
        except redis.AuthenticationError as error:
            raise StoreError(f"{self.shown}: user or password refused") from error
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            raise StoreError(f"{self.shown}: not reachable: {error}") from error
        except redis.RedisError as error:
            raise StoreError(f"{self.shown}: {error}") from error


def pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """name, value, name, value, … as a dictionary."""
    return dict(zip(flat[0::2], flat[1::2], strict=True))


def add_capped(send: Send, stream: str, most: int, *fields: bytes | str) -> None:
    """Append to a stream that keeps about its newest `most` entries."""
    send("XADD", stream, "MAXLEN", "~", most, "*", *fields)


def add_events(send: Send, events: Sequence[Event]) -> None:
    """Append to the list of what happened."""
    for event in events:
        add_capped(send, keys.EVENTS, EVENTS_MAX, b"e", orjson.dumps(list(event)))


def add_counts(
    send: Send, counters: Mapping[str, int], rejects: Sequence[Mapping[str, bytes]]
) -> None:
    """Add to the counters, and rejects to their stream."""
    for name, n in counters.items():
        send("HINCRBY", keys.COUNTERS, name, n)
    for reject in rejects:
        add_capped(send, keys.REJECTED, REJECTED_MAX, *(x for kv in reject.items() for x in kv))


def _check_owner(line: Any, lease: Lease) -> None:
    """Watch the partition's owner key and see that it is ours. Raises LeaseLostError."""
    owner = keys.owner(lease.partition)
    line.send_packed_command(line.pack_commands([("WATCH", owner), ("GET", owner)]))
    line.read_response()
    if line.read_response() != lease.token.encode():
        line.send_command("UNWATCH")
        line.read_response()
        raise LeaseLostError(f"partition {lease.partition}: lease lost or run out")


def _check_text(line: Any, key: str, field: str, text: bytes | None) -> None:
    """Watch a hash and see that its field is as we know it. Raises StaleError."""
    line.send_packed_command(line.pack_commands([("WATCH", key), ("HGET", key, field)]))
    line.read_response()
    if line.read_response() != text:
        line.send_command("UNWATCH")
        line.read_response()
        raise StaleError(f"{key}: {field} was written by somebody else meanwhile")


def _packed(line: Any, commands: Sequence[tuple[Any, ...]]) -> list[bytes]:
    """Commands between MULTI and EXEC as they go over the line."""
    packed: list[bytes] = line.pack_commands([("MULTI",), *commands, ("EXEC",)])
    return packed


def _transaction(line: Any, packed: list[bytes], n_commands: int) -> list[Any] | None:
    """Send a transaction in one go; its replies, None if a watched key had changed."""
    line.send_packed_command(packed)
    for _ in range(1 + n_commands):
        line.read_response()
    replies: list[Any] | None = line.read_response()
    for reply in replies or ():
        if isinstance(reply, Exception):
            raise reply
    return replies


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return url.replace(f":{parts.password}@", ":…@")
