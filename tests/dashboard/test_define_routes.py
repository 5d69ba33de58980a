"""The guide's addresses: for engineers, each write recorded once, nothing half done or mixed up."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from access_people import OURS, add_everybody, signed_in
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin, create_app
from dashboard.routes import define, define_folders
from twin.actions import unpack_action
from twin.config import Settings
from twin.errors import StoreError
from twin.modelfile import default_model, save_model
from twin.pipeline.define import parse_definition

JOB = "0123456789abcdef"
SAID = {
    "class_id": "fan",
    "time_column": "time",
    "time_unit": "iso",
    "period_s": 60,
    "step_s": 3600,
    "columns": [
        {"column": "t", "id": "temp", "role": "sensor", "unit": "degC", "normal": [20, 60]}
    ],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """A fit that is done."""
    made = tmp_path / "definitions" / JOB
    made.mkdir(parents=True)
    definition = parse_definition(SAID)
    save_model(default_model("fan", definition.machine_class()), made / "model.json")
    for name, value in {
        "definition": {"definition": SAID, "zone": "UTC"},
        "preview": {"machines": {"fan-1": 9}, "sensors": []},
        "state": {"stage": "done"},
    }.items():
        (made / f"{name}.json").write_text(json.dumps(value))
    return made


@pytest.fixture
def site(fake: FakePlant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlantTwin]:
    plant = tmp_path / "plant.toml"
    plant.write_bytes(Path(Settings().plant).read_bytes())
    made = create_app(fake.store, Settings(threads=18, plant=plant, data_dir=tmp_path))
    add_everybody(fake.store, monkeypatch)
    made.reader.tick()
    yield made
    made.reader.stop()


@pytest.fixture
def client(site: PlantTwin) -> FlaskClient:
    return signed_in(site, "engineer")


def post(client: FlaskClient, what: str, body: Any = None) -> int:
    return client.post(f"/define/{JOB}/{what}", json=body or {}, headers=OURS).status_code


def recorded(fake: FakePlant) -> list[tuple[str, str, str]]:
    actions = [unpack_action(text) for _, text in fake.store.actions(b"0-0", 99)]
    return [(a.verb, a.who, a.token) for a in actions]


def test_class_saved_and_taken_back_is_recorded_each_time(
    fake: FakePlant, client: FlaskClient, tmp_path: Path
) -> None:
    plant = tmp_path / "plant.toml"
    before = plant.read_bytes()
    for _ in range(2):
        assert post(client, "save") == 200
        assert b"class.fan" in plant.read_bytes()
        assert post(client, "undo") == 200
        assert plant.read_bytes() == before
    verbs = [(verb, who) for verb, who, _ in recorded(fake)]
    assert verbs == [("class.define", "A engineer"), ("class.withdraw", "A engineer")] * 2
    assert len({token for _, _, token in recorded(fake)}) == 4
    assert post(client, "undo") == 404


def test_what_a_silent_store_did_not_record_is_recorded_when_asked_again(
    fake: FakePlant, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_text: bytes) -> bytes:
        raise StoreError("away")

    for what in ("save", "undo"):
        with monkeypatch.context() as away:
            away.setattr(fake.store, "add_action", silent)
            assert post(client, what) == 503
        assert post(client, what) == 200
    assert [verb for verb, _, _ in recorded(fake)] == ["class.define", "class.withdraw"]


@pytest.mark.parametrize("path", ["", "/class.toml", "/model.json"])
def test_what_is_being_defined_is_for_engineers(site: PlantTwin, path: str) -> None:
    assert signed_in(site, "manager").get(f"/define/{JOB}{path}").status_code == 403
    assert signed_in(site, "engineer").get(f"/define/{JOB}{path}").status_code == 200


@pytest.mark.parametrize("job", ["..", "%2e%2e", "unknown", "..%2f..", JOB + "%00"])
def test_no_other_folder_is_shown(client: FlaskClient, job: str) -> None:
    assert client.get(f"/define/{job}").status_code == 404
    assert b"[[machine]]" not in client.get(f"/define/{job}/plant.toml").get_data()


def test_second_fit_waits_for_the_first(
    client: FlaskClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(define.folders, "run_fit", lambda _: None)
    assert post(client, "fit", SAID) == 200
    assert post(client, "fit", SAID | {"period_s": 30}) == 409
    kept = json.loads((folder / "definition.json").read_text())["definition"]
    assert kept["period_s"] == 60


def test_fit_whose_server_ended_has_failed(client: FlaskClient, folder: Path) -> None:
    define_folders.put(folder, "state.json", {"stage": "levels"})
    assert client.get(f"/define/{JOB}").get_json()["stage"] == "levels"
    later = time.time() + define_folders.FIT_S + 61
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(define_folders.time, "time", lambda: later)
        assert client.get(f"/define/{JOB}").get_json()["stage"] == "failed"


def test_file_not_fitted_yet_is_not_there_rather_than_a_fault(
    client: FlaskClient, folder: Path
) -> None:
    for file in folder.iterdir():
        file.unlink()
    for answer in (client.get(f"/define/{JOB}"), client.get(f"/define/{JOB}/class.toml")):
        assert answer.status_code == 404
    assert post(client, "save") == 404


@pytest.mark.parametrize("verb", ["class.define", "class.withdraw"])
def test_nobody_says_it_without_doing_it(client: FlaskClient, fake: FakePlant, verb: str) -> None:
    body = {"token": "12345678", "detail": {"class_id": "mill"}}
    assert client.post(f"/do/{verb}", json=body, headers=OURS).status_code == 409
    assert recorded(fake) == []
