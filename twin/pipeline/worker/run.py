"""The worker as a process: it takes every partition that nobody holds, and keeps those it has."""

import os
import socket
import sys
import threading
import time
from collections.abc import Sequence

import numpy as np
import orjson

from twin.config import Settings
from twin.core.rows import row_dtype
from twin.errors import StoreError, TwinError
from twin.pipeline.gauge import rss_bytes
from twin.pipeline.site import Site, prepare
from twin.pipeline.worker.partition import PartitionTwin
from twin.pipeline.worker.worker import PartitionWorker, SiteChangedError
from twin.stores.base import LeaseLostError, Store
from twin.stores.codec import Readings
from twin.stores.embedded import open_store
from twin.stores.packing import pack_floats

__all__ = ["run_worker", "warm_up"]

HEARTBEAT_S = 2.0
RETRY_S = (0.2, 5.0)


def run_worker(
    settings: Settings,
    partitions: Sequence[int] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Own partitions (None: any that are free) until told to stop. Raises TwinError at start."""
    stop = threading.Event() if stop is None else stop
    every = range(settings.partitions)
    own = every if partitions is None else partitions
    name = "worker" if set(own) == set(every) else f"worker-{'-'.join(map(str, own))}"
    sys.setswitchinterval(0.0005)
    store = open_store(settings)
    try:
        prepare(store, settings)
        counts: dict[int, int] = {}
        threads = [
            threading.Thread(target=_keep, args=(store, settings, p, name, stop, counts))
            for p in own
        ]
        for thread in threads:
            thread.start()
        _beat(store, name, threads, counts, stop)
        for thread in threads:
            thread.join()
    finally:
        store.close()


def _keep(
    store: Store,
    settings: Settings,
    p: int,
    name: str,
    stop: threading.Event,
    counts: dict[int, int],
) -> None:
    """Hold one partition for good: lost leases and stores come back, and so do we."""
    owner, wait = f"{socket.gethostname()}-{os.getpid()}-{p}", RETRY_S[0]
    while not stop.is_set():
        try:
            site = prepare(store, settings)
            warm_up(site)
            worker = PartitionWorker(store, site, p, owner)
            if not worker.open():
                stop.wait(RETRY_S[0])
                continue
        except TwinError as error:  # the plant file may have faults while somebody edits it
            print(f"{name}: partition {p}: {error}", file=sys.stderr, flush=True)
            stop.wait(wait)
            wait = min(2 * wait, RETRY_S[1])
            continue
        wait = RETRY_S[0]
        _hold(worker, stop, counts)


def _hold(worker: PartitionWorker, stop: threading.Event, counts: dict[int, int]) -> None:
    """Work on an open partition until told to stop or until it is lost."""
    try:
        while not stop.is_set():
            n = worker.step()
            counts[worker.p] = counts.get(worker.p, 0) + n
        worker.close()
    except SiteChangedError:
        worker.close()
    except LeaseLostError as error:
        print(f"worker: {error}; starting again", file=sys.stderr, flush=True)
        worker.abandon()
    except StoreError as error:
        print(f"worker: {error}; again from the checkpoint", file=sys.stderr, flush=True)
        worker.abandon()


def _beat(
    store: Store,
    name: str,
    threads: Sequence[threading.Thread],
    counts: dict[int, int],
    stop: threading.Event,
) -> None:
    """Write a heartbeat until told to stop; a thread that died ends the process with it."""
    while not stop.is_set():
        if not all(thread.is_alive() for thread in threads):
            stop.set()
            raise StoreError(f"{name}: a partition's thread has failed, see above")
        state = {"time": time.time_ns() // 1000, "pid": os.getpid(), "state": "running"}
        done = {"entries": sum(counts.values()), "rss_bytes": rss_bytes()}
        try:
            store.heartbeat(name, orjson.dumps({**state, **done}))
        except StoreError as error:
            print(f"{name}: {error}", file=sys.stderr, flush=True)
        stop.wait(HEARTBEAT_S)


def warm_up(site: Site) -> None:
    """Compile, or load from the cache, what is compiled before a lease is held."""
    pack_floats(np.ones(2, dtype=np.float32))
    twin = PartitionTwin(0, 1, site.plant, site.catalogue)
    twin.start(site.models, None)
    for c, own in twin.twins.items():
        lanes = len(own.machine_class.lane_ids)
        empty = Readings(c, site.catalogue.lane_version(c), np.zeros(0, row_dtype(lanes)))
        twin.apply(empty)
