"""Laws of what workers write, which every store keeps: checkpoints, history, overviews."""

from store_bench import commit, entry, numbers, owned

from twin.stores.base import (
    FIRST_ID,
    OVERVIEW_CHUNKS,
    Chunk,
    Run,
    Seal,
    Span,
)
from twin.types import Event


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
