"""The gateway's way into the store: 202 means stored, however many knock at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_plant import plant_with

from twin.config import Settings
from twin.core.rows import row_dtype
from twin.errors import StoreError
from twin.pipeline.feed.ingest import BACKLOG_MAX
from twin.pipeline.feed.pump import wall_us
from twin.pipeline.gateway import gateway
from twin.pipeline.gateway.gateway import Door
from twin.sources.base import Batch
from twin.stores.memory import MemoryStore

PLANT, CATALOGUE = plant_with({"pump": 8})
SETTINGS = replace(Settings(), reorder_s=0.2, batch_ms=5.0)
PERIOD_US = 60_000_000


def batch_of(slot: int, *periods: int) -> Batch:
    rows = np.zeros(len(periods), row_dtype(len(PLANT.classes["pump"].lane_ids)))
    rows["slot"] = slot
    rows["time"] = wall_us() - 200 * PERIOD_US + np.array(periods) * PERIOD_US
    return Batch({"pump": rows})


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(2)


@pytest.fixture
def door(store: MemoryStore) -> Any:
    door = Door(store, PLANT, CATALOGUE, SETTINGS, ["a", "b"])
    yield door
    door.close()


def accepted(store: MemoryStore) -> int:
    return sum(n for key, n in store.counters().items() if key.startswith("accepted"))


def test_what_is_said_to_be_stored_is_in_the_streams(store: MemoryStore, door: Door) -> None:
    for n in range(5):
        assert door.accept("a", batch_of(n, 0)) == "stored"
        assert accepted(store) == n + 1


def test_many_who_knock_at_once_share_entries_and_all_get_their_answer(
    store: MemoryStore, door: Door
) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: door.accept("ab"[n % 2], batch_of(n % 8, n)), range(64)))
    assert answers == ["stored"] * 64
    assert accepted(store) == 64
    assert sum(store.lag(p).length for p in range(2)) < 64


def test_a_sample_behind_a_gap_is_answered_when_its_time_is_up(
    store: MemoryStore, door: Door
) -> None:
    def waited(*place: int) -> float:
        start = time.monotonic()
        assert door.accept("a", batch_of(*place)) == "stored"
        return time.monotonic() - start

    quickest = min(waited(slot, 0) for slot in range(5))
    assert waited(0, 9) >= SETTINGS.reorder_s > quickest
    assert accepted(store) == 6


def test_busy_stores_nothing(store: MemoryStore, door: Door) -> None:
    store.append({0: [[b"x", b"y"]] * (BACKLOG_MAX + 1)})
    assert door.accept("a", batch_of(0, 0)) == "busy"
    assert accepted(store) == 0


def test_a_store_that_is_away_is_said_and_its_return_noticed(
    store: MemoryStore, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StoreError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(store, "append", fail)
        assert door.accept("a", batch_of(0, 0)) == "away"
    assert accepted(store) == 0
    assert door.accept("a", batch_of(0, 1)) == "stored"
    assert accepted(store) == 1


def test_an_answer_never_waits_for_ever(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "WAIT_S", 0.05)
    stuck = Door(store, PLANT, CATALOGUE, replace(SETTINGS, batch_ms=2000.0), ["a"])
    assert stuck.accept("a", batch_of(0, 0)) == "away"
    closer = threading.Thread(target=stuck.close)
    closer.start()
    closer.join(10)
    assert not closer.is_alive()
