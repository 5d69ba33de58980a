"""Laws that every store keeps. The same suite runs against memory and a real server."""

import threading
import time

import pytest

from twin.errors import StoreError
from twin.stores.base import (
    FIRST_ID,
    OVERVIEW_CHUNKS,
    Chunk,
    Commit,
    DeskCommit,
    LeaseLostError,
    Run,
    Seal,
    Span,
    StaleError,
    check_format,
    stream_id,
)
from twin.stores.embedded import EmbeddedStore
from twin.stores.memory import MemoryStore
from twin.stores.redis import RedisStore
from twin.types import Clock, Event

TTL_MS = 30_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    store = EmbeddedStore(tmp_path_factory.mktemp("store"), partitions=2)
    yield store
    store.close()


@pytest.fixture(params=["memory", "embedded"])
def store(request):
    if request.param == "memory":
        yield MemoryStore(partitions=2)
        return
    held = request.getfixturevalue("server")
    held._link.call("FLUSHALL")
    fresh = RedisStore(held.server.url, partitions=2)
    yield fresh
    fresh.close()


def entry(n):
    return [b"k", b"x", b"n", b"%d" % n]


def numbers(entries):
    return [int(fields[3]) for _, fields in entries]


def commit(last_id, state=(), view=(), **rest):
    return Commit(last_id, {"catalogue": "1"}, state, view, **rest)


def owned(store, p=0):
    lease = store.lease(p, "w", TTL_MS)
    assert lease is not None
    return lease


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


def test_a_commit_shows_everywhere_at_once(store):
    lease = owned(store)
    event = Event(5, "alarm_on", "m1", {"sensor": "temp", "priority": 2})
    runs = [Run("mill", 0, b"abcdef", True)], [Run("mill", 0, b"VIEW", True)]
    extra = {"events": [event], "forecasts": [b"f1", b"f2"], "counters": {"late": 2}}
    store.commit(lease, commit(b"7-1", *runs, **extra))
    held = store.load_checkpoint(0)
    assert held == (b"7-1", {"catalogue": "1"}, {"mill": b"abcdef"}, {"mill": b"VIEW"})
    assert store.views([0, 1], ["mill", "press"]) == {(0, "mill"): b"VIEW"}
    assert [e for _, e in store.events(FIRST_ID, 10)] == [event]
    assert [b for _, b in store.forecasts(0, FIRST_ID, 10)] == [b"f1", b"f2"]
    assert store.counters() == {"late": 2}


def test_runs_replace_only_their_bytes(store):
    lease = owned(store)
    store.commit(lease, commit(b"1-0", [Run("mill", 0, b"abcdef", True)]))
    store.commit(lease, commit(b"2-0", [Run("mill", 1, b"XY"), Run("mill", 5, b"Z!")]))
    assert store.load_checkpoint(0).state == {"mill": b"aXYdeZ!"}


def test_a_run_beyond_the_end_is_filled_with_zeros(store):
    store.commit(owned(store), commit(b"1-0", [Run("mill", 3, memoryview(b"x"))]))
    assert store.load_checkpoint(0).state == {"mill": b"\0\0\0x"}


def test_no_checkpoint_is_none(store):
    assert store.load_checkpoint(0) is None
    assert store.load_seal(0) is None


def test_sealing_trims_what_is_sealed_and_nothing_more(store):
    lease = owned(store)
    store.append({0: [entry(n) for n in range(6)]})
    ids = [i for i, _ in store.entries(0, FIRST_ID, None, 1000)]
    seal = Seal(ids[2], {"layout": "1"}, {"mill": b"belief"})
    store.seal(lease, seal, [], 0)
    assert store.load_seal(0) == seal
    assert numbers(store.entries(0, FIRST_ID, None, 1000)) == [3, 4, 5]


def test_entries_lie_between_two_ids(store):
    store.append({0: [entry(n) for n in range(6)]})
    ids = [i for i, _ in store.entries(0, FIRST_ID, None, 1000)]
    assert numbers(store.entries(0, ids[0], ids[3], 1000)) == [1, 2, 3]
    assert numbers(store.entries(0, ids[0], ids[3], 2)) == [1, 2]


def test_chunks_are_found_by_overlap_and_dropped_by_age(store):
    lease = owned(store)
    made = [Chunk("m1", n, n * 10, n * 10 + 9, b"%d" % n) for n in range(4)]
    for chunk in made:
        store.seal(lease, Seal(b"1-0", {}, {}), [chunk], 0)
    assert store.chunks("m1", 9, 20) == made[:3]
    assert store.chunks("m1", 100, 200) == []
    assert store.chunks("m2", 0, 200) == []
    late = Chunk("m1", 4, 5, 49, b"late")
    store.seal(lease, Seal(b"2-0", {}, {}), [late], keep_us=15)
    assert store.chunks("m1", 0, 12) == [made[1], late]
    assert store.spans("m1") == [Span(c.number, c.start, c.end) for c in (*made[1:], late)]
    assert store.spans("m2") == []
    gone = Span(0, 0, 9)
    assert store.numbered("m1", [Span(4, 5, 49), gone, Span(2, 20, 29)]) == [late, made[2]]
    assert store.seal_id(0) == b"2-0"
    assert store.seal_id(1) is None


def test_overviews_are_joined_by_blocks_and_outlive_their_chunks(store):
    lease = owned(store)
    numbers = 0, 1, OVERVIEW_CHUNKS, 2 * OVERVIEW_CHUNKS
    for n in numbers:
        chunk = Chunk("m1", n, n * 10, n * 10 + 9, b"x", b"<%d>" % n)
        store.seal(lease, Seal(b"1-0", {}, {}), [chunk], keep_us=n * 10, keep_overview_us=5)
    last = 2 * OVERVIEW_CHUNKS
    assert store.spans("m1") == [Span(last, last * 10, last * 10 + 9)]
    assert store.overviews("m1") == {0: b"<0><1>", 1: b"<%d>" % numbers[2], 2: b"<%d>" % last}
    assert store.overviews("m1", after=1) == {2: b"<%d>" % last}
    assert store.overviews("m2") == {}
    newest = Chunk("m1", last + 1, 10**6, 10**6, b"x", b"!")
    store.seal(lease, Seal(b"1-0", {}, {}), [newest], keep_us=0, keep_overview_us=35)
    assert store.overviews("m1", after=-1) == {
        1: b"<%d>" % numbers[2],
        2: b"<%d>!" % last,
    }


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


def test_documents_are_returned_as_written(store):
    assert (store.catalogue(), store.model("mill"), store.plan()) == (None, None, None)
    assert store.clock() == Clock(0, 0, 1.0, False)
    clock = Clock(1_700_000_000_000_000, -5, 60.0, True)
    store.set_clock(clock)
    store.set_plan(b"{}")
    store.add_kpi(b"1")
    store.add_kpi(b"2")
    store.heartbeat("worker", b"h")
    assert (store.clock(), store.plan()) == (clock, b"{}")
    assert [text for _, text in store.kpis(10)] == [b"1", b"2"]
    assert store.heartbeats() == {"worker": b"h"}


def test_a_new_model_or_catalogue_takes_its_place_in_every_stream(store):
    store.append({0: [entry(1)]})
    store.set_model("mill", b"{}", [b"k", b"m", b"n", b"2"])
    store.set_catalogue(b"[]", [b"k", b"c", b"n", b"3"])
    store.set_model("press", b"quiet")
    assert (store.model("mill"), store.catalogue()) == (b"{}", b"[]")
    assert numbers(store.entries(0, FIRST_ID, None, 10)) == [1, 2, 3]
    assert numbers(store.entries(1, FIRST_ID, None, 10)) == [2, 3]


def test_events_page_forward_and_newest_come_first_on_request(store):
    made = [Event(n, "repair", f"m{n}", {"n": n}) for n in range(5)]
    store.add_events(made)
    first = store.events(FIRST_ID, 2)
    assert [e for _, e in first] == made[:2]
    assert [e for _, e in store.events(first[-1][0], 10)] == made[2:]
    assert [e for _, e in store.last_events(2)] == [made[4], made[3]]


def test_actions_are_kept_in_order_under_the_ids_that_were_given(store):
    ids = [store.add_action(b"%d" % n) for n in range(3)]
    assert store.actions(FIRST_ID, 10) == list(zip(ids, [b"0", b"1", b"2"], strict=True))
    assert store.actions(ids[0], 1) == [(ids[1], b"1")]


def test_documents_of_a_kind_are_written_and_removed_together(store):
    store.set_documents("users", {"a": b"1", "b": b"2"})
    store.set_documents("users", {"a": None, "b": b"3", "c": None})
    assert store.documents("users") == {"b": b"3"}
    assert store.documents("kiosks") == {}


def test_a_step_of_the_desk_is_written_as_a_whole(store):
    event = Event(1, "comment", "m1", {})
    made = {"desk": {"position": b"1", "alarms": b"[]"}, "scenarios": {"s": b"{}"}}
    store.commit_desk(DeskCommit(made, ("desk", "position", None), [event], {1: [entry(4)]}))
    assert store.documents("desk") == made["desk"]
    assert store.document("desk", "alarms") == b"[]"
    assert store.document("desk", "nothing") is store.document("nothing", "alarms") is None
    assert store.documents("scenarios") == made["scenarios"]
    assert [e for _, e in store.events(FIRST_ID, 9)] == [event]
    assert numbers(store.entries(1, FIRST_ID, None, 9)) == [4]


def test_a_desk_that_was_overtaken_writes_nothing(store):
    first = DeskCommit({"desk": {"position": b"1"}}, ("desk", "position", None))
    store.commit_desk(first)
    late = [Event(1, "comment", "m1", {})]
    with pytest.raises(StaleError):
        store.commit_desk(first._replace(events=late, entries={0: [entry(1)]}))
    assert store.events(FIRST_ID, 9) == []
    assert store.entries(0, FIRST_ID, None, 9) == []
    store.commit_desk(DeskCommit({"desk": {"position": b"2"}}, ("desk", "position", b"1")))
    assert store.documents("desk") == {"position": b"2"}


def test_info_names_the_server_and_its_clock(store):
    info = store.info()
    assert info.version
    assert abs(info.time_us - time.time_ns() // 1000) < 5_000_000


def test_what_is_read_is_a_copy(store):
    lease = owned(store)
    store.commit(lease, commit(b"1-0", [Run("mill", 0, bytearray(b"abc"), True)]))
    held = store.load_checkpoint(0)
    store.commit(lease, commit(b"2-0", [Run("mill", 0, b"X")]))
    assert held.state == {"mill": b"abc"}


@pytest.mark.parametrize("text", ["2:4", "1:8", "junk"])
def test_another_layout_is_refused_in_words(text):
    check_format("1:4", 4)
    with pytest.raises(StoreError, match="store: "):
        check_format(text, 4)
