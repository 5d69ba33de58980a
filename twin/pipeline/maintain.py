"""What the keeper of an installation does with its store: examine, export, back up, restore."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.errors import DataError, StoreError, TwinError
from twin.pipeline.history.history import history
from twin.plant import Plant, load_plant
from twin.stores.base import Store
from twin.stores.embedded import EmbeddedServer, open_store
from twin.stores.redis import RedisStore

__all__ = ["Finding", "backup_store", "examine", "export_history", "restore_store"]

SILENT_S = 15.0
"""A part that has not said for so long that it lives has probably not."""
BEHIND_S = 10.0
SKEW_S = 2.0
MEMORY_SHARE = 0.9
ALWAYS = -(1 << 62), 1 << 62


class Finding(NamedTuple):
    """One thing looked at."""

    ok: bool
    subject: str
    detail: str


def examine(settings: Settings, part: str | None = None) -> list[Finding]:
    """Look at the plant file, the store and the parts; with `part` only at that one's heartbeat."""
    try:
        with _running_store(settings) as store:
            beats = list(_heartbeats(store, part))
            if part is not None:
                return beats or [Finding(False, part, "has never run on this store")]
            return [_plant(settings), *_server(store, settings), *_lag(store), *beats]
    except TwinError as error:
        found = [] if part is not None else [_plant(settings)]
        return [*found, Finding(False, "store", str(error))]


def export_history(
    settings: Settings, machine_id: str, start: str | None, end: str | None, path: Path
) -> int:
    """Write a machine's samples to .csv or .parquet; how many. Raises DataError, StoreError.

    start and end: ISO 8601, without offset in the plant's zone; None: from the first, to the last.
    """
    if path.suffix not in {".csv", ".parquet"}:
        raise DataError(f"{path}: got {path.suffix!r}, want .csv or .parquet")
    plant = load_plant(settings.plant)
    first = ALWAYS[0] if start is None else _moment(start, plant)
    last = ALWAYS[1] if end is None else _moment(end, plant)
    store = open_store(settings)
    try:
        held = store.catalogue()
        if held is None:
            raise DataError("the store holds no plant yet")
        catalogue = Catalogue.from_json(held)
        try:
            lanes = catalogue.lanes(catalogue.slot(machine_id).class_id).ids
        except KeyError:
            raise DataError(f"machine: got {machine_id!r}, want one of the plant's") from None
        rows = history(store, catalogue, machine_id, first, last)
    finally:
        store.close()
    table = _table(rows, lanes)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    return len(rows)


def backup_store(settings: Settings, path: Path) -> None:
    """Write everything the store holds to one file."""
    store = open_store(settings)
    try:
        store.backup(path)
    finally:
        store.close()


def restore_store(settings: Settings, path: Path) -> None:
    """Fill an empty store from a backup. Raises StoreError, DataError."""
    store = open_store(settings)
    try:
        store.restore(path)
    finally:
        store.close()


@contextmanager
def _running_store(settings: Settings) -> Iterator[RedisStore]:
    """The store if it runs: a doctor starts nothing."""
    url = settings.redis_url
    if not url:
        server = EmbeddedServer(settings.data_dir)
        if not server.answers():
            raise StoreError(f"{settings.data_dir}: no embedded store runs here; `twin up` does")
        url = server.url
    store = RedisStore(url, settings.partitions)
    try:
        yield store
    finally:
        store.close()


def _plant(settings: Settings) -> Finding:
    try:
        plant = load_plant(settings.plant)
    except TwinError as error:
        return Finding(False, "plant file", str(error))
    return Finding(True, "plant file", f"{settings.plant}: {len(plant.machines)} machines")


def _server(store: RedisStore, settings: Settings) -> Iterator[Finding]:
    info = store.info()
    where = (settings.redis_url and "TWIN_REDIS_URL") or f"embedded, {settings.data_dir}"
    yield Finding(True, "store", f"{info.server} {info.version}, {where}")
    kept = "append-only file" if info.persistent else "off: a restart of the server loses all"
    yield Finding(info.persistent, "persistence", kept)
    full = info.memory_max_bytes and info.memory_bytes > MEMORY_SHARE * info.memory_max_bytes
    limit = f" of {info.memory_max_bytes / 1e6:.0f}" if info.memory_max_bytes else ", no limit"
    yield Finding(not full, "memory", f"{info.memory_bytes / 1e6:.0f} MB{limit}")
    skew_s = info.time_us / 1e6 - time.time()
    yield Finding(abs(skew_s) <= SKEW_S, "clock", f"server is {skew_s:+.2f} s from this machine")


def _lag(store: Store) -> Iterator[Finding]:
    for p in range(store.partitions):
        lag = store.lag(p)
        age_s = lag.age_ms / 1000.0
        detail = f"{lag.entries} entries behind, oldest {age_s:.1f} s, {lag.length} held"
        yield Finding(age_s <= BEHIND_S, f"partition {p}", detail)


def _heartbeats(store: Store, part: str | None) -> Iterator[Finding]:
    """Every part that has ever beaten; of `part` also its numbered ones."""
    for name, text in sorted(store.heartbeats().items()):
        if part is not None and name != part and not name.startswith(f"{part}-"):
            continue
        age_s = time.time() - orjson.loads(text).get("time", 0) / 1e6
        yield Finding(age_s <= SILENT_S, name, f"last heard of {age_s:.0f} s ago")


def _moment(text: str, plant: Plant) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"time: got {text!r}, want ISO 8601") from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=plant.zone)
    return round(aware.timestamp() * 1e6)


def _table(rows: NDArray[np.void], lanes: tuple[str, ...]) -> pd.DataFrame:
    """Time in UTC, a column a lane, and the quality bits (a lane a bit, see twin.core.rows)."""
    columns: dict[str, object] = {"time": pd.to_datetime(rows["time"], unit="us", utc=True)}
    columns |= {lane: rows["value"][:, n] for n, lane in enumerate(lanes)}
    return pd.DataFrame({**columns, "quality": rows["quality"]})
