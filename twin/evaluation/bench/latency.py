"""From append to view: milliseconds until what was measured is what a screen would read.

A process of its own sends every machine's sample once a second, spread over ticks of 10 ms, each
stamped just before it is appended. The clock stops when the worker's transaction has returned.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from twin.evaluation.bench.plant import bench_site
from twin.pipeline.worker.run import warm_up
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.base import Commit, Entry, Lease
from twin.stores.embedded import EmbeddedStore

__all__ = ["bench_latency"]

SECONDS = 12
WARM_ENTRIES = 200
"""The first two seconds are not counted."""
TIME_AT = slice(8, 16)
"""Where a row keeps its source time."""


class TimedStore(EmbeddedStore):
    """A store that knows how old the readings are when their view is written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, partitions=1)
        self.waiting: list[Entry] = []
        self.ages_us: list[int] = []

    def read_new(self, p: int, consumer: str, count: int, block_ms: int) -> list[Entry]:
        """As the store does, remembering what was read."""
        entries = super().read_new(p, consumer, count, block_ms)
        self.waiting += entries
        return entries

    def commit(self, lease: Lease, commit: Commit) -> None:
        """As the store does; then the readings of this batch are on the screens."""
        super().commit(lease, commit)
        now = time.time_ns() // 1000
        blobs = [fields[-1] for _, fields in self.waiting if fields]
        self.ages_us += [now - int.from_bytes(blob[TIME_AT], "little") for blob in blobs]
        self.waiting.clear()


def bench_latency(folder: Path, n_machines: int) -> dict[str, Any]:
    """Percentiles over the entries of ten seconds."""
    store = TimedStore(folder)
    try:
        site = bench_site(store, n_machines)
        warm_up(site)
        worker = PartitionWorker(store, site, 0, "bench")
        worker.open()
        with _producer(store.server.url, n_machines) as producer:
            while producer.poll() is None:
                worker.step(block_ms=100)
        worker.close()
    finally:
        store.close()
    ages_ms = np.array(store.ages_us[WARM_ENTRIES:]) / 1000.0
    p50, p99, worst = np.percentile(ages_ms, [50, 99, 100])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "max": round(float(worst), 2)}


def _producer(url: str, n_machines: int) -> "subprocess.Popen[bytes]":
    words = ["-m", "twin.evaluation.bench.producer", url, str(n_machines), str(SECONDS)]
    return subprocess.Popen([sys.executable, *words])
