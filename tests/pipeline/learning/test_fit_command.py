"""`twin fit` from a history on disk: a file a class, versions that rise, a report as JSON."""

import json
import shutil
from dataclasses import replace

import pytest

from twin.cli import main
from twin.config import Settings
from twin.errors import DataError
from twin.modelfile import load_model
from twin.pipeline.learning.fit import run_fit
from twin.plant import load_plant
from twin.sources.history import write_history


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    write_history(Settings().plant, folder, days=25, seed=3, period_s=3600.0, progress=False)
    return folder


@pytest.fixture(scope="module")
def models(history):
    return history.parent / "models-of-this-test"


def test_every_class_gets_a_model_that_loads_and_fits_the_plant(history, models, capsys):
    status = main(["fit", str(history), "--out", str(models), "--json"])
    assert status == 0
    report = json.loads(capsys.readouterr().out)
    plant = load_plant(Settings().plant)
    assert set(report) == set(plant.classes)
    for class_id, machine_class in plant.classes.items():
        model = load_model(models / f"{class_id}.json")
        model.trend(machine_class)
        assert model.version == 1
        assert model.fitted["command"] == f"twin fit {history.name}"
        assert str(history.parent) not in model.model_dump_json()
        assert report[class_id]["samples"] > 1000
        assert sum(report[class_id]["failures"].values()) > 0


def test_a_second_fit_raises_the_version_of_what_the_history_holds(history, models, tmp_path):
    """A history of presses alone."""
    for name in ("events.csv", "readings_press.parquet"):
        shutil.copy(history / name, tmp_path)
    before = load_model(models / "press.json").version
    report = run_fit(replace(Settings(), models=models), tmp_path, None, days=1, seed=1)
    assert set(report) == {"press"}
    assert report["press"]["version"] == load_model(models / "press.json").version == before + 1
    assert load_model(models / "pump.json").version == before


def test_a_folder_without_history_is_named(tmp_path):
    with pytest.raises(DataError, match=r"events\.csv"):
        run_fit(Settings(), tmp_path, None, days=1, seed=1)
