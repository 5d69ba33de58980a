"""A class out of a file: columns recognised, faults named, the twin follows, saving is undone."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.errors import DataError, SchemaError
from twin.modelfile import load_model
from twin.pipeline.define import (
    add_class,
    fragment,
    parse_definition,
    preview,
    profile_of,
    table,
    take_back,
)
from twin.pipeline.define.preview import main
from twin.plant import load_plant

NOISE_DEGC, NOISE_MMS = 0.4, 0.05
N = 1500
PLANT = """
[plant]
name = "Works"
timezone = "Europe/Berlin"

[[line]]
id = "hall" # by the river

[class.old]
period_s = 1

[[class.old.sensor]]
id = "x"
normal = [0, 1]

[[machine]]
id = "old-1"
class = "old"
line = "hall"
"""


def frame(machine: str, seed: int) -> pd.DataFrame:
    """A fan whose bearing follows its load, and wears."""
    rng, n = np.random.default_rng(seed), np.arange(N)
    load = 60 + 20 * np.sin(n / 100)
    when = pd.Timestamp("2026-03-02T06:00:00") + pd.to_timedelta(60 * n, unit="s")
    temp = 30 + 0.3 * load + rng.normal(0, NOISE_DEGC, N)
    vib = 1.2 + 2e-4 * n + rng.normal(0, NOISE_MMS, N)
    return pd.DataFrame(
        {
            "Time": when.strftime("%Y-%m-%dT%H:%M:%S"),
            "Fan": machine,
            "load_pct": load.round(3),
            "bearing_temp_degc": temp.round(4),
            "Vibration [mm/s]": vib.round(5),
            "serial": 7,
        }
    )


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "readings.csv"
    pd.concat([frame("fan-a", 1), frame("fan-b", 2)]).to_csv(path, index=False)
    return path


def definition_of(path: Path, **more: object) -> dict[str, object]:
    """What a person gets who changes nothing."""
    found = profile_of(path, "Europe/Berlin")
    columns = [
        {k: c[k] for k in ("column", "role", "id", "name", "unit", "normal", "range")}
        | {"alarm": {**c["limits"], "deadband": c["deadband"]}}
        for c in found["columns"]
        if c["role"] != "ignore"
    ]
    kept = ("time_column", "time_unit", "machine_column", "period_s", "step_s")
    return {"class_id": "fan", "columns": columns} | {k: found[k] for k in kept} | more


def test_columns_are_recognised_by_name_and_figures(csv_file: Path) -> None:
    found = profile_of(csv_file, "Europe/Berlin")
    assert (found["time_column"], found["machine_column"]) == ("Time", "Fan")
    assert found["machines"] == ["fan-a", "fan-b"]
    assert found["period_s"] == 60
    roles = {c["column"]: (c["role"], c["unit"]) for c in found["columns"]}
    assert roles == {
        "load_pct": ("input", "%"),
        "bearing_temp_degc": ("sensor", "°C"),
        "Vibration [mm/s]": ("sensor", "mm/s"),
        "serial": ("ignore", ""),
    }


def test_times_without_an_offset_are_the_plants(csv_file: Path) -> None:
    found = profile_of(csv_file, "Europe/Berlin")
    assert found["start"] == pd.Timestamp("2026-03-02T05:00:00Z").value // 1000


def test_semicolons_and_decimal_commas_are_read_alike(csv_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "german.csv"
    pd.read_csv(csv_file).to_csv(other, index=False, sep=";", decimal=",")
    plain, german = profile_of(csv_file, "UTC"), profile_of(other, "UTC")
    for key in ("rows", "start", "end", "machines"):
        assert german[key] == plain[key]
    assert [c.get("quantiles") for c in german["columns"]] == [
        c.get("quantiles") for c in plain["columns"]
    ]


def test_seconds_since_1970_are_times(tmp_path: Path) -> None:
    path = tmp_path / "epoch.csv"
    n = np.arange(100)
    pd.DataFrame({"t": 1_772_341_200 + 5 * n, "x": np.sin(n)}).to_csv(path, index=False)
    found = profile_of(path, "UTC")
    assert (found["time_column"], found["time_unit"], found["period_s"]) == ("t", "s", 5.0)
    assert found["start"] == 1_772_341_200_000_000


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a,b\n1,2\n3,4\n", "want one of times"),
        ("just words\n", "want a line of names"),
        ("time,a\n" + "2026-03-01T06:00:00,abc\n" * 9, "want one of numbers"),
    ],
)
def test_a_file_that_is_no_table_of_readings_says_what_is_wanted(
    tmp_path: Path, text: str, want: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=want):
        profile_of(path, "UTC")


def test_faults_name_the_column_and_what_is_wanted(csv_file: Path) -> None:
    document = definition_of(csv_file)
    document["columns"][1]["normal"] = [9, 1]
    with pytest.raises(SchemaError, match=r"want \[low, high\] with low < high"):
        parse_definition(document).machine_class()
    with pytest.raises(SchemaError, match="class_id: got 'no spaces'"):
        parse_definition(document | {"class_id": "no spaces"})


def test_the_twin_of_a_plain_machine_has_white_errors_of_the_size_it_says(csv_file: Path) -> None:
    """The file was made with noise of known size: the fit must find it, and nothing else."""
    definition = parse_definition(definition_of(csv_file))
    model, shown = preview(definition, definition.rows(csv_file, "UTC"), lambda _stage: None)
    noise = np.sqrt(model.trend_model.r) * np.array(model.trend_model.scale[0])
    assert noise == pytest.approx([NOISE_DEGC, NOISE_MMS], rel=0.15)
    for sensor in shown["sensors"]:
        assert sensor["variance"] == pytest.approx(1.0, abs=0.2)
        assert abs(sensor["lag1"]) < 4 / np.sqrt(N)
        assert sensor["alarms"] == 0


def test_limits_inside_the_data_raise_alarms_in_the_preview(csv_file: Path) -> None:
    """The load swings 20 either way with a period of 628 samples; so does the temperature, by 6."""
    document = definition_of(csv_file)
    temp = next(c for c in document["columns"] if c["id"] == "bearing_temp_degc")
    temp["alarm"] = {"high": 30 + 0.3 * 60 + 3, "deadband": 3.0}
    definition = parse_definition(document)
    _, shown = preview(definition, definition.rows(csv_file, "UTC"), lambda _stage: None)
    counts = {s["id"]: s["alarms"] for s in shown["sensors"]}
    swings = int(np.sum(np.diff((np.sin(np.arange(N) / 100) > 0.5).astype(int)) == 1))
    assert counts["bearing_temp_degc"] == swings


def test_a_fit_in_its_folder_says_how_far_it_is_and_how_it_failed(csv_file: Path) -> None:
    folder = csv_file.parent
    said = {"definition": definition_of(csv_file), "zone": "UTC"}
    (folder / "definition.json").write_text(json.dumps(said))
    assert main(folder) == 0
    assert json.loads((folder / "state.json").read_text()) == {"stage": "done"}
    assert load_model(folder / "model.json").class_id == "fan"
    said["definition"]["columns"][0]["column"] = "gone"
    (folder / "definition.json").write_text(json.dumps(said))
    assert main(folder) == 1
    assert "gone" in json.loads((folder / "state.json").read_text())["why"]


def test_a_saved_class_is_in_the_plant_and_undoing_leaves_every_byte_as_it_was(
    csv_file: Path, tmp_path: Path
) -> None:
    plant_file, models = tmp_path / "plant.toml", tmp_path / "models"
    plant_file.write_text(PLANT)
    definition = parse_definition(definition_of(csv_file, line="hall"))
    model, _ = preview(definition, definition.rows(csv_file, "UTC"), lambda _stage: None)
    saved = add_class(plant_file, models, definition, model, ["fan-a", "fan-b"])
    plant = load_plant(plant_file)
    assert plant.classes["fan"] == definition.machine_class()
    assert [m.id for m in plant.machines] == ["old-1", "fan-a", "fan-b"]
    assert load_model(models / "fan.json").trend(plant.classes["fan"]).n_sensors == 2
    assert "# by the river" in plant_file.read_text()
    take_back(saved)
    assert plant_file.read_text() == PLANT
    assert not (models / "fan.json").exists()


def test_a_class_that_is_there_or_a_line_that_is_not_changes_nothing(
    csv_file: Path, tmp_path: Path
) -> None:
    plant_file = tmp_path / "plant.toml"
    plant_file.write_text(PLANT)
    definition = parse_definition(definition_of(csv_file))
    model, _ = preview(definition, definition.rows(csv_file, "UTC"), lambda _stage: None)
    for wrong in ({"class_id": "old"}, {"line": "roof"}):
        faulty = definition.model_copy(update=wrong)
        with pytest.raises(SchemaError, match=r"old|roof"):
            add_class(plant_file, tmp_path / "models", faulty, model, ["fan-a"])
        assert plant_file.read_text() == PLANT


def test_what_somebody_changed_since_is_not_undone(csv_file: Path, tmp_path: Path) -> None:
    plant_file = tmp_path / "plant.toml"
    plant_file.write_text(PLANT)
    definition = parse_definition(definition_of(csv_file))
    model, _ = preview(definition, definition.rows(csv_file, "UTC"), lambda _stage: None)
    saved = add_class(plant_file, tmp_path / "models", definition, model, [])
    plant_file.write_text(plant_file.read_text() + "\n# mine\n")
    with pytest.raises(SchemaError, match="changed since"):
        take_back(saved)
    assert plant_file.read_text().endswith("# mine\n")


def test_the_fragment_alone_is_the_same_class(csv_file: Path, tmp_path: Path) -> None:
    definition = parse_definition(definition_of(csv_file))
    path = tmp_path / "plant.toml"
    path.write_text(PLANT + fragment(definition, []))
    assert load_plant(path).classes["fan"] == definition.machine_class()


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Time,a\n1,2\n", ","),
        ("Time;a;b\n1;2,5;3,5\n", ";"),
        ("Time\ta\n1\t2,5\n", "\t"),
        ('"Time; local", "a;b"\n1,2\n', ","),
        ("a\n1\n", ","),
        ("", ","),
    ],
)
def test_separator_is_what_cuts_every_line(text: str, want: str) -> None:
    assert table._separator(text) == want


def test_odd_quotes_are_looked_at_in_no_time(tmp_path: Path) -> None:
    """The patterns of csv.Sniffer go over the rest of the text at every quote."""
    path = tmp_path / "odd.csv"
    path.write_text(',"' + "x" * 7 + ',"x' * 20_000)
    begun = time.process_time()
    with pytest.raises(DataError):
        profile_of(path, "UTC")
    assert time.process_time() - begun < 5


def test_too_many_columns_are_refused_before_all_is_read(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(table.MAX_COLUMNS + 1)) + "\n1\n")
    monkeypatch.setattr(table.pd, "read_csv", lambda *_, **__: pytest.fail("all was read"))
    with pytest.raises(DataError, match="want at most 200"):
        profile_of(path, "UTC")
