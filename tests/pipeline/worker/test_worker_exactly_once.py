"""Whatever dies and wherever, every entry is applied exactly once.

The standard is an uninterrupted run over the same entries in a memory store: checkpoints are
compared bit for bit.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from functools import lru_cache
from itertools import pairwise

import pytest
from mortal_store import DeathError, Mortal
from worker_plant import PARTITIONS, entries_of, patient_store, settings_in

from twin.errors import StoreError
from twin.pipeline.site import prepare
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.base import LeaseLostError
from twin.stores.embedded import EmbeddedServer, EmbeddedStore
from twin.stores.redis import RedisStore

N_ENTRIES = 900


@lru_cache
def entries():
    return entries_of(N_ENTRIES)


def fill(store, first=0, last=N_ENTRIES):
    for p, entry in entries()[first:last]:
        store.append({p: [entry]})


def run_to_end(store, settings, p):
    worker = PartitionWorker(store, prepare(store, settings), p, "w")
    assert worker.open()
    while worker.step(0):
        pass
    worker.close()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    store, settings = patient_store(), settings_in(tmp_path_factory.mktemp("whole"))
    prepare(store, settings)
    fill(store)
    for p in range(PARTITIONS):
        run_to_end(store, settings, p)
    return store


def assert_same(store, whole):
    for p in range(PARTITIONS):
        got, want = store.load_checkpoint(p), whole.load_checkpoint(p)
        assert got.state == want.state
        assert got.view == want.view
        assert got.meta == want.meta
    assert store.counters() == whole.counters()
    happened = [repr(event) for _, event in store.last_events(1000)]
    assert len(set(happened)) == len(happened)


@pytest.mark.parametrize("seed", range(6))
def test_death_at_any_call_changes_nothing(seed, tmp_path, uninterrupted, monkeypatch):
    monkeypatch.setattr("twin.pipeline.worker.worker.READ_MAX", 37)
    chance = random.Random(seed)
    store, settings = patient_store(), settings_in(tmp_path)
    site = prepare(store, settings)
    fill(store)
    for p in range(PARTITIONS):
        for life in range(40):
            mortal = Mortal(store, chance.randint(3, 30), chance.random() < 0.5)
            worker = PartitionWorker(mortal, site, p, f"life-{life}")
            try:
                assert worker.open()
                while worker.step(0):
                    pass
            except DeathError:
                worker.abandon()
            store._p[p].lease = None  # its time has run out
        run_to_end(store, settings, p)
    assert_same(store, uninterrupted)


def test_batches_of_any_size_give_the_same_checkpoint(tmp_path, uninterrupted, monkeypatch):
    store, settings = patient_store(), settings_in(tmp_path)
    prepare(store, settings)
    fill(store)
    for p in range(PARTITIONS):
        monkeypatch.setattr("twin.pipeline.worker.worker.READ_MAX", 1 + 6 * p)
        run_to_end(store, settings, p)
    assert_same(store, uninterrupted)


def test_a_replayed_entry_changes_nothing(tmp_path, uninterrupted):
    store, settings = patient_store(), settings_in(tmp_path)
    prepare(store, settings)
    fill(store)
    for p in range(PARTITIONS):
        run_to_end(store, settings, p)
        ids = [i for i, _ in store.entries(p, b"0-0", None, N_ENTRIES)]
        store._p[p].pending.update(dict.fromkeys(ids, "w"))
        run_to_end(store, settings, p)
        assert store._p[p].pending == {}
    assert_same(store, uninterrupted)


def test_a_killed_worker_process_changes_nothing(tmp_path, uninterrupted):
    settings, chance = settings_in(tmp_path), random.Random(7)
    store = EmbeddedStore(settings.data_dir, PARTITIONS)
    prepare(store, settings)
    env = {
        **os.environ,
        "TWIN_PLANT": str(settings.plant),
        "TWIN_REDIS_URL": store.server.url,
        "TWIN_PARTITIONS": str(PARTITIONS),
    }
    command = [sys.executable, "-m", "twin.cli", "worker"]
    cuts = [0, *sorted(chance.sample(range(50, N_ENTRIES - 50), 2)), N_ENTRIES]
    for life, (first, last) in enumerate(pairwise(cuts)):
        worker = subprocess.Popen(command, env=env)
        try:
            before = store.counters().get("applied", 0)
            feeder = threading.Thread(target=_trickle, args=(store, first, last))
            feeder.start()
            if life < 2:
                _until(lambda n=before: store.counters().get("applied", 0) > n)
                time.sleep(chance.uniform(0.0, 0.3))
                worker.kill()
            feeder.join()
            if life == 2:
                _until(lambda: all(store.lag(p).entries == 0 for p in range(PARTITIONS)))
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(60) == 0
        finally:
            worker.kill()
            worker.wait()
    assert_same(store, uninterrupted)
    store.close()


def test_a_killed_server_loses_nothing_it_has_answered(tmp_path, uninterrupted):
    """SIGKILL ends the process, not the host: what the server has written before it answered is
    with the system and survives, fsync or not."""
    settings = settings_in(tmp_path)
    server = EmbeddedServer(settings.data_dir)
    server.start()
    prepare(RedisStore(server.url, PARTITIONS), settings)
    stop = threading.Event()
    workers = [
        threading.Thread(target=_work, args=(server.url, settings, p, stop))
        for p in range(PARTITIONS)
    ]
    source = threading.Thread(target=_resuming_source, args=(server.url,))
    for thread in (*workers, source):
        thread.start()
    for _ in range(2):
        time.sleep(0.4)
        server.process.kill()
        server.process.wait()
        assert server.start()
    source.join()
    store = RedisStore(server.url, PARTITIONS)
    _until(lambda: all(store.lag(p).entries == 0 for p in range(PARTITIONS)))
    stop.set()
    for thread in workers:
        thread.join()
    assert store.position("test") == b"%d" % N_ENTRIES
    assert_same(store, uninterrupted)
    store.close()
    server.stop()


def test_of_two_workers_the_one_that_lost_its_lease_cannot_commit(tmp_path, uninterrupted):
    store, settings = patient_store(), settings_in(tmp_path)
    site = prepare(store, settings)
    fill(store, 0, N_ENTRIES // 2)
    slow = PartitionWorker(store, site, 0, "slow")
    assert slow.open()
    fast = PartitionWorker(store, site, 0, "fast")
    assert not fast.open()
    store._p[0].lease_until = 0.0
    assert fast.open()
    fast.step(0)
    reached = fast.last_id
    fill(store, N_ENTRIES // 2)
    with pytest.raises(LeaseLostError):
        slow.step(0)
    slow.abandon()
    assert store.load_checkpoint(0).last_id == reached
    while fast.step(0):
        pass
    fast.close()
    run_to_end(store, settings, 0)
    run_to_end(store, settings, 1)
    assert_same(store, uninterrupted)


def _trickle(store, first, last):
    for n in range(first, last, 5):
        fill(store, n, min(n + 5, last))
        time.sleep(0.002)


def _resuming_source(url):
    """Appends each entry with its number, and after a failure asks how far it had come."""
    n = 0
    while n < N_ENTRIES:
        try:
            store = RedisStore(url, PARTITIONS)
            n = int(store.position("test") or 0)
            while n < N_ENTRIES:
                p, entry = entries()[n]
                store.append({p: [entry]}, ("test", b"%d" % (n + 1)))
                n += 1
                time.sleep(0.001)
        except StoreError:
            time.sleep(0.05)
    store.close()


def _work(url, settings, p, stop):
    while not stop.is_set():
        try:
            store = RedisStore(url, PARTITIONS)
            worker = PartitionWorker(store, prepare(store, settings), p, f"w{p}")
            while not worker.open():
                time.sleep(0.05)
            while not stop.is_set():
                worker.step(50)
            worker.close()
            store.close()
        except StoreError:
            time.sleep(0.05)


def _until(holds, seconds=120.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
