"""A simulated history on disk: one Parquet file a class and one CSV of events; written, read.

    readings_{class}.parquet   machine, time (µs UTC), quality (bits), one float32 column a lane
    events.csv                 time, kind (commissioned, failure, repair), machine, mode, planned

Written a block at a time, so that its length does not matter for memory.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray
from tqdm import tqdm

from twin.catalogue import Catalogue
from twin.core.rows import RESET, row_dtype
from twin.errors import DataError
from twin.plant import Plant, load_plant
from twin.sources.simulator import DAY_US, Simulator
from twin.types import Event

__all__ = ["History", "read_events", "read_history", "reset_rows", "write_history"]

Rows = NDArray[np.void]
EPOCH_US = 1_735_689_600_000_000
"""2025-01-01: a history of so many days ends on no particular date."""
EVENT_COLUMNS = ["time", "kind", "machine", "mode", "planned"]
GROUP_ROWS = 200_000


class History(NamedTuple):
    """Rows by class in order of time, resets among them; failures and repairs in order of time."""

    rows: dict[str, Rows]
    events: list[Event]


def write_history(
    plant_path: Path,
    out: Path,
    *,
    days: float,
    seed: int = 1,
    period_s: float | None = None,
    progress: bool = True,
) -> None:
    """Simulate the plant for so many days into the folder `out`; the bar goes to stderr."""
    plant = load_plant(plant_path)
    catalogue = Catalogue().update(plant)
    simulator = Simulator(plant, catalogue, seed, EPOCH_US, period_s=period_s)
    out.mkdir(parents=True, exist_ok=True)
    events: list[Event] = []
    with ExitStack() as files:
        tables = {c: files.enter_context(_Table(out, plant, catalogue, c)) for c in plant.classes}
        bar = files.enter_context(
            tqdm(total=days, unit="day", disable=not progress, bar_format="{l_bar}{bar}{r_bar}")
        )
        for class_id, rows, happened in simulator.history_blocks(days):
            tables[class_id].add(rows)
            events += [*_births(catalogue, class_id, rows), *happened]
            done = (simulator.generated_us - EPOCH_US) / DAY_US
            bar.update(min(done, days) - bar.n)
    _write_events(out / "events.csv", [e for e in events if e.time <= simulator.generated_us])


def read_history(folder: Path, plant: Plant, catalogue: Catalogue) -> History:
    """What write_history wrote, or anybody else in that form; a repair becomes a reset row.

    Raises DataError: file, got and want.
    """
    events = read_events(folder / "events.csv")
    resets = reset_rows(events, plant, catalogue)
    rows = {}
    for class_id in plant.classes:
        path = folder / f"readings_{class_id}.parquet"
        if not path.exists():
            continue
        rows[class_id] = _read_rows(path, plant, catalogue, class_id, resets[class_id])
    if not rows:
        raise DataError(f"{folder}: got no readings_*.parquet of a class of the plant, want one")
    return History(rows, [e for e in events if e.kind in {"failure", "repair"}])


def reset_rows(events: Sequence[Event], plant: Plant, catalogue: Catalogue) -> dict[str, Rows]:
    """By class a row for every event that begins a machine anew, in the order of the events."""
    places = catalogue.places()
    begins = [e for e in events if e.kind in {"repair", "commissioned"} and e.machine_id in places]
    out = {}
    for class_id, machine_class in plant.classes.items():
        mine = [e for e in begins if places[e.machine_id].class_id == class_id]
        rows = np.zeros(len(mine), dtype=row_dtype(len(machine_class.lane_ids)))
        rows["slot"] = [places[e.machine_id].slot | int(RESET) for e in mine]
        rows["time"] = [e.time for e in mine]
        rows["value"] = np.nan
        out[class_id] = rows
    return out


class _Table:
    """Parquet file of one class, written in groups of rows."""

    def __init__(self, out: Path, plant: Plant, catalogue: Catalogue, class_id: str) -> None:
        lanes = plant.classes[class_id].lane_ids
        self._ids = np.array(catalogue.machines_ever(class_id))
        self._schema = pa.schema(
            [
                ("machine", pa.dictionary(pa.int32(), pa.string())),
                ("time", pa.timestamp("us", "UTC")),
                ("quality", pa.uint32()),
                *((lane, pa.float32()) for lane in lanes),
            ]
        )
        self._path = out / f"readings_{class_id}.parquet"
        self._held: list[Rows] = []

    def __enter__(self) -> "_Table":
        self._writer = pa.parquet.ParquetWriter(self._path, self._schema, compression="zstd")
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._writer.close()

    def add(self, rows: Rows) -> None:
        self._held.append(rows[rows["slot"] < RESET])
        if sum(map(len, self._held)) >= GROUP_ROWS:
            self._write()

    def _write(self) -> None:
        if not self._held:
            return
        rows = np.concatenate(self._held)
        self._held = []
        columns: list[Any] = [
            pa.DictionaryArray.from_arrays(rows["slot"].astype(np.int32), self._ids),
            pa.array(rows["time"], pa.timestamp("us", "UTC")),
            pa.array(rows["quality"]),
            *(pa.array(np.ascontiguousarray(v)) for v in rows["value"].T),
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))


def _births(catalogue: Catalogue, class_id: str, rows: Rows) -> list[Event]:
    """Resets that lie before the start: the machines' last overhauls."""
    early = rows[(rows["slot"] >= RESET) & (rows["time"] <= EPOCH_US)]
    ids = catalogue.machines_ever(class_id)
    return [Event(int(r["time"]), "commissioned", ids[int(r["slot"] & ~RESET)], {}) for r in early]


def _write_events(path: Path, events: Sequence[Event]) -> None:
    lines = [
        (e.time, e.kind, e.machine_id, e.detail.get("mode") or "", e.detail.get("planned", ""))
        for e in sorted(events, key=lambda e: e.time)
    ]
    frame = pd.DataFrame(lines, columns=EVENT_COLUMNS)
    frame["time"] = pd.to_datetime(frame["time"], unit="us", utc=True).map(_iso)
    frame.to_csv(path, index=False)


def _iso(moment: pd.Timestamp) -> str:
    return moment.isoformat(timespec="microseconds")


def read_events(path: Path) -> list[Event]:
    """Events of a CSV with columns time (ISO 8601), kind, machine and perhaps mode and planned.

    Raises DataError: file, got and want.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        times = pd.to_datetime(frame["time"], utc=True, format="ISO8601")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError) as error:
        raise DataError(f"{path}: {error}; want columns {', '.join(EVENT_COLUMNS)}") from error
    missing = [c for c in ("kind", "machine") if c not in frame]
    if missing:
        raise DataError(f"{path}: got no column {missing}, want {', '.join(EVENT_COLUMNS)}")
    us = times.dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    modes = frame["mode"] if "mode" in frame else [""] * len(frame)
    planned = frame["planned"] if "planned" in frame else [""] * len(frame)
    return [
        Event(int(t), str(k), str(m), {"mode": str(mode) or None, "planned": str(p) == "True"})
        for t, k, m, mode, p in zip(
            us, frame["kind"], frame["machine"], modes, planned, strict=True
        )
    ]


def _read_rows(path: Path, plant: Plant, catalogue: Catalogue, class_id: str, resets: Rows) -> Rows:
    lanes = plant.classes[class_id].lane_ids
    try:
        table = pa.parquet.read_table(path).combine_chunks()
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    missing = [c for c in ("machine", "time", *lanes) if c not in table.column_names]
    if missing:
        raise DataError(f"{path}: got columns {table.column_names}, want also {missing}")
    slots = {i: s for s, i in enumerate(catalogue.machines_ever(class_id))}
    names = table["machine"].to_pandas().astype(str)
    slot = names.map(slots)
    if slot.isna().any():
        got = names[slot.isna()].iloc[0]
        raise DataError(f"{path}: machine: got {got!r}, want one of class {class_id!r}")
    body = np.zeros(table.num_rows, dtype=row_dtype(len(lanes)))
    body["slot"] = slot.to_numpy(dtype=np.uint32)
    body["time"] = table["time"].cast(pa.timestamp("us", "UTC")).to_numpy().astype(np.int64)
    if "quality" in table.column_names:
        body["quality"] = table["quality"].to_numpy()
    for n, lane in enumerate(lanes):
        body["value"][:, n] = table[lane].to_numpy()
    rows = np.concatenate([body, resets])
    return rows[np.argsort(rows["time"], kind="stable")]
