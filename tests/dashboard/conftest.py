"""An application on an invented plant, without a worker and without a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from access_people import named_as
from fake_plant import START_US, FakePlant
from flask.testing import FlaskClient

from dashboard.access import checks
from dashboard.app import PlantTwin, create_app
from dashboard.data import read_snapshot
from dashboard.snapshot import Snapshot
from twin.config import Settings
from twin.plant import Plant, load_plant


@pytest.fixture(scope="session")
def plant() -> Plant:
    return load_plant(Path(Settings().plant))


@pytest.fixture
def fake(plant: Plant) -> FakePlant:
    return FakePlant(plant, wall_us=START_US)


@pytest.fixture
def snapshot(fake: FakePlant) -> Snapshot:
    return read_snapshot(fake.store, fake.plant, 1, fake.wall_us)


@pytest.fixture
def app(fake: FakePlant) -> Iterator[PlantTwin]:
    made = create_app(fake.store, Settings(threads=18))
    yield made
    made.reader.stop()


@pytest.fixture
def ready(app: PlantTwin) -> PlantTwin:
    """The application, once it has read the store."""
    app.reader.tick()
    return app


@pytest.fixture
def client(ready: PlantTwin) -> FlaskClient:
    """A browser of somebody who has said a name."""
    return named_as(ready, "Early")


@pytest.fixture
def no_checks_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages object to is theirs to test."""
    monkeypatch.setattr(checks, "_CHECKS", checks.defaultdict(list))
