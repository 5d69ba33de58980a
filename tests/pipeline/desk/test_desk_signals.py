"""Which limit an alarm is beyond, and when that is worth an event."""

import numpy as np
import pytest
from worker_plant import PARTITIONS, settings_in

from twin.core.rows import row_dtype
from twin.pipeline.site import prepare
from twin.pipeline.worker.partition import PartitionTwin
from twin.pipeline.worker.signals import events_of, limit_crossed
from twin.plant import AlarmLimits, Sensor
from twin.stores.memory import MemoryStore

LIMITS = AlarmLimits(low_low=1, low=2, high=8, high_high=9, deadband=0.5)


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (0.5, "low_low"),
        (1.0, "low_low"),
        (1.5, "low"),
        (8.0, "high"),
        (9.5, "high_high"),
        (7.8, "high"),  # within the deadband: the nearest
        (2.3, "low"),
    ],
)
def test_the_outermost_limit_that_a_value_is_beyond(value, limit):
    assert limit_crossed(value, LIMITS) == limit


def test_where_a_limit_is_not_given_the_other_one_is_crossed():
    assert limit_crossed(99.0, AlarmLimits(high_high=9)) == "high_high"
    assert limit_crossed(0.0, AlarmLimits(low=9)) == "low"


@pytest.fixture
def own(tmp_path):
    site = prepare(MemoryStore(PARTITIONS), settings_in(tmp_path))
    twin = PartitionTwin(0, 1, site.plant, site.catalogue)
    twin.start({}, None)
    mill = twin.twins["mill"]
    sensors = list(mill.machine_class.sensors)
    mill.own_sensors[0] = [Sensor(id="temp", normal=(3, 7), alarm=LIMITS), *sensors[1:]]
    mill.view["beyond"][0], mill.view["time"] = 1, 5
    return mill


def moved(own, before, after):
    """Events as reading and estimate of the first sensor go from before to after."""
    own.view["value"][0, 0], own.view["level"][0, 0] = before
    rows = np.zeros(0, row_dtype(len(own.machine_class.lane_ids)))
    was = own.apply(rows, 1)._replace(touched=np.arange(1), before=own.view[:1].copy())
    own.view["value"][0, 0], own.view["level"][0, 0] = after
    return [(e.kind, e.detail["limit"]) for e in events_of(own, was, ["m"])]


def test_an_alarm_that_goes_further_out_says_so_once(own):
    assert moved(own, (8.5, 8.4), (9.2, 9.1)) == [("alarm_limit", "high_high")]
    assert moved(own, (9.2, 9.1), (9.4, 9.3)) == []


def test_one_wild_reading_is_no_further_limit(own):
    assert moved(own, (8.5, 8.4), (20.0, 8.4)) == []


def test_it_comes_back_only_by_the_deadband(own):
    assert moved(own, (9.2, 9.1), (8.7, 8.7)) == []
    assert moved(own, (8.7, 8.7), (8.4, 8.5)) == [("alarm_limit", "high")]


def test_to_waver_about_the_inner_limit_is_no_news(own):
    assert moved(own, (8.2, 8.1), (7.7, 7.9)) == []
    assert moved(own, (7.7, 7.9), (8.3, 8.2)) == []


def test_the_lower_side_is_the_mirror_of_the_upper(own):
    assert moved(own, (1.8, 1.9), (0.9, 0.8)) == [("alarm_limit", "low_low")]
    assert moved(own, (0.9, 0.8), (1.3, 1.2)) == []
    assert moved(own, (1.3, 1.2), (1.6, 1.5)) == [("alarm_limit", "low")]


def test_a_new_alarm_names_its_limit_by_the_machines_own_limits(own):
    own.view["beyond"][0] = 0
    own.view["value"][0, 0] = 0.5
    rows = np.zeros(0, row_dtype(len(own.machine_class.lane_ids)))
    was = own.apply(rows, 1)._replace(touched=np.arange(1), before=own.view[:1].copy())
    own.view["beyond"][0] = 1
    (event,) = events_of(own, was, ["m"])
    assert (event.kind, event.detail["limit"]) == ("alarm_on", "low_low")
