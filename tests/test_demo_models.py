"""The models that ship with the demonstration plant are its own, and say how they were made."""

import numpy as np
import pytest

from twin.config import Settings
from twin.core.hazard_risk import assess
from twin.modelfile import load_model
from twin.plant import load_plant

PLANT = load_plant(Settings().plant)
FOLDER = Settings().plant.parent / "models"


@pytest.mark.parametrize("class_id", sorted(PLANT.classes))
def test_shipped_model_fits_the_plant_file_and_names_its_command(class_id):
    machine_class = PLANT.classes[class_id]
    model = load_model(FOLDER / f"{class_id}.json")
    assert model.class_id == class_id
    model.trend(machine_class)
    assert list(model.hazard().modes) == [mode.id for mode in machine_class.modes]
    assert model.fitted["command"].startswith("twin fit --days")
    assert sum(model.fitted["failures"].values()) >= 20


@pytest.mark.parametrize("class_id", sorted(PLANT.classes))
def test_a_new_machine_is_at_little_risk_and_a_worn_one_at_more(class_id):
    model = load_model(FOLDER / f"{class_id}.json")
    hazard, m = model.hazard(), len(model.sensors)
    mean = np.zeros((1, m))
    new = assess(hazard, mean, mean, np.array([2.0])).p[0, 1]
    worn = [
        assess(hazard, 4.0 * np.eye(m)[[i]], 0.05 * np.eye(m)[[i]], np.array([200.0])).p[0, 1]
        for i in range(m)
    ]
    assert new < 0.02
    assert max(worn) > 5 * new
