"""Samples of the past as a source, on a clock of their own: from a file, or from memory.

They are put in order of time (stable: of two samples of one time the earlier line goes first) and
sent from any position on; so it does not matter whether a file lists machine by machine or hour by
hour, and resuming is exact as long as the file is the same.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from tqdm import tqdm

from twin.catalogue import Catalogue
from twin.core.view import NEVER
from twin.errors import DataError
from twin.plant import Plant, ReplaySource
from twin.sources.base import Batch, Reject
from twin.sources.history import read_events, read_history, reset_rows
from twin.sources.readings_file import read_file
from twin.types import Event

__all__ = ["Replay", "replay_file"]

Rows = NDArray[np.void]
BATCH_ROWS = 2000
WINDOW_S = 0.05
"""Wall time that a batch spans at most, so that a slow replay is even."""


class Replay:
    """Rows by class, in any order, sent in order of time from any position on.

    fingerprint: says that two replays are of the same rows; speed: seconds of plant time in a
    second, 0: as fast as the twin follows.
    """

    def __init__(
        self,
        source_id: str,
        rows: Mapping[str, Rows],
        speed: float,
        fingerprint: str,
        *,
        rejects: Sequence[Reject] = (),
        more: Mapping[str, int] | None = None,
        events: Sequence[Event] = (),
        label: str = "",
        progress: bool = False,
    ) -> None:
        self.source_id, self._rows, self._speed = source_id, rows, speed
        self._rejects, self._more = list(rejects), dict(more or {})
        self._fingerprint, self._is_told = fingerprint, False
        self._events = sorted(events, key=lambda e: e.time)
        self._label, self._show = label or source_id, progress
        self._done = 0
        self._order, self._due = _in_order_of_time(rows)

    def resume(self, position: bytes, state: bytes | None) -> None:
        """Go on after so many samples of the same file; another file begins at its start."""
        del state
        try:
            saved = orjson.loads(position)
            is_same = saved["file"] == self._fingerprint
            self._done, self._is_told = (int(saved["done"]), True) if is_same else (0, False)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{self.source_id}: position is not a replay's: {error}") from error

    @property
    def n_samples(self) -> int:
        return len(self._due)

    @property
    def start_us(self) -> int:
        """Time of the next sample, µs; where the clock of the replay begins."""
        return int(self._due[min(self._done, len(self._due) - 1)]) if len(self._due) else 0

    def batches(self) -> Iterator[Batch]:
        """Samples in order of time, a short while's or 2,000 at a time; what could not be read
        comes with the first of them, once."""
        window_us = max(1, int(self._speed * WINDOW_S * 1e6)) or 1
        if self._speed == 0:
            window_us = np.iinfo(np.int64).max // 2
        with tqdm(
            total=self.n_samples,
            initial=self._done,
            unit="sample",
            unit_scale=True,
            desc=self._label,
            disable=not self._show,
        ) as bar:
            while self._done < self.n_samples:
                end = self._end(window_us)
                batch = self._batch(self._done, end)
                bar.update(end - self._done)
                self._done, self._is_told = end, True
                yield batch
        if not self._is_told and self._rejects:  # a file of which nothing can be taken
            self._is_told = True
            yield Batch({}, (), self._rejects, self._position(0), more=self._more)

    def describe(self) -> Mapping[str, Any]:
        return {
            "type": "replay",
            "file": self._label,
            "done": self._done,
            "total": self.n_samples,
            "rejected": len(self._rejects) + sum(self._more.values()),
        }

    def _end(self, window_us: int) -> int:
        until = int(self._due[self._done]) + window_us
        in_time = int(np.searchsorted(self._due, until, side="right"))
        return min(in_time, self._done + BATCH_ROWS)

    def _batch(self, start: int, end: int) -> Batch:
        picked = self._order[start:end]
        rows = {}
        for code, class_id in enumerate(self._rows):
            mine = picked[picked[:, 0] == code, 1]
            if len(mine):
                rows[class_id] = self._rows[class_id][mine]
        due_us = int(self._due[end - 1])
        since_us = int(self._due[start - 1]) if start else NEVER
        events = [e for e in self._events if since_us < e.time <= due_us]
        rejects, more = ((), {}) if self._is_told else (self._rejects, self._more)
        return Batch(rows, events, rejects, self._position(end), None, due_us, more)

    def _position(self, done: int) -> bytes:
        return orjson.dumps({"file": self._fingerprint, "done": done})


def replay_file(
    source_id: str,
    source: ReplaySource,
    plant: Plant,
    catalogue: Catalogue,
    base: Path = Path(),
    *,
    progress: bool = False,
) -> Replay:
    """A file of readings as a replay; base is the folder that a relative path starts from.

    Raises DataError: file, got and want.
    """
    path = base / source.path
    fingerprint = _fingerprint(path / "events.csv" if path.is_dir() else path)
    rejects: Sequence[Reject] = ()
    more: Mapping[str, int] = {}
    if path.is_dir():
        rows, events = read_history(path, plant, catalogue)
    else:
        rows, rejects, more = read_file(path, source, plant, catalogue, progress=progress)
        events = read_events(base / source.events) if source.events else []
        resets = reset_rows(events, plant, catalogue)
        rows = {c: np.concatenate([resets[c], r]) for c, r in rows.items()}
    return Replay(
        source_id,
        rows,
        source.speed,
        fingerprint,
        rejects=rejects,
        more=more,
        events=events,
        label=path.name,
        progress=progress,
    )


def _in_order_of_time(rows: Mapping[str, Rows]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Class number and row (R, 2) of every sample in order of time, stable; and its time (R,)."""
    place = [
        np.stack([np.full(len(r), n), np.arange(len(r))], axis=1)
        for n, r in enumerate(rows.values())
    ]
    due = np.concatenate([r["time"] for r in rows.values()])
    by_time = np.argsort(due, kind="stable")
    return np.concatenate(place).astype(np.int64)[by_time], due[by_time]


def _fingerprint(path: Path) -> str:
    """Size and beginning of the file: a position in another file means nothing."""
    try:
        with path.open("rb") as file:
            start = file.read(1 << 20)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return f"{path.stat().st_size}-{hashlib.sha256(start).hexdigest()[:16]}"
