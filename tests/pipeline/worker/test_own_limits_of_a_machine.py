"""A machine's own alarm limits hold for it and for it alone; its belief does not know them."""

import numpy as np
import pytest
from worker_plant import PARTITIONS, T0_US, settings_in

from twin.core.rows import row_dtype
from twin.pipeline.site import prepare
from twin.pipeline.worker.partition import PartitionTwin
from twin.stores.codec import Readings
from twin.stores.memory import MemoryStore

OWN = "[machine.overrides.sensor.temp]\nalarm = { high = 90.0, deadband = 0.5 }\n"


def twin_after(settings, samples):
    """Partition 0 with mills 0, 2, 4 after these samples."""
    site = prepare(MemoryStore(PARTITIONS), settings)
    twin = PartitionTwin(0, PARTITIONS, site.plant, site.catalogue)
    twin.start(site.models, None)
    twin.apply(Readings("mill", site.catalogue.lane_version("mill"), samples))
    return twin.twins["mill"]


@pytest.fixture
def samples():
    rows = np.zeros(60, dtype=row_dtype(4))
    rows["slot"] = np.tile([0, 2, 4], 20)
    rows["time"] = T0_US + np.arange(60) * 1_000_000
    rows["value"] = [84.0, 5.0, 0.5, 50.0]
    return rows


def test_a_machines_own_limit_takes_the_place_of_its_classs(tmp_path, samples):
    settings = settings_in(tmp_path)
    common = twin_after(settings, samples)
    head = '[[machine]]\nid = "mill-2"\nclass = "mill"\nline = "one"\n'
    settings.plant.write_text(settings.plant.read_text().replace(head, head + OWN))
    own = twin_after(settings, samples)
    assert common.view["beyond"].tolist() == [1, 1, 1]
    assert own.view["beyond"].tolist() == [1, 0, 1]
    np.testing.assert_array_equal(own.view["level"], common.view["level"])
    assert own.view["n_applied"].tolist() == [20, 20, 20]
