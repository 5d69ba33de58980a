"""What comes in is counted, dated and compared with what came before, as one would by hand."""

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.core.rows import RESET, row_dtype
from twin.pipeline.feed.ingest import Intake
from twin.pipeline.gateway.gateway import Door
from twin.pipeline.gauge import Gauge, rss_bytes
from twin.plant import load_plant
from twin.sources.base import Batch
from twin.stores.memory import MemoryStore
from twin.types import Clock

MINUTE_US = 60_000_000


def rows_of(samples: list[tuple[int, int]]) -> np.ndarray:
    """Rows of (slot, time), one lane."""
    rows = np.zeros(len(samples), row_dtype(1))
    for n, (slot, time) in enumerate(samples):
        rows[n]["slot"], rows[n]["time"] = slot, time
    return rows


samples = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=12)


@given(st.lists(samples, max_size=5))
def test_order_is_judged_as_one_by_one(batches: list[list[tuple[int, int]]]) -> None:
    """By hand: each sample against the one stored before it of its machine; of an earlier batch,
    the newest counts."""
    gauge, newest = Gauge({"c": 4}), {}
    for batch in batches:
        before, late, again = dict(newest), 0, 0
        for slot, time in batch:
            late += slot in before and time < before[slot]
            again += slot in before and time == before[slot]
            before[slot] = time
            newest[slot] = max(newest.get(slot, time), time)
        assert gauge.stored("c", rows_of(batch)) == (late, again)


def test_repair_is_no_sample_that_comes_again() -> None:
    gauge = Gauge({"c": 1})
    gauge.stored("c", rows_of([(0, 5)]))
    reset = rows_of([(0, 5)])
    reset["slot"] |= RESET
    assert gauge.stored("c", reset) == (0, 0)


def test_age_is_from_the_source_time_to_the_arrival() -> None:
    gauge = Gauge({"c": 3})
    gauge.arrived(np.array([0, 1_000_000, 4_000_000]), 5_000_000)
    gauge.flushed(MINUTE_US, 3)
    assert gauge.report(MINUTE_US)["skew"] == {"median_s": 4.0, "least_s": 1.0, "most_s": 5.0}
    assert gauge.report(3 * MINUTE_US)["skew"] is None


def test_minutes_hold_what_was_stored_in_each() -> None:
    gauge = Gauge({})
    for minute, n in ((10, 4), (10, 6), (12, 7)):
        gauge.flushed(minute * MINUTE_US + 5, n)
    report = gauge.report(12 * MINUTE_US + 30_000_000)
    assert report["minutes"] == [0] * 57 + [10, 0, 7]
    assert report["seconds"] == 30.0
    assert sum(gauge.report(100 * MINUTE_US)["minutes"]) == 0


def test_intake_counts_what_comes_late_and_again() -> None:
    plant = load_plant(Path(Settings().plant))
    catalogue, store = Catalogue().update(plant), MemoryStore(2)
    intake = Intake(store, "s", plant, catalogue, check_clock=False)
    at = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1e6)
    rows = np.zeros(3, row_dtype(len(plant.classes["mill"].lane_ids)))
    rows["time"] = at, at, at - MINUTE_US
    intake.offer(Batch(rows={"mill": rows}), MINUTE_US, at + 2_000_000)
    intake.flush(MINUTE_US)
    assert store.counters() == {"accepted:s": 3, "late:s": 1, "again:s": 1}
    assert intake.gauge.report(MINUTE_US)["skew"]["median_s"] == pytest.approx(2.0)


class Listening(MemoryStore):
    said: threading.Event

    def heartbeat(self, part: str, text: bytes) -> None:
        super().heartbeat(part, text)
        self.said.set()


def test_gateway_says_what_comes_in() -> None:
    plant = load_plant(Path(Settings().plant))
    store, said = Listening(2), threading.Event()
    store.said = said
    store.set_clock(Clock(0, 0, 1.0))
    door = Door(store, plant, Catalogue().update(plant), Settings(), ["gate"])
    assert said.wait(5.0)
    door.close()
    state = orjson.loads(store.heartbeats()["gateway"])
    assert state["sources"]["gate"]["ingest"]["skew"] is None
    assert state["sources"]["gate"]["ingest"]["minutes"] == [0] * 60


def test_memory_of_this_process_is_what_the_system_says() -> None:
    status = Path(f"/proc/{os.getpid()}/status")
    if not status.exists():
        pytest.skip("no /proc here")
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
    assert rss_bytes() == pytest.approx(1024 * int(line.split()[1]), rel=0.1)
    assert rss_bytes(2**30) is None
