"""Replay: the same samples whatever the file looks like; faults set aside; resuming exact."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from small_plant import T0, plant_with

from twin.errors import DataError
from twin.plant import ReplaySource
from twin.sources.base import Batch
from twin.sources.replay import Replay, replay_file

PLANT, CATALOGUE = plant_with({"pump": 2, "mill": 1})
COLUMNS = {"Q": "flow_m3h", "p2": "discharge_bar", "n": "speed_rpm"}
"""flow and pressure of the pumps, speed of the mill."""
TIMES = [T0 + n * 60_000_000 for n in range(4)]
WIDE = pd.DataFrame(
    [
        ("mill-01", TIMES[3], None, None, 4100.0),
        ("pump-01", TIMES[0], 48.5, 4.25, None),
        ("pump-01", TIMES[1], None, 4.5, None),
        ("P2", TIMES[0], 51.0, 4.75, None),
        ("mill-01", TIMES[2], None, None, 4000.0),
        ("P2", TIMES[3], 50.0, 4.0, None),
    ],
    columns=["machine", "time", "Q", "p2", "n"],
)


def iso(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat()


def load(path: Path, **options: Any) -> Replay:
    given = {"columns": COLUMNS, "machines": {"P2": "pump-02"}, "speed": 0.0} | options
    source = ReplaySource.model_validate({"type": "replay", "path": path.name} | given)
    return replay_file("file", source, PLANT, CATALOGUE, path.parent)


def samples(batches: list[Batch]) -> list[tuple[str, int, int, dict[str, float], int]]:
    """(class, slot, time, readings that are there, quality), in the order of sending."""
    out = []
    for batch in batches:
        for class_id, rows in batch.rows.items():
            lanes = PLANT.classes[class_id].lane_ids
            for row in rows:
                there = {
                    lane: float(v)
                    for lane, v in zip(lanes, row["value"], strict=True)
                    if np.isfinite(v)
                }
                out.append(
                    (class_id, int(row["slot"]), int(row["time"]), there, int(row["quality"]))
                )
    return out


WANT = sorted(
    [
        ("pump", 0, TIMES[0], {"flow_m3h": 48.5, "discharge_bar": 4.25}, 0),
        ("pump", 1, TIMES[0], {"flow_m3h": 51.0, "discharge_bar": 4.75}, 0),
        ("pump", 0, TIMES[1], {"discharge_bar": 4.5}, 0),
        ("mill", 0, TIMES[2], {"speed_rpm": 4000.0}, 0),
        ("mill", 0, TIMES[3], {"speed_rpm": 4100.0}, 0),
        ("pump", 1, TIMES[3], {"flow_m3h": 50.0, "discharge_bar": 4.0}, 0),
    ],
    key=lambda s: (s[2], s[0], s[1]),
)


def long_frame() -> pd.DataFrame:
    frame = WIDE.melt(["machine", "time"], ["Q", "p2", "n"], "sensor", "value").dropna()
    return frame.sample(frac=1.0, random_state=4)


def by_time(found: list[tuple[str, int, int, dict[str, float], int]]) -> list[Any]:
    return sorted(found, key=lambda s: (s[2], s[0], s[1]))


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("layout", ["wide", "long"])
@pytest.mark.parametrize("times", ["iso", "us", "s", "timestamp"])
def test_every_form_of_the_file_gives_the_same_samples(
    tmp_path: Path, form: str, layout: str, times: str
) -> None:
    frame = WIDE.copy() if layout == "wide" else long_frame()
    unit = {"timestamp": "iso"}.get(times, times)
    if times == "iso":
        frame["time"] = frame["time"].map(iso)
    elif times == "s":
        frame["time"] = frame["time"] / 1e6
    elif times == "timestamp":
        frame["time"] = pd.to_datetime(frame["time"], unit="us", utc=True)
    path = tmp_path / f"readings.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    replay = load(path, layout=layout, time_unit=unit, epoch=datetime(1970, 1, 1, tzinfo=UTC))
    batches = list(replay.batches())
    found = samples(batches)
    for class_id in ("pump", "mill"):
        sent = [s[2] for s in found if s[0] == class_id]
        assert sent == sorted(sent)
    assert by_time(found) == WANT
    assert [r for b in batches for r in b.rejects] == []


def test_times_without_offset_are_of_the_zone_given(tmp_path: Path) -> None:
    path = tmp_path / "local.csv"
    path.write_text(
        "machine,time,Q\n"
        "pump-01,2025-07-01 12:00:00,1\n"  # 10:00 UTC in summer
        "pump-01,2025-12-01 12:00:00,2\n"  # 11:00 UTC in winter
        "pump-01,2025-10-26 02:30:00,3\n"  # comes twice that night
        "pump-01,2025-03-30 02:30:00,4\n"  # does not come that night
        "pump-01,2025-12-01T12:00:00Z,5\n"
    )
    replay = load(path, timezone="Europe/Berlin", columns={"Q": "flow_m3h"})
    batches = list(replay.batches())
    got = {s[3]["flow_m3h"]: iso(s[2]) for s in samples(batches)}
    assert got == {
        1.0: "2025-07-01T10:00:00+00:00",
        2.0: "2025-12-01T11:00:00+00:00",
        5.0: "2025-12-01T12:00:00+00:00",
    }
    assert [r.reason for b in batches for r in b.rejects] == ["time_unparsable"] * 2


def test_a_file_of_which_nothing_can_be_read_says_so_once_and_counts_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.sources.readings_file.REJECTS_MAX", 3)
    path = tmp_path / "foreign.csv"
    rows = [f"pump-77,{iso(TIMES[0])},1" for _ in range(5)] + ["pump-01,last week,1"] * 2
    path.write_text("\n".join(["machine,time,Q", *rows, ""]))
    replay = load(path, columns={"Q": "flow_m3h"})
    (batch,) = replay.batches()
    assert [r.reason for r in batch.rejects] == ["unknown_machine"] * 3
    assert (batch.more, batch.n_rows) == ({"unknown_machine": 2, "time_unparsable": 2}, 0)
    assert replay.describe()["rejected"] == 7
    again = load(path, columns={"Q": "flow_m3h"})
    again.resume(batch.position or b"", None)
    assert list(again.batches()) == []


def test_faulty_cells_are_set_aside_with_their_line_and_the_rest_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "machine,time,Q,p2\n"
        f"pump-01,{iso(TIMES[0])},n/a,4.5\n"
        f"pump-77,{iso(TIMES[0])},1,2\n"
        "pump-01,last week,1,2\n"
        f"pump-01,{iso(TIMES[1])},,\n"
        f"pump-01,{iso(TIMES[2])},1e99,NaN\n"
    )
    batches = list(load(path, columns={"Q": "flow_m3h", "p2": "discharge_bar"}).batches())
    rejects = [r for b in batches for r in b.rejects]
    assert sorted(r.reason for r in rejects) == [
        "not_a_number",
        "not_a_number",
        "time_unparsable",
        "unknown_machine",
    ]
    assert {orjson.loads(r.payload)["machine"] for r in rejects} == {"pump-01", "pump-77"}
    assert samples(batches) == [
        ("pump", 0, TIMES[0], {"discharge_bar": 4.5}, 0),
        ("pump", 0, TIMES[1], {}, 0),
        ("pump", 0, TIMES[2], {}, 0),
    ]


def test_quality_column_marks_uncertain_and_removes_bad(tmp_path: Path) -> None:
    frame = long_frame()
    frame["time"] = frame["time"].map(iso)
    frame["q"] = np.where(frame["sensor"] == "Q", "bad", "good")
    frame.loc[frame["sensor"] == "n", "q"] = "uncertain"
    frame.to_csv(tmp_path / "q.csv", index=False)
    found = samples(list(load(tmp_path / "q.csv", layout="long", quality="q").batches()))
    flow = PLANT.classes["pump"].lane_ids.index("flow_m3h")
    speed = PLANT.classes["mill"].lane_ids.index("speed_rpm")
    for class_id, _, time, there, quality in found:
        if class_id == "mill":
            assert quality == 1 << speed
            assert "speed_rpm" in there
        else:
            assert "flow_m3h" not in there
            assert quality == (0 if time == TIMES[1] else 1 << flow)


@pytest.mark.parametrize("done", range(7))
def test_resuming_after_any_sample_sends_exactly_the_others(tmp_path: Path, done: int) -> None:
    frame = WIDE.assign(time=WIDE["time"].map(iso))
    frame.to_csv(tmp_path / "f.csv", index=False)
    whole = load(tmp_path / "f.csv", speed=1e-9)
    one_by_one = list(whole.batches())
    sent = [n for b in one_by_one for n in range(b.n_rows)]
    assert len(sent) == 6
    position = orjson.dumps(
        {"file": orjson.loads(one_by_one[0].position or b"")["file"], "done": done}
    )
    again = load(tmp_path / "f.csv", speed=0.0)
    again.resume(position, None)
    assert by_time(samples(list(again.batches()))) == by_time(samples(one_by_one)[done:])


def test_another_file_begins_at_its_start(tmp_path: Path) -> None:
    frame = WIDE.assign(time=WIDE["time"].map(iso))
    frame.to_csv(tmp_path / "f.csv", index=False)
    position = list(load(tmp_path / "f.csv").batches())[-1].position or b""
    frame.iloc[:3].to_csv(tmp_path / "f.csv", index=False)
    changed = load(tmp_path / "f.csv")
    changed.resume(position, None)
    assert len(samples(list(changed.batches()))) == 3
    with pytest.raises(DataError, match="position"):
        changed.resume(b"rubbish", None)


def test_a_file_that_cannot_be_read_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        load(tmp_path / "nowhere.csv")
    (tmp_path / "other.csv").write_text("asset,when\n1,2\n")
    with pytest.raises(DataError, match="want also machine, time"):
        load(tmp_path / "other.csv")
    (tmp_path / "bytes.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(DataError, match=r"bytes\.parquet"):
        load(tmp_path / "bytes.parquet")
