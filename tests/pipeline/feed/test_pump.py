"""A source with a clock of its own: due times, back-pressure, and exactly once across kills."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event as Stop
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_plant import T0, plant_with

from twin.core.rows import row_dtype
from twin.errors import StoreError
from twin.pipeline.feed.feed import resume
from twin.pipeline.feed.ingest import BACKLOG_MAX, Intake
from twin.pipeline.feed.pump import STANDS, Pump
from twin.plant import ReplaySource
from twin.sources.base import Batch, Source
from twin.sources.replay import Replay, replay_file
from twin.sources.simulator import Simulator
from twin.stores.codec import Readings, decode
from twin.stores.memory import MemoryStore
from twin.types import Event

PLANT, CATALOGUE = plant_with({"pump": 3, "mill": 2})
MINUTE_US = 60_000_000


class KilledError(Exception):
    """Stands for SIGKILL: nothing after it happens."""


class MortalStore(MemoryStore):
    """Dies before or after its nth append: the transaction happened, or it did not."""

    def __init__(self, partitions: int) -> None:
        super().__init__(partitions)
        self.lives, self.before = -1, True

    def append(self, *args: Any, **options: Any) -> None:
        self.lives -= 1
        if self.lives == 0 and self.before:
            raise KilledError
        super().append(*args, **options)
        if self.lives == 0:
            raise KilledError


def all_rows(store: MemoryStore) -> dict[str, np.ndarray]:
    def n_lanes(c: str, version: int) -> int:
        return len(CATALOGUE.lanes(c, version).ids)

    parts: dict[str, list[np.ndarray]] = {"pump": [], "mill": []}
    for p in range(store.partitions):
        for part in decode(store.entries(p, b"0-0", None, 100_000), n_lanes).parts:
            assert isinstance(part, Readings)
            parts[part.class_id].append(part.rows)
    return {c: np.concatenate(p) for c, p in parts.items() if p}


def pump_of(store: MemoryStore, source: Source, speed: float = 0.0, **options: Any) -> Pump:
    intake = Intake(store, source.source_id, PLANT, CATALOGUE, check_clock=False)
    return Pump(store, source, intake, speed, 0, True, **options)


def rows_of_file() -> dict[str, np.ndarray]:
    """250 samples of each machine, each with a value of its own."""
    out = {}
    for class_id, n in (("pump", 3), ("mill", 2)):
        rows = np.zeros(250 * n, row_dtype(len(PLANT.classes[class_id].lane_ids)))
        rows["slot"] = np.repeat(np.arange(n), 250)
        rows["time"] = T0 + np.tile(np.arange(250), n) * MINUTE_US
        rows["value"] = np.arange(len(rows))[:, None]
        out[class_id] = rows
    return out


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=12))
def test_a_replay_killed_anywhere_loses_and_repeats_nothing(kills: list[tuple[int, bool]]) -> None:
    rows = rows_of_file()
    store = MortalStore(3)
    done = False
    for lives, before in [*kills, (-1, True)]:
        store.lives, store.before = lives, before
        source = Replay("file", rows, 1e9, "f")
        resume(store, source)
        try:
            done = pump_of(store, source, 1e9, wall=iter(range(1, 10**9)).__next__).run(Stop())
        except KilledError:
            continue
    assert done
    for class_id, got in all_rows(store).items():
        order = np.lexsort([got["time"], got["slot"]])
        assert got[order].tobytes() == rows[class_id].tobytes()
    assert store.counters()["accepted:file"] == 1250


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("lives", [1, 7, 62, 63, 64, 130])
def test_a_killed_simulation_sends_what_an_unbroken_one_does(lives: int, before: bool) -> None:
    whole = MemoryStore(2)
    pump_of(whole, _Cut(Simulator(PLANT, CATALOGUE, 1, T0), 150)).run(Stop())
    store = MortalStore(2)
    store.lives, store.before = lives, before
    with pytest.raises(KilledError):
        pump_of(store, _Cut(Simulator(PLANT, CATALOGUE, 1, T0), 150)).run(Stop())
    store.lives = -1
    again = Simulator(PLANT, CATALOGUE, 1, T0 if lives == 1 else T0 + 987_654_321)
    resume(store, again)
    n_left = 150 - (again.now_us - T0) // MINUTE_US
    pump_of(store, _Cut(again, n_left)).run(Stop())
    for class_id, rows in all_rows(whole).items():
        want = sorted(r.tobytes() for r in rows)
        assert sorted(r.tobytes() for r in all_rows(store)[class_id]) == want


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=12))
def test_events_of_a_source_killed_anywhere_are_written_once(kills: list[tuple[int, bool]]) -> None:
    rows = rows_of_file()
    events = [Event(T0 + n * 7 * MINUTE_US, "failure", "pump-01", {"n": n}) for n in range(30)]
    store = MortalStore(3)
    for lives, before in [*kills, (-1, True)]:
        store.lives, store.before = lives, before
        source = Replay("file", rows, 1e9, "f", events=events)
        resume(store, source)
        try:
            pump_of(store, source, 1e9, wall=iter(range(1, 10**9)).__next__).run(Stop())
        except KilledError:
            continue
    assert [event for _, event in store.events(b"0-0", 100)] == events


class _Cut:
    """The first n batches of a source."""

    def __init__(self, source: Simulator, n: int) -> None:
        self.source_id, self._source, self._n = source.source_id, source, n

    def resume(self, position: bytes, state: bytes | None) -> None:
        self._source.resume(position, state)

    def batches(self) -> Iterator[Batch]:
        for _ in range(self._n):
            yield self._source.step()

    def describe(self) -> Mapping[str, Any]:
        return self._source.describe()


def test_a_file_is_replayed_at_the_speed_it_is_asked_for(tmp_path: Path) -> None:
    """Ten minutes of plant time at speed 600 take one second of the wall clock."""
    lines = [f"pump-01,{T0 // 1000 + 60_000 * n},{n}" for n in range(11)]
    (tmp_path / "f.csv").write_text("machine,time,flow_m3h\n" + "\n".join(lines))
    mapping = ReplaySource.model_validate(
        {
            "type": "replay",
            "path": "f.csv",
            "time_unit": "ms",
            "epoch": "1970-01-01T00:00:00Z",
            "speed": 600.0,
        }
    )
    source = replay_file("file", mapping, PLANT, CATALOGUE, tmp_path)
    store = MemoryStore(1)
    sent: list[tuple[int, int]] = []
    now = [1_000_000_000]

    class Watched(Stop):
        def wait(self, timeout: float | None = None) -> bool:
            now[0] += max(1, int((timeout or 0) * 1e6))
            return self.is_set()

    def note(entries: Any, *_: Any) -> None:
        sent.append((now[0] - 1_000_000_000, sum(map(len, entries.values()))))

    store.append = note  # type: ignore[method-assign]
    pump_of(store, source, 600.0, wall=lambda: now[0]).run(Watched())
    at = [wall for wall, n in sent if n]
    assert len(at) == 11
    np.testing.assert_allclose(at, np.arange(11) * 100_000, atol=1000)
    clock = store.clock()
    assert (clock.plant_us, clock.speed) == (T0 + 10 * MINUTE_US, STANDS), "then it stands"


def test_what_has_long_been_does_not_seem_to_come_late() -> None:
    """Four hours are taken at once before the clock is drawn: no sample is older than those."""
    source = Replay("file", rows_of_file(), 60.0, "f")
    pump = pump_of(MemoryStore(1), source, 60.0, at_once_until_us=T0 + 300 * MINUTE_US)
    assert pump.run(Stop())
    assert pump.report()["skew"]["most_s"] <= 250 * 60


def test_a_source_waits_while_the_worker_is_behind_and_drops_nothing() -> None:
    store = MemoryStore(1)
    source = Replay("file", rows_of_file(), 1e9, "f")
    store.append({0: [[b"x", b"y"]] * (BACKLOG_MAX + 1)})
    stop = Stop()
    waits = []

    class Impatient(Stop):
        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            waits.append(1)
            if len(waits) == 20:
                self.set()
            return self.is_set()

    assert pump_of(store, source, 1e9).run(Impatient()) is False
    assert store.position("file") is None
    assert store.counters().get("accepted:file", 0) == 0
    del store._p[0].readings.ids[:], store._p[0].readings.items[:]
    assert pump_of(store, Replay("file", rows_of_file(), 1e9, "f"), 1e9).run(stop)
    assert store.counters()["accepted:file"] == 1250


def test_a_store_that_fails_ends_the_pump_with_its_error() -> None:
    store = MemoryStore(1)

    def fail(*_: Any, **__: Any) -> None:
        raise StoreError("gone")

    store.append = fail  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="gone"):
        pump_of(store, Replay("file", rows_of_file(), 0.0, "f")).run(Stop())
