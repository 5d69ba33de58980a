"""Server-sent events: one state, serialised and compressed once a tick for all its readers.

A reader first gets the whole state, then what has changed (JSON merge patch, RFC 7396), and a
named heartbeat when nothing does. The body is one endless gzip member: its header, then raw
deflate blocks, each compressed by itself and flushed to a byte boundary. Blocks do not refer back
to each other, so the same bytes serve every reader whenever it joined.
"""

import threading
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

__all__ = ["BEAT_S", "GZIP_HEADER", "Feed", "Frame", "Packet", "event", "merge_patch"]

BEAT_S = 2.0
"""Well under the 4.5 s after which a screen says that it has no connection."""
GZIP_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])

State = Mapping[str, Any]


class Packet(NamedTuple):
    """The same event as text and as deflate block."""

    plain: bytes
    packed: bytes


class Frame(NamedTuple):
    """A tick: the whole state, and what differs from the tick before."""

    seq: int
    follows: int
    """Sequence number of the tick before; 0: none."""
    full: Packet
    delta: Packet


def merge_patch(old: State, new: State) -> dict[str, Any]:
    """What turns old into new under RFC 7396: null removes; lists are replaced as a whole."""
    patch: dict[str, Any] = dict.fromkeys(old.keys() - new.keys())
    for key, value in new.items():
        before = old.get(key)
        if value == before and key in old:
            continue
        both = isinstance(value, dict) and isinstance(before, dict)
        patch[key] = merge_patch(before, value) if both else value  # type: ignore[arg-type]
    return patch


def event(name: str, seq: int, data: State) -> Packet:
    """One server-sent event."""
    plain = b"event: %b\nid: %d\ndata: %b\n\n" % (name.encode(), seq, orjson.dumps(data))
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Packet(plain, deflate.compress(plain) + deflate.flush(zlib.Z_SYNC_FLUSH))


class Feed:
    """The latest frame of one screen's state, and readers that wait for the next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state: State = {}
        self._frame: Frame | None = None
        self._closed = False
        self.n_readers = 0

    def publish(self, state: State, seq: int) -> None:
        """Make the next frame; one that is older or equal makes none."""
        with self._changed:
            before = self._frame.seq if self._frame else 0
            patch = merge_patch(self._state, state)
            if self._frame and (seq <= before or not patch):
                return
            full, delta = event("snapshot", seq, state), event("delta", seq, patch)
            self._state, self._frame = state, Frame(seq, before, full, delta)
            self._changed.notify_all()

    def close(self) -> None:
        """End every reader's stream."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def read(self, beat_s: float = BEAT_S) -> Iterator[Packet]:
        """Packets for one reader: the state, then changes. One that lags gets the state anew."""
        with self._changed:
            self.n_readers += 1
        try:
            yield from self._packets(beat_s)
        finally:
            with self._changed:
                self.n_readers -= 1

    def _packets(self, beat_s: float) -> Iterator[Packet]:
        seen: Frame | None = None
        n_beats = 0
        while not self._closed:
            frame = self._next(seen, beat_s)
            if frame is None:
                n_beats += 1
                yield event("beat", seen.seq if seen else 0, {"n": n_beats})
                continue
            # Only who has the tick before can use the difference; all others start again.
            yield frame.delta if seen and frame.follows == seen.seq else frame.full
            seen = frame

    def _next(self, seen: Frame | None, beat_s: float) -> Frame | None:
        """The latest frame once it is another than `seen`; None after beat_s without."""
        with self._changed:
            if self._frame is seen and not self._closed:
                self._changed.wait(beat_s)
            return self._frame if self._frame is not seen else None
