"""From the store's stream to the view: readings a second of one worker, ours and a naive one.

Read, decode, filter with all monitors, failure risk, view, one transaction, acknowledgement. The
server runs beside it on the same machine. History is kept too: what a worker does, it does here.
"""

import statistics
import time
from pathlib import Path
from typing import Any

import redis

from twin.evaluation.bench.memory import tick
from twin.evaluation.bench.naive import NaiveWorker, publish
from twin.evaluation.bench.plant import CLASS, bench_site
from twin.evaluation.bench.scenario import N_SENSORS
from twin.pipeline.worker.run import warm_up
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.codec import readings_entry
from twin.stores.embedded import EmbeddedStore

__all__ = ["bench_end_to_end"]

N_MACHINES = 1_000
ENTRIES = 1_000
"""Of a turn: one batch as large as the worker takes, 8 M readings."""
ROUNDS = 7
NAIVE_MACHINES = 100
NAIVE_TICKS = 5


def bench_end_to_end(folder: Path) -> dict[str, Any]:
    """Rates of turns taken in alternation; the first of each is not counted."""
    store = EmbeddedStore(folder, partitions=1)
    client = redis.Redis.from_url(store.server.url)
    try:
        site = bench_site(store, N_MACHINES)
        warm_up(site)
        for i in range((ROUNDS + 1) * ENTRIES):
            store.append({0: [readings_entry(CLASS, 1, tick(i, N_MACHINES))]})
        for i in range((ROUNDS + 1) * NAIVE_TICKS):
            publish(client, "bench", tick(i, NAIVE_MACHINES))
        naive = NaiveWorker(client, "bench", N_SENSORS)
        worker = PartitionWorker(store, site, 0, "bench")
        worker.open()
        ours, theirs = [], []
        for _ in range(ROUNDS + 1):
            ours.append(_ours(worker))
            theirs.append(_naive(naive))
        worker.close()
    finally:
        client.close()
        store.close()
    return _figures(sorted(ours[1:]), sorted(theirs[1:]))


def _ours(worker: PartitionWorker) -> float:
    """Readings a second of one worker that finds ENTRIES entries and more waiting."""
    start = time.perf_counter()
    done = 0
    while done < ENTRIES:
        done += worker.step(block_ms=0)
    return done * N_MACHINES * N_SENSORS / (time.perf_counter() - start)


def _naive(worker: NaiveWorker) -> float:
    start = time.perf_counter()
    n_messages = worker.run_once(NAIVE_TICKS * NAIVE_MACHINES)
    return n_messages * N_SENSORS / (time.perf_counter() - start)


def _figures(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    rate, naive = statistics.median(ours), statistics.median(theirs)
    return {
        "readings_per_s": round(rate),
        "naive_readings_per_s": round(naive),
        "x_naive": round(rate / naive, 1),
        "spread": [round(ours[0] / rate, 3), round(ours[-1] / rate, 3)],
    }
