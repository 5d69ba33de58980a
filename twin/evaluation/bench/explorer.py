"""How long a window of a long history takes, by its width: ten million samples of eight sensors.

Milliseconds from the question to the numbers of three drawn lines, the median of some windows side
by side; `first` is the first question ever asked of the store.
"""

import statistics
import time
from pathlib import Path

import numpy as np

from twin.catalogue import Catalogue
from twin.core.rows import row_dtype
from twin.core.trend import new_state, trace
from twin.evaluation.bench.plant import CLASS, bench_plant
from twin.modelfile import default_model
from twin.pipeline.history.explore import Explorer
from twin.plant import Plant
from twin.stores.base import Chunk, Seal, Store
from twin.stores.chunkcodec import ChunkData, encode_chunk
from twin.stores.embedded import EmbeddedStore
from twin.stores.overviewcodec import summarise

__all__ = ["bench_explorer"]

N_SAMPLES = 10_000_000
CHUNK_ROWS = 512
WIDTHS = (10_000_000, 2_500_000, 500_000, 100_000, 20_000, 3_600, 600)
SENSORS = ("s0", "s1", "s2")
WINDOWS = 5
START_US = 1_772_409_600_000_000
SECOND_US = 1_000_000


def bench_explorer(folder: Path, n_samples: int = N_SAMPLES) -> dict[str, float]:
    """Milliseconds a view by samples in it, and of the first view of all; `samples`: how many."""
    store = EmbeddedStore(folder, partitions=1)
    try:
        plant = bench_plant(1)
        _fill(store, plant, n_samples)
        explorer = Explorer(store, plant)
        first = _view_ms(explorer, 0, n_samples)
        widths = [width for width in WIDTHS if width <= n_samples]
        found = {str(width): _median_ms(explorer, n_samples, width) for width in widths}
    finally:
        store.close()
    return {"samples": float(n_samples), "first": first, **found}


def _median_ms(explorer: Explorer, n_samples: int, width: int) -> float:
    """Windows side by side around the middle, as one pans; the first of them is not counted."""
    begin = (n_samples - width) // 2
    step = min(width // 8, begin // (WINDOWS + 1))
    times = [_view_ms(explorer, begin + n * step, width) for n in range(WINDOWS + 1)]
    return round(statistics.median(times[1:]), 1)


def _view_ms(explorer: Explorer, begin: int, width: int) -> float:
    start = START_US + begin * SECOND_US
    begun = time.perf_counter()
    explorer.view("m0", SENSORS, start, start + width * SECOND_US)
    return round(1000 * (time.perf_counter() - begun), 1)


def _fill(store: Store, plant: Plant, n_samples: int) -> None:
    """A sample a second, sealed as a worker seals: rows, belief before them, overview."""
    machine_class = plant.classes[CLASS]
    trend = default_model(CLASS, machine_class).trend(machine_class)
    store.set_catalogue(Catalogue().update(plant).to_json().encode())
    lease = store.lease(0, "bench", 3_600_000)
    assert lease is not None
    state = new_state(trend, np.array([START_US]))
    rng, m = np.random.default_rng(1), len(machine_class.sensors)
    width = str(state.shape[1])
    for number in range(n_samples // CHUNK_ROWS):
        rows = np.zeros(CHUNK_ROWS, row_dtype(m))
        at = number * CHUNK_ROWS + np.arange(CHUNK_ROWS)
        rows["time"] = START_US + at * SECOND_US
        noise = 0.3 * rng.normal(size=(CHUNK_ROWS, m))
        rows["value"] = np.round(20.0 + np.sin(at / 40_000.0)[:, None] + noise, 2)
        data = ChunkData(1, 0, state[0].copy(), rows)
        trace(trend, state, rows)
        times = int(rows["time"][0]), int(rows["time"][-1])
        overview = summarise(number, data, trend.layout)
        chunk = Chunk("m0", number, *times, encode_chunk(data), overview)
        meta = {f"width:{CLASS}": width, f"model:{CLASS}": "0", f"lanes:{CLASS}": "1"}
        seal = Seal(b"%d-0" % (number + 1), meta, {CLASS: state.tobytes()})
        store.seal(lease, seal, [chunk], -(1 << 62))
