"""Addresses of the crews' calendars at the desk: made anew one by one, for crews that there are."""

import pytest
from desk_bench import Bench
from planning_bench import plant_settings
from worker_plant import PARTITIONS

from twin.pipeline.desk.calendars import KIND, generation_of
from twin.pipeline.site import prepare
from twin.stores.memory import MemoryStore


@pytest.fixture
def bench(tmp_path):
    store = MemoryStore(PARTITIONS)
    return Bench(store, prepare(store, plant_settings(tmp_path)))


def generations(bench):
    return {name: generation_of(text) for name, text in bench.store.documents(KIND).items()}


def test_every_renewal_counts_for_its_crew_alone(bench):
    assert generation_of(None) == 0
    for crew in ("day", "day", "night"):
        bench.do("calendar.renew", {"crew": crew})
    bench.step()
    assert generations(bench) == {"day": 2, "night": 1}


def test_a_crew_that_there_is_not_gets_none(bench):
    action = bench.do("calendar.renew", {"crew": "nobody"})
    bench.step()
    assert generations(bench) == {}
    assert bench.line(action)["reason"] == "unknown_crew"
