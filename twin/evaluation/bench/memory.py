"""Bytes that a reading costs the store: hot in the stream, sealed in a chunk of history."""

from pathlib import Path
from typing import Any

import numpy as np
import redis
from numpy.typing import NDArray

from twin.core.rows import row_dtype
from twin.evaluation.bench.plant import CLASS
from twin.evaluation.bench.scenario import N_SENSORS
from twin.stores import keys
from twin.stores.codec import readings_entry
from twin.stores.embedded import EmbeddedStore

__all__ = ["bench_hot"]

N_MACHINES = 500
N_ENTRIES = 400


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
