"""Bytes that a reading costs the store: hot in the stream, sealed in a chunk of history."""

import statistics
import time
from pathlib import Path

import numpy as np
import redis
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.core.rows import row_dtype
from twin.errors import DataError
from twin.evaluation.bench.plant import CLASS
from twin.evaluation.bench.scenario import N_SENSORS
from twin.plant import load_plant
from twin.sources.simulator import Simulator
from twin.stores import keys
from twin.stores.chunkcodec import ChunkData, decode_chunk, encode_chunk
from twin.stores.codec import readings_entry
from twin.stores.embedded import EmbeddedStore

__all__ = ["bench_hot", "bench_sealed", "tick"]

N_MACHINES = 500
N_ENTRIES = 400
SEALED_ROWS = 512
BELIEF_WORDS = 16
START_US = 1_772_409_600_000_000


def bench_hot(folder: Path) -> float:
    """Bytes of RAM a reading in the stream, as the server counts them, entries of 500 samples."""
    store = EmbeddedStore(folder, partitions=1)
    try:
        for i in range(N_ENTRIES):
            store.append({0: [readings_entry(CLASS, 1, tick(i, N_MACHINES))]})
        with redis.Redis.from_url(store.server.url) as client:
            used = client.memory_usage(keys.readings(0), samples=0)
    finally:
        store.close()
    return round(float(used or 0) / (N_ENTRIES * N_MACHINES * N_SENSORS), 2)


def tick(i: int, n_machines: int) -> NDArray[np.void]:
    """A sample of every machine at second i, as a transmitter of 12 bits would round it."""
    rng = np.random.default_rng(i)
    rows = np.zeros(n_machines, row_dtype(N_SENSORS))
    rows["slot"] = np.arange(n_machines)
    rows["time"] = 1_700_000_000_000_000 + i * 1_000_000 + rng.integers(0, 5_000, n_machines)
    drift = 20.0 + np.sin(i / 300.0 + np.arange(N_SENSORS))
    rows["value"] = np.round(drift + 0.05 * rng.normal(size=(n_machines, N_SENSORS)), 2)
    return rows


def bench_sealed() -> dict[str, float]:
    """Bytes a reading in sealed chunks of 512 samples, times and the belief they begin with
    included, of every machine of the demonstration plant; and milliseconds to read one."""
    plant = load_plant(Settings().plant)
    rows_of, _ = Simulator(plant, Catalogue().update(plant), seed=1, start_us=START_US).history(1.0)
    n_bytes, n_readings, taken = 0, 0, []
    for class_id, rows in rows_of.items():
        n_words = BELIEF_WORDS * len(plant.classes[class_id].sensor_ids)
        belief = np.random.default_rng(1).normal(size=n_words)
        for slot in np.unique(rows["slot"]):
            own = rows[rows["slot"] == slot][:SEALED_ROWS]
            blob = encode_chunk(ChunkData(1, 1, belief, own))
            start = time.perf_counter()
            if decode_chunk(blob).rows.tobytes() != own.tobytes():
                raise DataError("bench: a chunk came back otherwise than it went in")
            taken.append(time.perf_counter() - start)
            n_bytes += len(blob)
            n_readings += own["value"].size
    per_reading = round(n_bytes / n_readings, 2)
    return {"sealed": per_reading, "read_chunk_ms": round(statistics.median(taken) * 1e3, 3)}
