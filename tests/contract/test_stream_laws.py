"""Laws of streams and of their owners, which every store keeps."""

import threading
import time

import pytest
from store_bench import TTL_MS, commit, entry, numbers, owned

from twin.stores.base import (
    FIRST_ID,
    Chunk,
    LeaseLostError,
    Run,
    Seal,
    stream_id,
)
from twin.types import Event


def test_entries_come_in_the_order_of_appending(store):
    owned(store)
    store.append({0: [entry(n) for n in range(5)], 1: [entry(9)]})
    read = store.read_new(0, "w", 1000, 0)
    assert numbers(read) == [0, 1, 2, 3, 4]
    ids = [stream_id(i) for i, _ in read]
    assert ids == sorted(set(ids))


def test_a_read_is_bounded_and_each_entry_is_new_once(store):
    owned(store)
    store.append({0: [entry(n) for n in range(7)]})
    assert numbers(store.read_new(0, "w", 3, 0)) == [0, 1, 2]
    assert numbers(store.read_new(0, "w", 1000, 0)) == [3, 4, 5, 6]
    assert store.read_new(0, "w", 1000, 0) == []


def test_unacknowledged_entries_stay_pending_until_acknowledged(store):
    owned(store)
    store.append({0: [entry(n) for n in range(4)]})
    ids = [i for i, _ in store.read_new(0, "w", 1000, 0)]
    store.ack(0, ids[:2])
    assert numbers(store.read_pending(0, "w", FIRST_ID, 1000)) == [2, 3]
    assert numbers(store.read_pending(0, "w", ids[2], 1000)) == [3]
    store.ack(0, ids)
    assert store.read_pending(0, "w", FIRST_ID, 1000) == []


def test_a_dead_peers_entries_can_be_claimed(store):
    lease = owned(store)
    store.append({0: [entry(n) for n in range(3)]})
    store.read_new(0, "dead", 2, 0)
    assert store.read_pending(0, "w", FIRST_ID, 1000) == []
    assert store.claim(lease, "w") == 2
    assert numbers(store.read_pending(0, "w", FIRST_ID, 1000)) == [0, 1]


def test_a_waiting_read_wakes_when_something_is_appended(store):
    owned(store)
    later = threading.Timer(0.05, store.append, [{0: [entry(1)]}])
    later.start()
    assert numbers(store.read_new(0, "w", 10, 5000)) == [1]
    later.join()


def test_a_waiting_read_gives_up_in_time(store):
    owned(store)
    start = time.monotonic()
    assert store.read_new(0, "w", 10, 50) == []
    assert time.monotonic() - start < 2


def test_position_counters_and_events_are_written_with_the_entries(store):
    assert store.position("csv") is None
    rejects = [{"reason": b"range", "payload": b"x"}]
    events = [Event(1, "failure", "m1", {"mode": None}), Event(2, "repair", "m1", {})]
    store.append({0: [entry(1)]}, ("csv", b"42"), {"accepted:csv": 3}, rejects, events)
    assert store.position("csv.state") is None
    store.append({}, ("csv", b"43"), {"accepted:csv": 4}, state=b"more")
    store.append({}, ("csv", b"44"))
    assert (store.position("csv"), store.position("csv.state")) == (b"44", b"more")
    assert store.counters() == {"accepted:csv": 7}
    assert [fields for _, fields in store.rejected(10)] == rejects
    assert [event for _, event in store.events(FIRST_ID, 9)] == events


def test_a_partition_has_one_owner(store):
    lease = owned(store)
    assert store.lease(0, "other", TTL_MS) is None
    assert store.lease(1, "other", TTL_MS) is not None
    store.release(lease)
    assert store.lease(0, "other", TTL_MS) is not None


def test_a_worker_without_its_lease_writes_nothing(store):
    old = owned(store)
    store.commit(old, commit(b"1-0", [Run("mill", 0, b"first", True)]))
    store.release(old)
    new = store.lease(0, "other", TTL_MS)
    assert new is not None
    chunk = Chunk("m1", 1, 0, 9, b"x")
    for attempt in (
        lambda: store.commit(old, commit(b"2-0", [Run("mill", 0, b"fence", True)])),
        lambda: store.seal(old, Seal(b"2-0", {}, {}), [chunk], 0),
        lambda: store.renew(old, TTL_MS),
        lambda: store.claim(old, "w"),
    ):
        with pytest.raises(LeaseLostError):
            attempt()
    store.release(old)
    store.renew(new, TTL_MS)
    held = store.load_checkpoint(0)
    assert (held.last_id, held.state) == (b"1-0", {"mill": b"first"})
    assert store.chunks("m1", 0, 99) == []


def test_an_expired_lease_writes_nothing_even_if_nobody_took_it(store):
    lease = store.lease(0, "w", 20)
    time.sleep(0.08)
    with pytest.raises(LeaseLostError):
        store.commit(lease, commit(b"1-0"))
    assert store.load_checkpoint(0) is None


def test_renewing_keeps_a_lease(store):
    lease = store.lease(0, "w", 700)
    store.renew(lease, TTL_MS)
    time.sleep(0.75)
    store.commit(lease, commit(b"1-0"))
    assert store.load_checkpoint(0).last_id == b"1-0"


def test_renewing_in_one_thread_does_not_lose_the_commits_of_another(store):
    lease, stop = owned(store), threading.Event()

    def renew():
        while not stop.is_set():
            store.renew(lease, TTL_MS)
            time.sleep(0.002)

    renewing = threading.Thread(target=renew)
    renewing.start()
    try:
        for n in range(200):
            store.commit(lease, commit(b"%d-0" % (n + 1)))
            time.sleep(0.0002)
    finally:
        stop.set()
        renewing.join()
    assert store.load_checkpoint(0).last_id == b"200-0"


def test_entries_lie_between_two_ids(store):
    store.append({0: [entry(n) for n in range(6)]})
    ids = [i for i, _ in store.entries(0, FIRST_ID, None, 1000)]
    assert numbers(store.entries(0, ids[0], ids[3], 1000)) == [1, 2, 3]
    assert numbers(store.entries(0, ids[0], ids[3], 2)) == [1, 2]


def test_lag_counts_what_is_not_in_the_checkpoint(store):
    lease = owned(store)
    assert store.lag(0)[:2] == (0, 0)
    store.append({0: [entry(n) for n in range(5)]})
    assert store.lag(0)[:2] == (5, 5)
    read = store.read_new(0, "w", 3, 0)
    assert store.lag(0).entries == 5
    store.commit(lease, commit(read[1][0]))
    assert store.lag(0)[:2] == (3, 5)
    store.ack(0, [i for i, _ in read])
    assert store.lag(0).age_ms >= 0
