"""A simulated history on disk is the history that was simulated, and can be replayed."""

from pathlib import Path

import numpy as np
import pytest
from small_plant import DEMO, demo

from twin.catalogue import Catalogue
from twin.core.rows import RESET
from twin.errors import DataError
from twin.plant import ReplaySource
from twin.sources.history import EPOCH_US, read_history, write_history
from twin.sources.replay import replay_file
from twin.sources.simulator import Simulator

CATALOGUE = Catalogue().update(demo())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("history")
    write_history(DEMO, out, days=12, seed=4, period_s=900, progress=False)
    return out


def in_order(rows: np.ndarray) -> bytes:
    return rows[np.lexsort([rows["slot"], rows["time"]])].tobytes()


def test_what_was_written_is_read_as_it_was_simulated(folder: Path) -> None:
    rows, events = Simulator(demo(), CATALOGUE, 4, EPOCH_US, period_s=900).history(12)
    history = read_history(folder, demo(), CATALOGUE)
    assert history.rows.keys() == rows.keys()
    for class_id, simulated in rows.items():
        ended = simulated[simulated["time"] <= history.rows[class_id]["time"].max()]
        assert in_order(history.rows[class_id]) == in_order(ended)
    assert [(e.time, e.kind, e.machine_id, e.detail["mode"]) for e in history.events] == [
        (e.time, e.kind, e.machine_id, e.detail["mode"]) for e in events
    ]
    assert sum(e.kind == "failure" for e in events) > 5


def test_a_history_replays_with_its_repairs_and_failures(folder: Path) -> None:
    source = ReplaySource(type="replay", path=folder.name, speed=0.0)
    history = read_history(folder, demo(), CATALOGUE)
    batches = list(replay_file("h", source, demo(), CATALOGUE, folder.parent).batches())
    for class_id, rows in history.rows.items():
        sent = np.concatenate([b.rows[class_id] for b in batches if class_id in b.rows])
        assert in_order(sent) == in_order(rows)
    last = batches[-1].due_us or 0
    assert [e for b in batches for e in b.events] == [e for e in history.events if e.time <= last]


def test_repairs_beside_a_file_begin_machines_anew(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "machine,time,flow_m3h\npump-01,2025-01-01T00:00:00Z,1\npump-01,2025-01-01T02:00:00Z,2\n"
    )
    (tmp_path / "e.csv").write_text(
        "time,kind,machine,mode\n"
        "2025-01-01T00:30:00Z,failure,pump-01,seal\n2025-01-01T01:00:00Z,repair,pump-01,seal\n"
    )
    source = ReplaySource(type="replay", path="r.csv", events="e.csv", speed=0.0)
    (batch,) = replay_file("f", source, demo(), CATALOGUE, tmp_path).batches()
    slot = CATALOGUE.slot("pump-01").slot
    assert batch.rows["pump"]["slot"].tolist() == [slot, slot | int(RESET), slot]
    assert [e.kind for e in batch.events] == ["failure", "repair"]


def test_a_folder_of_something_else_says_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("when,what\n")
    with pytest.raises(DataError, match=r"events\.csv.*want columns time"):
        read_history(tmp_path, demo(), CATALOGUE)
    (tmp_path / "events.csv").write_text("time,kind,machine\n")
    with pytest.raises(DataError, match="readings_"):
        read_history(tmp_path, demo(), CATALOGUE)
