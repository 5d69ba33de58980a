"""Laws of every source that resumes: simulator and replay."""

import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))

from small_plant import T0, plant_with

from twin.core.rows import row_dtype
from twin.sources.base import Batch, Source
from twin.sources.replay import Replay
from twin.sources.simulator import Simulator

PLANT, CATALOGUE = plant_with({"pump": 3, "compressor": 2})


def simulator() -> Source:
    return Simulator(PLANT, CATALOGUE, 6, T0)


def replay() -> Source:
    rows, events = Simulator(PLANT, CATALOGUE, 6, T0).history(0.2)
    return Replay("replay", rows, 2000.0, "one", events=events)


Make = Callable[[], Source]
sources = pytest.mark.parametrize("make", [simulator, replay])
N = 120


def taken(source: Source, n: int = N) -> list[Batch]:
    return list(islice(source.batches(), n))


def bytes_of(batches: list[Batch]) -> dict[str, bytes]:
    classes = sorted({c for b in batches for c in b.rows})
    return {c: b"".join(b.rows[c].tobytes() for b in batches if c in b.rows) for c in classes}


@sources
def test_rows_are_of_the_plant_s_lanes_and_slots(make: Make) -> None:
    for batch in taken(make()):
        for class_id, rows in batch.rows.items():
            assert rows.dtype == row_dtype(len(PLANT.classes[class_id].lane_ids))
            assert ((rows["slot"] & 0x7FFFFFFF) < CATALOGUE.n_slots(class_id)).all()
            assert not np.isinf(rows["value"]).any()


@sources
def test_batches_fall_due_in_order_and_hold_nothing_of_the_future(make: Make) -> None:
    due = [b.due_us or 0 for b in taken(make())]
    assert due == sorted(due)
    for batch in taken(make()):
        assert all(rows["time"].max() <= batch.due_us for rows in batch.rows.values())
        assert all(e.time <= (batch.due_us or 0) for e in batch.events)


@sources
def test_the_same_source_sends_the_same_bytes(make: Make) -> None:
    assert bytes_of(taken(make())) == bytes_of(taken(make()))


@sources
@pytest.mark.parametrize("n", [1, 17, 61, N - 1])
def test_resuming_from_any_position_sends_what_follows(make: Make, n: int) -> None:
    whole = taken(make())
    state = [b.state for b in whole[:n] if b.state is not None]
    again = make()
    assert whole[n - 1].position is not None
    again.resume(whole[n - 1].position or b"", state[-1] if state else None)
    assert bytes_of(taken(again, N - n)) == bytes_of(whole[n:])


@sources
def test_a_source_says_what_it_is(make: Make) -> None:
    assert make().describe()["type"] in {"simulator", "replay"}
