"""A file of readings as a source: CSV or Parquet, wide or long, on a clock of its own.

The file is read once, put in order of time (stable: of two samples of one time the earlier line
goes first) and sent from any position on; so it does not matter whether it lists machine by
machine or hour by hour, and resuming is exact as long as the file is the same.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from twin.catalogue import Catalogue, Place
from twin.core.rows import row_dtype
from twin.core.view import NEVER
from twin.errors import DataError
from twin.plant import Plant, ReplaySource
from twin.sources import tables
from twin.sources.base import Batch, Reject

__all__ = ["Replay"]

Rows = NDArray[np.void]
BATCH_ROWS = 2000
WINDOW_S = 0.05
"""Wall time that a batch spans at most, so that a slow replay is even."""
REJECTS_MAX = 10_000
"""Rejects kept of a file; beyond that they are only counted."""


class _Sample(NamedTuple):
    """Samples of one class as they grow: of machine slot, time, quality bits, values."""

    slot: list[NDArray[np.int64]]
    time: list[NDArray[np.int64]]
    quality: list[NDArray[np.uint32]]
    value: list[NDArray[np.float32]]


class Replay:
    """One file of readings; base is the folder that a relative path starts from."""

    def __init__(
        self,
        source_id: str,
        source: ReplaySource,
        plant: Plant,
        catalogue: Catalogue,
        base: Path = Path(),
        *,
        progress: bool = False,
    ) -> None:
        self.source_id, self._source = source_id, source
        self._path = base / source.path
        self._plant = plant
        places = catalogue.places()
        self._places = places | {n: places[i] for n, i in source.machines.items() if i in places}
        self._show = progress
        self._rejects: list[Reject] = []
        self._n_rejects = 0
        self._done = 0
        self._fingerprint = _fingerprint(self._path)
        self._rows, self._order, self._due = self._load()

    def resume(self, position: bytes, state: bytes | None) -> None:
        """Go on after so many samples of the same file; another file begins at its start."""
        del state
        try:
            saved = orjson.loads(position)
            self._done = int(saved["done"]) if saved["file"] == self._fingerprint else 0
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
        """Samples in order of time, a short while's or 2,000 at a time."""
        window_us = max(1, int(self._source.speed * WINDOW_S * 1e6)) or 1
        if self._source.speed == 0:
            window_us = np.iinfo(np.int64).max // 2
        rejects = self._rejects if self._done == 0 else []
        with tqdm(
            total=self.n_samples,
            initial=self._done,
            unit="sample",
            unit_scale=True,
            desc=self._path.name,
            disable=not self._show,
        ) as bar:
            while self._done < self.n_samples:
                end = self._end(window_us)
                batch = self._batch(self._done, end, rejects)
                bar.update(end - self._done)
                self._done, rejects = end, []
                yield batch

    def describe(self) -> Mapping[str, Any]:
        return {
            "type": "replay",
            "file": self._path.name,
            "done": self._done,
            "total": self.n_samples,
            "rejected": self._n_rejects,
        }

    def _end(self, window_us: int) -> int:
        until = int(self._due[self._done]) + window_us
        in_time = int(np.searchsorted(self._due, until, side="right"))
        return min(in_time, self._done + BATCH_ROWS)

    def _batch(self, start: int, end: int, rejects: list[Reject]) -> Batch:
        picked = self._order[start:end]
        rows = {}
        for code, class_id in enumerate(self._rows):
            mine = picked[picked[:, 0] == code, 1]
            if len(mine):
                rows[class_id] = self._rows[class_id][mine]
        position = orjson.dumps({"file": self._fingerprint, "done": end})
        return Batch(rows, (), rejects, position, None, int(self._due[end - 1]))

    # --- reading --------------------------------------------------------------------------------
    def _load(self) -> tuple[dict[str, Rows], NDArray[np.int64], NDArray[np.int64]]:
        """Rows by class; for every sample in order of time its class and row; and its time."""
        grown = {c: _Sample([], [], [], []) for c in sorted(self._plant.classes)}
        read = self._read_wide if self._source.layout == "wide" else self._read_long
        read(grown)
        rows = {c: self._packed(c, sample) for c, sample in grown.items()}
        order = np.concatenate(
            [
                np.stack([np.full(len(r), n), np.arange(len(r))], axis=1)
                for n, r in enumerate(rows.values())
            ]
        ).astype(np.int64)
        due = np.concatenate([r["time"] for r in rows.values()])
        by_time = np.argsort(due, kind="stable")
        return rows, order[by_time], due[by_time]

    def _packed(self, class_id: str, grown: _Sample) -> Rows:
        rows = np.zeros(sum(map(len, grown.slot)), row_dtype(self._n_lanes(class_id)))
        if len(rows):
            rows["slot"] = np.concatenate(grown.slot)
            rows["time"] = np.concatenate(grown.time)
            rows["quality"] = np.concatenate(grown.quality)
            rows["value"] = np.concatenate(grown.value)
        return rows

    def _read_wide(self, grown: dict[str, _Sample]) -> None:
        lane_of = self._lane_columns()
        extra = [self._source.quality] if self._source.quality else []
        for frame in self._frames([self._source.machine, self._source.time, *lane_of, *extra]):
            place, moment = self._keys(frame)
            quality = tables.qualities(frame[self._source.quality]) if extra else None
            columns = {name: self._values(frame, name) for name in lane_of}
            for class_id, sample in grown.items():
                mine = np.flatnonzero((place[:, 0] == self._code(class_id)) & (moment != NEVER))
                if not len(mine):
                    continue
                lanes = self._plant.classes[class_id].lane_ids
                value = np.full((len(mine), len(lanes)), np.nan, dtype=np.float32)
                for name, lane_id in lane_of.items():
                    if lane_id in lanes:
                        value[:, lanes.index(lane_id)] = columns[name][mine]
                bits = np.zeros(len(mine), dtype=np.uint32)
                if quality is not None:
                    bits[quality[mine] > 0] = (1 << len(lanes)) - 1
                    value[quality[mine] == 2] = np.nan
                _grow(sample, place[mine, 1], moment[mine], bits, value)

    def _read_long(self, grown: dict[str, _Sample]) -> None:
        source = self._source
        needed = [source.machine, source.time, source.sensor, source.value]
        parts: dict[str, list[NDArray[Any]]] = {c: [] for c in grown}
        for frame in self._frames([*needed, *([source.quality] if source.quality else [])]):
            place, moment = self._keys(frame)
            values = self._values(frame, source.value)
            quality = (
                tables.qualities(frame[source.quality])
                if source.quality
                else np.zeros(len(frame), dtype=np.int64)
            )
            names = frame[source.sensor].astype(str).to_numpy()
            known = np.zeros(len(frame), dtype=bool)
            for class_id in grown:
                mine = (place[:, 0] == self._code(class_id)) & (moment != NEVER)
                lane = self._lanes_of(class_id, names)
                known |= mine & (lane >= 0)
                rows = np.flatnonzero(mine & (lane >= 0))
                columns = (place[:, 1], moment, lane, quality, values.view(np.int64))
                parts[class_id].append(np.stack([c[rows] for c in columns], axis=1))
            strange = ~known & (place[:, 0] >= 0) & (moment != NEVER)
            self._reject_lines(frame, strange, "unknown_sensor", source.sensor)
        for class_id, pieces in parts.items():
            if pieces and sum(map(len, pieces)):
                self._pivot(class_id, np.concatenate(pieces), grown[class_id])

    def _pivot(self, class_id: str, long: NDArray[np.int64], grown: _Sample) -> None:
        """One sample for all readings of a machine at one time, in the order in which they came."""
        _, first, sample = np.unique(long[:, :2], axis=0, return_index=True, return_inverse=True)
        n_lanes = self._n_lanes(class_id)
        value = np.full((len(first), n_lanes), np.nan, dtype=np.float32)
        bits = np.zeros(len(first), dtype=np.uint32)
        sample, lane, quality = sample.reshape(-1), long[:, 2], long[:, 3]
        usable = quality < 2
        got = np.ascontiguousarray(long[:, 4]).view(np.float64)
        value[sample[usable], lane[usable]] = got[usable]
        marked = quality > 0
        mask = np.left_shift(np.uint32(1), lane[marked].astype(np.uint32))
        np.bitwise_or.at(bits, sample[marked], mask)
        _grow(grown, long[first, 0], long[first, 1], bits, value)

    def _frames(self, columns: list[str]) -> Iterator[pd.DataFrame]:
        have = tables.column_names(self._path)
        missing = [name for name in columns if name not in have]
        if missing:
            raise DataError(
                f"{self._path}: got columns {', '.join(have[:20])}; want also {', '.join(missing)}"
            )
        with tqdm(
            unit="line", unit_scale=True, desc=f"reading {self._path.name}", disable=not self._show
        ) as bar:
            for frame in tables.frames(self._path, columns):
                bar.update(len(frame))
                yield frame.reset_index(drop=True)

    def _keys(self, frame: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Class code and slot (R, 2), -1 where the machine is unknown; and times (R,)."""
        names = frame[self._source.machine].astype(str)
        codes = {name: self._place(self._places.get(name)) for name in names.unique().tolist()}
        place = np.array([codes[name] for name in names.tolist()], dtype=np.int64).reshape(-1, 2)
        self._reject_lines(frame, place[:, 0] < 0, "unknown_machine", self._source.machine)
        moment = tables.times(frame[self._source.time], self._source)
        self._reject_lines(frame, moment == NEVER, "time_unparsable", self._source.time)
        return place, moment

    def _place(self, place: Place | None) -> tuple[int, int]:
        return (-1, -1) if place is None else (self._code(place.class_id), place.slot)

    def _code(self, class_id: str) -> int:
        return sorted(self._plant.classes).index(class_id)

    def _values(self, frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
        values, bad = tables.readings(frame[name])
        self._reject_lines(frame, bad, "not_a_number", name)
        return values

    def _lane_columns(self) -> dict[str, str]:
        """Column → lane id: the mapping's, else columns that are named like a lane."""
        if self._source.columns:
            return dict(self._source.columns)
        known = {lane for c in self._plant.classes.values() for lane in c.lane_ids}
        found = {n: n for n in tables.column_names(self._path) if n in known}
        if not found:
            raise DataError(f"{self._path}: got no column named like a sensor; want a mapping")
        return found

    def _lanes_of(self, class_id: str, names: NDArray[Any]) -> NDArray[np.int64]:
        lanes = {name: n for n, name in enumerate(self._plant.classes[class_id].lane_ids)}
        lanes |= {name: lanes[to] for name, to in self._source.columns.items() if to in lanes}
        return np.array([lanes.get(name, -1) for name in names.tolist()], dtype=np.int64)

    def _n_lanes(self, class_id: str) -> int:
        return len(self._plant.classes[class_id].lane_ids)

    def _reject_lines(
        self, frame: pd.DataFrame, where: NDArray[np.bool_], reason: str, column: str
    ) -> None:
        lines = np.flatnonzero(where)
        self._n_rejects += len(lines)
        for n in lines[: max(0, REJECTS_MAX - len(self._rejects))].tolist():
            record = {str(k): str(v) for k, v in frame.iloc[n].items()}
            detail = f"{self._path.name}: {column}: got {record[column]!r}"
            self._rejects.append(Reject(reason, detail, orjson.dumps(record), n))


def _grow(
    sample: _Sample,
    slot: NDArray[np.int64],
    time: NDArray[np.int64],
    bits: NDArray[np.uint32],
    value: NDArray[np.float32],
) -> None:
    sample.slot.append(slot)
    sample.time.append(time)
    sample.quality.append(bits)
    sample.value.append(value)


def _fingerprint(path: Path) -> str:
    """Size and beginning of the file: a position in another file means nothing."""
    try:
        with path.open("rb") as file:
            start = file.read(1 << 20)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return f"{path.stat().st_size}-{hashlib.sha256(start).hexdigest()[:16]}"
