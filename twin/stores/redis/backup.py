"""Everything that a store holds, in a file that any other server takes: no RDB versions.

A file is a gzip member: a line of magic, then for every key its type, name and parts, each with
its length before it. It is read from the store in one transaction, so that streams, checkpoints
and chunks belong to one moment. Leases and readers' groups are left out: they are made anew.
"""

import gzip
import struct
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twin.errors import DataError, StoreError
from twin.stores import keys
from twin.stores.base import check_format
from twin.stores.redis.link import Link, Send

__all__ = ["load_backup", "save_backup"]

MAGIC = b"plant-twin-backup/1\n"
PATTERN = "twin:*"
_COUNT = struct.Struct("<I")
READERS: dict[bytes, tuple[str | int, ...]] = {
    b"string": ("GET",),
    b"hash": ("HGETALL",),
    b"zset": ("ZRANGE", 0, -1, "WITHSCORES"),
    b"stream": ("XRANGE", "-", "+"),
}
BATCH = 500


def save_backup(link: Link, path: Path) -> int:
    """Write every key to the file, whole or not at all; how many keys."""
    names = sorted(n for n in _names(link) if not n.startswith(keys.owner(0)[:-1].encode()))
    kinds = link.together(lambda send: _each(send, "TYPE", names))
    known = [(n, k) for n, k in zip(names, kinds, strict=True) if k in READERS]

    def fill(send: Send) -> None:
        for name, kind in known:
            verb, *rest = READERS[kind]
            send(verb, name, *rest)

    replies = link.together(fill)
    part = path.with_name(path.name + ".part")
    with gzip.open(part, "wb", compresslevel=3) as file:
        file.write(MAGIC)
        for (name, kind), reply in zip(known, replies, strict=True):
            if reply is not None:
                _write(file, [kind, name, *_parts(kind, reply)])
    part.replace(path)
    return len(known)


def load_backup(link: Link, path: Path, partitions: int) -> int:
    """Fill an empty store from the file; how many keys.

    Raises StoreError where the store holds readings already, DataError where the file is no backup.
    """
    if link.get(keys.CATALOGUE) is not None:
        raise StoreError(f"{link.shown}: holds a plant already; restore into an empty store")
    n = 0
    for kind, name, *parts in _records(path):
        if name == keys.FORMAT.encode():
            check_format(parts[0].decode(), partitions)
        for first in range(0, max(1, len(parts)), BATCH * 2):
            link.together(partial(_restore, kind, name, parts[first : first + BATCH * 2]))
        n += 1
    return n


def _restore(kind: bytes, name: bytes, parts: Sequence[bytes], send: Send) -> None:
    if kind == b"string":
        send("SET", name, parts[0])
    elif kind == b"hash":
        send("HSET", name, *parts)
    elif kind == b"zset":
        for member, score in zip(parts[0::2], parts[1::2], strict=True):
            send("ZADD", name, score, member)
    else:
        for entry_id, packed in zip(parts[0::2], parts[1::2], strict=True):
            send("XADD", name, entry_id, *_split(packed))


def _parts(kind: bytes, reply: Any) -> Iterator[bytes]:
    """A reply as a flat row of byte strings, two an item where the key has items."""
    if kind == b"string":
        yield reply
    elif kind == b"stream":
        for entry_id, fields in reply:
            yield entry_id
            yield b"".join(_framed(part) for part in fields)
    else:
        yield from reply


def _framed(part: bytes) -> bytes:
    return _COUNT.pack(len(part)) + part


def _split(packed: bytes) -> list[bytes]:
    """The parts of what _framed has joined."""
    parts, at = [], 0
    while at < len(packed):
        (size,) = _COUNT.unpack_from(packed, at)
        parts.append(packed[at + 4 : at + 4 + size])
        at += 4 + size
    return parts


def _write(file: gzip.GzipFile, parts: Sequence[bytes]) -> None:
    file.write(_COUNT.pack(len(parts)))
    for part in parts:
        file.write(_framed(part))


def _records(path: Path) -> Iterator[list[bytes]]:
    try:
        with gzip.open(path, "rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise DataError(f"{path}: not a backup of Plant Twin")
            while head := file.read(4):
                count = _COUNT.unpack(head)[0]
                yield [_exactly(file, _COUNT.unpack(_exactly(file, 4))[0]) for _ in range(count)]
    except (OSError, EOFError, struct.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _exactly(file: gzip.GzipFile, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError(f"got {len(data)} bytes, want {size}")
    return data


def _each(send: Send, verb: str, names: Sequence[bytes]) -> None:
    for name in names:
        send(verb, name)


def _names(link: Link) -> Iterator[bytes]:
    cursor = b"0"
    while True:
        cursor, found = link.call("SCAN", cursor, "MATCH", PATTERN, "COUNT", 1000)
        yield from found
        if cursor == b"0":
            return
