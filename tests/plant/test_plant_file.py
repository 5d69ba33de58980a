"""plant.toml: every fault found, at once, and said with file, key, got and want."""

import json
import tomllib
from pathlib import Path

import pytest

from twin.errors import SchemaError
from twin.plant import PlantFile, check_plant, json_schema, load_plant

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "twin" / "demo" / "plant.toml"

GOOD = """
[plant]
name = "Mill hall"
timezone = "Europe/Berlin"

[[line]]
id = "a"

[class.mill]
period_s = 60
[class.mill.costs]
planned = 100
[[class.mill.sensor]]
id = "temp_degc"
unit = "degC"
normal = [20, 60]
alarm = { high = 70, high_high = 80, deadband = 1 }
[[class.mill.sensor]]
id = "vib_mms"
normal = [0, 2]
[[class.mill.input]]
id = "load_pct"
range = [0, 100]
[[class.mill.failure_mode]]
id = "bearing"

[[machine]]
id = "mill-1"
class = "mill"
line = "a"

[source.sim]
type = "simulator"
"""

BROKEN = {
    "unknown class": ('class = "mill"', 'class = "mil"', "machine[0] (mill-1).class: got 'mil'"),
    "unknown line": (
        'line = "a"',
        'line = "b"',
        "machine[0] (mill-1).line: got 'b', want one of a",
    ),
    "misspelt key": (
        'unit = "degC"',
        'units = "degC"',
        "class.mill.sensor[0] (temp_degc): got key 'units' (did you mean 'unit'?)",
    ),
    "misspelt table": ("[class.mill.costs]", "[class.mill.cost]", "class.mill: got key 'cost'"),
    "misspelt source key": (
        'type = "simulator"',
        'type = "simulator"\nspede = 2',
        "source.sim: got key 'spede' (did you mean 'speed'?)",
    ),
    "normal range falls": ("[20, 60]", "[60, 20]", "sensor[0] (temp_degc).normal: got [60"),
    "normal range is text": ("[20, 60]", '["cold", 60]', '(temp_degc).normal[0]: got "cold", want'),
    "limits out of order": ("high = 70", "high = 90", "(temp_degc).alarm: got limits [90.0, 80.0]"),
    "negative deadband": ("deadband = 1", "deadband = -1", "alarm.deadband: got -1, want"),
    "no period": ("period_s = 60", "", "class.mill.period_s: got nothing, want"),
    "period of nothing": ("period_s = 60", "period_s = 0", "class.mill.period_s: got 0, want"),
    "not a number at all": ("planned = 100", "planned = nan", "class.mill.costs.planned: got"),
    "no such zone": ("Europe/Berlin", "Europe/Berlim", "plant.timezone: got 'Europe/Berlim', want"),
    "no such source": (
        '"simulator"',
        '"simulater"',
        "source.sim.type: got 'simulater', want one of",
    ),
    "source of no type": ('type = "simulator"', "speed = 2", "source.sim.type: got nothing, want"),
    "sensor twice": ('id = "vib_mms"', 'id = "temp_degc"', "class.mill: got sensor or input ids"),
    "id with a blank": ('id = "mill-1"', 'id = "mill 1"', 'machine[0] (mill 1).id: got "mill 1"'),
    "misspelt list": (
        "[[class.mill.sensor]]",
        "[[class.mill.sensors]]",
        "class.mill: got key 'sensors' (did you mean 'sensor'?)",
    ),
    "override of no sensor": (
        "[source.sim]",
        "[machine.overrides.sensor.tmp]\nnormal = [1, 2]\n[source.sim]",
        "machine[0] (mill-1).overrides.sensor: got 'tmp', want one of temp_degc, vib_mms",
    ),
    "two clocks": (
        "[source.sim]",
        '[source.file]\ntype = "replay"\npath = "x.csv"\n[source.sim]',
        "source: got 2 that keep the plant's clock",
    ),
    "replay of no sensor": (
        'type = "simulator"',
        'type = "replay"\npath = "x.csv"\ncolumns = { T1 = "tmp" }',
        "source.sim.columns.T1: got 'tmp', want one of",
    ),
    "token in our own namespace": (
        'type = "simulator"',
        'type = "gateway"\ntoken_env = "TWIN_TOKEN"',
        "source.sim.token_env: got",
    ),
    "broken TOML": ("[plant]", "[plant", "not TOML"),
}


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plant.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_has_no_fault(tmp_path: Path) -> None:
    assert check_plant(_write(tmp_path, GOOD)) == []


@pytest.mark.parametrize("case", BROKEN)
def test_one_fault_is_one_sentence_that_names_file_key_got_and_want(
    tmp_path: Path, case: str
) -> None:
    old, new, sentence = BROKEN[case]
    assert GOOD.count(old) >= 1
    path = _write(tmp_path, GOOD.replace(old, new, 1))
    found = check_plant(path)
    assert any(sentence in fault for fault in found), found
    assert all(fault.startswith(f"{path}: ") for fault in found)
    with pytest.raises(SchemaError):
        load_plant(path)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("[20, 60]", "[60, 20]").replace("period_s = 60", "period_s = -1")
    text = text.replace("Europe/Berlin", "Mars").replace('unit = "degC"', "unit = 3")
    found = check_plant(_write(tmp_path, text))
    for key in ("normal", "period_s", "timezone", "unit"):
        assert any(f".{key}: " in fault for fault in found), (key, found)
    assert len(found) == 4


def test_an_absent_file_is_a_fault_and_no_exception(tmp_path: Path) -> None:
    (fault,) = check_plant(tmp_path / "nowhere.toml")
    assert "cannot be read" in fault


def test_a_machine_s_own_range_takes_the_place_of_its_class_s(tmp_path: Path) -> None:
    own = "[machine.overrides.sensor.temp_degc]\nnormal = [10, 30]\n[source.sim]"
    plant = load_plant(_write(tmp_path, GOOD.replace("[source.sim]", own)))
    sensors = plant.sensors_of(plant.machines[0])
    assert [s.normal for s in sensors] == [(10, 30), (0, 2)]
    assert sensors[0].alarm.high == 70
    assert plant.classes["mill"].sensors[0].normal == (20, 60)


def test_published_schema_is_that_of_the_models() -> None:
    published = json.loads((ROOT / "docs" / "plant.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), (
        "write it anew: python -m twin.plant > docs/plant.schema.json"
    )


def test_schema_names_every_key_that_the_demonstration_uses() -> None:
    definitions = json_schema()["$defs"]
    document = tomllib.loads(DEMO.read_text(encoding="utf-8"))
    for class_table in document["class"].values():
        assert class_table.keys() <= definitions["MachineClass"]["properties"].keys()
        for sensor in class_table["sensor"]:
            assert sensor.keys() <= definitions["Sensor"]["properties"].keys()
    assert document.keys() <= json_schema()["properties"].keys()
    assert set(json_schema()["required"]) == {
        f.alias or n for n, f in PlantFile.model_fields.items() if f.is_required()
    }


def test_demonstration_plant_is_as_the_readme_says() -> None:
    assert check_plant(DEMO) == []
    plant = load_plant(DEMO)
    assert (len(plant.machines), len(plant.lines), len(plant.classes)) == (40, 5, 4)
    assert plant.plant.simulated
    for machine_class in plant.classes.values():
        assert 6 <= len(machine_class.sensors) <= 9
        assert 2 <= len(machine_class.modes) <= 3
        for mode in machine_class.modes:
            for text in (mode.name, mode.consequence, mode.response):
                assert isinstance(text, dict)
                assert text["en"]
                assert text["zh"]
