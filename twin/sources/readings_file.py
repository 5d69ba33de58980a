"""A file of readings → rows by class: columns to lanes, names to slots, faults set aside."""

from collections import Counter
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
from twin.sources.base import Reject

__all__ = ["ReadFile", "read_file"]

Rows = NDArray[np.void]
REJECTS_MAX = 10_000
"""Rejects kept of a file; what comes beyond is only counted."""


class ReadFile(NamedTuple):
    """Rows by class in the order of the file's lines, and what could not be read."""

    rows: dict[str, Rows]
    rejects: list[Reject]
    more: Mapping[str, int]
    """Reason → how many besides could not be read."""


class _Sample(NamedTuple):
    """Samples of one class as they grow: of machine slot, time, quality bits, values."""

    slot: list[NDArray[np.int64]]
    time: list[NDArray[np.int64]]
    quality: list[NDArray[np.uint32]]
    value: list[NDArray[np.float32]]


def read_file(
    path: Path,
    source: ReplaySource,
    plant: Plant,
    catalogue: Catalogue,
    *,
    progress: bool = False,
) -> ReadFile:
    """The whole file as the mapping of `source` has it. Raises DataError: file, got and want."""
    return _Reader(path, source, plant, catalogue, progress).read()


class _Reader:
    """One file being read."""

    def __init__(
        self, path: Path, source: ReplaySource, plant: Plant, catalogue: Catalogue, progress: bool
    ) -> None:
        self._path, self._source, self._plant, self._show = path, source, plant, progress
        places = catalogue.places()
        self._places = places | {n: places[i] for n, i in source.machines.items() if i in places}
        self._rejects: list[Reject] = []
        self._more = Counter[str]()

    def read(self) -> ReadFile:
        """Rows of every class, also of those that have none."""
        grown = {c: _Sample([], [], [], []) for c in sorted(self._plant.classes)}
        (self._read_wide if self._source.layout == "wide" else self._read_long)(grown)
        rows = {c: self._packed(c, sample) for c, sample in grown.items()}
        return ReadFile(rows, self._rejects, dict(self._more))

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
        kept = lines[: max(0, REJECTS_MAX - len(self._rejects))]
        if len(kept) < len(lines):
            self._more[reason] += len(lines) - len(kept)
        for n in kept.tolist():
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
