"""A plant that sends every machine's sample once a second: `python -m … URL MACHINES SECONDS`."""

import sys
import time

import numpy as np

from twin.evaluation.bench.memory import tick
from twin.evaluation.bench.plant import CLASS
from twin.stores.codec import readings_entry
from twin.stores.redis import RedisStore

TICKS_PER_S = 100


def produce(url: str, n_machines: int, seconds: int) -> None:
    """Append a hundredth of the machines every 10 ms, stamped just before, then end."""
    store = RedisStore(url, 1)
    groups = np.array_split(np.arange(n_machines), TICKS_PER_S)
    sample = tick(0, n_machines)
    start = time.monotonic()
    for i in range(seconds * TICKS_PER_S):
        rows = sample[groups[i % TICKS_PER_S]]
        time.sleep(max(0.0, start + i / TICKS_PER_S - time.monotonic()))
        rows["time"] = time.time_ns() // 1000
        store.append({0: [readings_entry(CLASS, 1, rows)]})
    store.close()


if __name__ == "__main__":
    produce(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
