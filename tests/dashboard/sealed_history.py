"""A machine's rows sealed into a store chunk by chunk, as its worker would, and rows to seal."""

import numpy as np

from twin.catalogue import Catalogue
from twin.core.rows import row_dtype
from twin.core.trend import new_state, trace
from twin.modelfile import default_model
from twin.plant import Plant
from twin.stores.base import FIRST_ID, Chunk, Lease, Seal, Store
from twin.stores.chunkcodec import ChunkData, encode_chunk
from twin.stores.overviewcodec import summarise

CHUNK_ROWS = 256


def wandering_rows(plant: Plant, machine_id: str, start_us: int, n: int, period_s: float, seed=4):
    """Samples of a machine that wanders about the middle of its normal ranges, two decimals."""
    machine = next(m for m in plant.machines if m.id == machine_id)
    machine_class = plant.class_of(machine)
    rng = np.random.default_rng(seed)
    low, high = np.array([s.normal for s in machine_class.sensors]).T
    rows = np.zeros(n, row_dtype(len(machine_class.sensors) + len(machine_class.inputs)))
    rows["time"] = start_us + (np.arange(n) * period_s * 1e6).astype(np.int64)
    walk = np.cumsum(rng.normal(0.0, 0.01, (n, len(low))), axis=0)
    noise = rng.normal(0.0, 0.03, (n, len(low)))
    m = len(low)
    rows["value"][:, :m] = np.round((low + high) / 2 + (high - low) * (walk + noise), 3)
    rows["value"][:, m:] = [0.6 * u.range[1] for u in machine_class.inputs]
    return rows


def seal_rows(
    store: Store, lease: Lease, catalogue: Catalogue, plant: Plant, machine_id: str, rows
) -> None:
    """Seal rows of a machine by time, the class's prior before the first; overviews with them."""
    place = catalogue.slot(machine_id)
    machine_class = plant.classes[place.class_id]
    model = default_model(place.class_id, machine_class)
    trend = model.trend(machine_class)
    state = new_state(trend, np.array([int(rows["time"][0]) - 86_400_000_000]))
    rows = rows.copy()
    rows["slot"] = place.slot
    lanes = catalogue.lane_version(place.class_id)
    local = place.slot // store.partitions
    for number, first in enumerate(range(0, len(rows), CHUNK_ROWS)):
        own = rows[first : first + CHUNK_ROWS]
        data = ChunkData(lanes, model.version, state[0].copy(), own)
        applied = own.copy()
        applied["slot"] = 0
        trace(trend, state, applied)
        beliefs = np.zeros((local + 1, state.shape[1]))
        beliefs[local] = state[0]
        c = place.class_id
        meta = {f"width:{c}": str(state.shape[1]), f"model:{c}": str(model.version)}
        meta |= {f"lanes:{c}": str(lanes), "number": str(number)}
        times = int(own["time"].min()), int(own["time"].max())
        overview = summarise(number, data, trend.layout)
        chunk = Chunk(machine_id, number, *times, encode_chunk(data), overview)
        seal = Seal(FIRST_ID, meta, {c: beliefs.tobytes()})
        store.seal(lease, seal, [chunk], -(1 << 62))
