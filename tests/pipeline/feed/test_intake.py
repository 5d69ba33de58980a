"""Intake: what goes in comes out, once and in order; what cannot is kept with its reason."""

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_plant import T0, plant_with

from twin.core.rows import RESET, row_dtype
from twin.pipeline.feed.ingest import AHEAD_US, ENTRY_ROWS, Intake, congested
from twin.sources.base import Batch, Reject
from twin.stores.codec import Readings, decode
from twin.stores.memory import MemoryStore
from twin.types import Event

PLANT, CATALOGUE = plant_with({"pump": 5, "mill": 3})
PERIOD_US = 60_000_000


def rows_of(class_id: str, samples: list[tuple[int, int]]) -> np.ndarray:
    """Rows from (slot, number of the period); every value tells slot and time."""
    rows = np.zeros(len(samples), row_dtype(len(PLANT.classes[class_id].lane_ids)))
    rows["slot"] = [s for s, _ in samples]
    rows["time"] = [T0 + n * PERIOD_US for _, n in samples]
    rows["value"] = rows["slot"][:, None] * 1000 + (rows["time"] - T0)[:, None] / PERIOD_US
    return rows


def stored(store: MemoryStore, class_id: str) -> dict[int, np.ndarray]:
    """Rows of a class by partition, as a worker reads them."""

    def n_lanes(c: str, version: int) -> int:
        return len(CATALOGUE.lanes(c, version).ids)

    out = {}
    for p in range(store.partitions):
        batch = decode(store.entries(p, b"0-0", None, 10_000), n_lanes)
        assert batch.rejects == []
        parts = [x.rows for x in batch.parts if isinstance(x, Readings) and x.class_id == class_id]
        out[p] = np.concatenate(parts) if parts else rows_of(class_id, [])
    return out


def intake(store: MemoryStore, reorder_us: int = 0, **options: bool) -> Intake:
    return Intake(store, "src", PLANT, CATALOGUE, reorder_us=reorder_us, **options)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50)), max_size=30), max_size=8),
    st.sampled_from([0, 2_000_000]),
)
def test_every_row_is_stored_once_in_its_machine_s_partition(
    batches: list[list[tuple[int, int]]], reorder_us: int
) -> None:
    store = MemoryStore(3)
    sink = intake(store, reorder_us, check_clock=False)
    for n, samples in enumerate(batches):
        sink.offer(Batch({"pump": rows_of("pump", samples)}), n * 1000, T0)
        sink.flush(n * 1000)
    sink.flush(2**62)
    by_partition = stored(store, "pump")
    for p, rows in by_partition.items():
        assert (rows["slot"] % 3 == p).all()
    everything = np.concatenate(list(by_partition.values()))
    want = sorted(s for samples in batches for s in samples)
    got = sorted((int(r["slot"]), (int(r["time"]) - T0) // PERIOD_US) for r in everything)
    assert got == want
    assert np.array_equal(
        everything["value"][:, 0],
        everything["slot"] * 1000.0 + [(int(t) - T0) / PERIOD_US for t in everything["time"]],
    )
    if not reorder_us:
        for slot in range(5):
            times = by_partition[slot % 3]
            times = times["time"][times["slot"] == slot]
            arrived = [T0 + n * PERIOD_US for b in batches for s, n in b if s == slot]
            assert times.tolist() == arrived
    assert store.counters().get("accepted:src", 0) == len(want)


def test_entries_are_of_a_thousand_samples_at_most_and_gather_small_batches() -> None:
    store = MemoryStore(1)
    sink = intake(store, check_clock=False)
    for n in range(25):
        sink.offer(Batch({"pump": rows_of("pump", [(s % 5, n) for s in range(100)])}), 0, T0)
    sink.flush(0)
    entries = store.entries(0, b"0-0", None, 100)
    sizes = [int(fields[fields.index(b"n") + 1]) for _, fields in entries if fields]
    assert sizes == [ENTRY_ROWS, ENTRY_ROWS, 500]


def test_samples_ahead_of_the_clock_are_kept_aside_with_reason_and_payload() -> None:
    store = MemoryStore(2)
    sink = intake(store)
    rows = rows_of("mill", [(0, 0), (1, 6), (2, 5)])
    rows["time"][2] = T0 + AHEAD_US
    sink.offer(Batch({"mill": rows}), 0, T0)
    sink.flush(0)
    kept = np.concatenate(list(stored(store, "mill").values()))
    assert sorted(kept["slot"].tolist()) == [0, 2]
    assert store.counters() == {"accepted:src": 2, "rejected:src:ahead_of_clock": 1}
    (_, reject) = store.rejected(10)[0]
    assert (reject["source"], reject["reason"]) == (b"src", b"ahead_of_clock")
    payload = orjson.loads(reject["payload"])
    assert (payload["machine"], payload["time"]) == ("mill-02", T0 + 6 * PERIOD_US)


def test_an_infinite_value_is_bad_and_its_neighbours_are_kept() -> None:
    store = MemoryStore(1)
    sink = intake(store)
    rows = rows_of("mill", [(0, 0)])
    rows["value"][0, 3] = np.inf
    sink.offer(Batch({"mill": rows}), 0, T0)
    sink.flush(0)
    row = stored(store, "mill")[0][0]
    assert np.isnan(row["value"][3])
    assert row["quality"] == 1 << 3
    assert np.isfinite(row["value"]).sum() == len(row["value"]) - 1
    assert store.counters()["rejected:src:out_of_range"] == 1


def test_a_source_s_own_rejects_are_counted_by_source_and_reason() -> None:
    store = MemoryStore(1)
    sink = intake(store)
    rejects = [
        Reject("not_a_number", "got 'x'", b'{"a":"x"}'),
        Reject("not_json", "", b"{"),
        Reject("not_json", "", b"}"),
    ]
    sink.offer(Batch({}, (), rejects, more={"not_a_number": 40}), 0, T0)
    sink.flush(0)
    assert store.counters() == {"rejected:src:not_a_number": 41, "rejected:src:not_json": 2}
    assert {r["payload"] for _, r in store.rejected(10)} == {b'{"a":"x"}', b"{", b"}"}


def test_position_never_runs_ahead_of_a_sample_that_waits() -> None:
    store = MemoryStore(1)
    sink = intake(store, 2_000_000)

    def offer(n: int, wall: int) -> bytes | None:
        batch = Batch({"pump": rows_of("pump", [(0, n)])}, (), (), b"%d" % n)
        sink.offer(batch, wall, T0 + 100 * PERIOD_US)
        sink.flush(wall)
        return store.position("src")

    assert offer(0, 0) == b"0"
    assert offer(2, 10) == b"0", "it waits behind a gap"
    assert offer(3, 20) == b"0"
    assert offer(1, 30) == b"1", "the gap is closed: all are stored"
    assert offer(9, 40) == b"1"
    sink.flush(40 + 2_000_000)
    assert store.position("src") == b"9"


def test_a_reset_keeps_its_place_among_its_machine_s_samples() -> None:
    store = MemoryStore(1)
    sink = intake(store, 2_000_000)
    rows = rows_of("pump", [(0, 0), (0, 1), (0, 2)])
    rows["slot"][1] |= RESET
    sink.offer(Batch({"pump": rows}), 0, T0 + 10 * PERIOD_US)
    sink.flush(0)
    assert stored(store, "pump")[0]["slot"].tolist() == [0, int(RESET), 0]


def test_events_and_state_follow_the_batch_they_came_with() -> None:
    store = MemoryStore(1)
    sink = intake(store)
    event = Event(T0, "failure", "pump-01", {"mode": "seal"})
    sink.offer(Batch({}, [event], (), b"1", b"all of it"), 0, T0)
    sink.flush(0)
    assert [e for _, e in store.last_events(5)] == [event]
    assert (store.position("src"), store.position("src.state")) == (b"1", b"all of it")


@pytest.mark.parametrize("limit", [0, 3])
def test_a_worker_that_is_behind_slows_the_sources(limit: int) -> None:
    store = MemoryStore(1)
    sink = intake(store, check_clock=False)
    for n in range(limit + 1):
        assert not congested(store, limit)
        sink.offer(Batch({"pump": rows_of("pump", [(0, n)])}), 0, T0)
        sink.flush(0)
    assert congested(store, limit)
