"""JSON samples → rows: what is good is taken, what is not gets its reason and keeps its form."""

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_plant import plant_with

from twin.core.rows import RESET
from twin.sources.resolve import Resolved, Resolver

PLANT, CATALOGUE = plant_with({"pump": 2, "compressor": 1})
LANES = PLANT.classes["pump"].lane_ids
NOW = "2026-03-01T06:00:00Z"
NOW_US = 1_772_344_800_000_000
"""date -u -d 2026-03-01T06:00:00 +%s"""
GOOD: dict[str, Any] = {"machine": "pump-01", "time": NOW, "values": {"flow_m3h": 48.5}}


def resolve(*samples: Any) -> Resolved:
    return Resolver(PLANT, CATALOGUE).resolve(samples, NOW_US + 300_000_000)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(LANES),
            st.none() | st.floats(-(2.0**100), 2.0**100, width=32),
            min_size=1,
        ),
        max_size=20,
    )
)
def test_readings_land_in_their_lanes_however_many_there_are(values: list[dict[str, Any]]) -> None:
    samples = [
        {"machine": "pump-02", "time": NOW_US + n, "values": v} for n, v in enumerate(values)
    ]
    found = resolve(*samples)
    assert found.rejects == []
    assert found.n_samples == len(samples)
    if not samples:
        assert found.rows == {}
        return
    rows = found.rows["pump"]
    assert rows["slot"].tolist() == [1] * len(samples)
    assert rows["time"].tolist() == [s["time"] for s in samples]
    for row, given_values in zip(rows, values, strict=True):
        for lane, got in zip(LANES, row["value"].tolist(), strict=True):
            want = given_values.get(lane)
            assert np.isnan(got) if want is None else got == np.float32(want)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        (NOW, NOW_US),
        ("2026-03-01T07:00:00+01:00", NOW_US),
        ("2026-03-01T06:00:00.000001+00:00", NOW_US + 1),
        (NOW_US, NOW_US),
    ],
)
def test_times_are_iso_with_offset_or_whole_microseconds(text: Any, us: int) -> None:
    assert resolve(GOOD | {"time": text}).rows["pump"]["time"].tolist() == [us]


BAD = {
    "not_an_object": 5,
    "unknown_key": GOOD | {"sensor": "flow_m3h"},
    "unknown_machine": GOOD | {"machine": "pump-99"},
    "time_unparsable": GOOD | {"time": "yesterday"},
    "no_values": GOOD | {"values": {}},
    "unknown_sensor": GOOD | {"values": {"flow": 1.0}},
    "not_a_number": GOOD | {"values": {"flow_m3h": "48.5"}},
    "bad_quality": GOOD | {"quality": 3},
    "ahead_of_clock": GOOD | {"time": "2026-03-01T06:05:01Z"},
    "unknown_event": {"machine": "pump-01", "time": NOW, "event": "party"},
    "unknown_mode": {"machine": "pump-01", "time": NOW, "event": "repair", "mode": "gears"},
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_sample_is_set_aside_as_it_came_and_its_neighbours_are_taken(reason: str) -> None:
    found = resolve(GOOD, BAD[reason], GOOD | {"time": NOW_US + 60_000_000})
    assert [(r.reason, r.place) for r in found.rejects] == [(reason, 1)]
    assert orjson.loads(found.rejects[0].payload) == BAD[reason]
    assert found.n_samples == 2
    assert len(found.rows["pump"]) == 2


@pytest.mark.parametrize(
    "time", ["2026-03-01T06:00:00", 1_772_344_800, 1_772_344_800_000, 1.5, True, None, "", [1]]
)
def test_a_time_of_no_zone_or_another_unit_is_not_guessed(time: Any) -> None:
    found = resolve(GOOD | {"time": time})
    assert [r.reason for r in found.rejects] == ["time_unparsable"]
    assert found.rows == {}


@pytest.mark.parametrize("value", [True, "1", [1], {}, False])
def test_of_a_sample_with_one_bad_reading_the_others_are_taken(value: Any) -> None:
    values = dict.fromkeys(LANES, 1.0) | {"flow_m3h": value}
    found = resolve(GOOD | {"values": values})
    assert [r.reason for r in found.rejects] == ["not_a_number"]
    assert found.n_samples == 1
    row = found.rows["pump"]["value"][0]
    assert np.isnan(row[LANES.index("flow_m3h")])
    assert np.isfinite(row).sum() == len(LANES) - 1


def test_a_number_beyond_float32_is_bad_and_said_so() -> None:
    found = resolve(GOOD | {"values": {"flow_m3h": 1e39, "motor_current_a": 3.4e38}})
    assert [r.reason for r in found.rejects] == ["out_of_range"]
    row = found.rows["pump"][0]
    lane = LANES.index("flow_m3h")
    assert np.isnan(row["value"][lane])
    assert row["quality"] == 1 << lane
    assert np.isfinite(row["value"][LANES.index("motor_current_a")])


def test_the_four_qualities_are_told_apart() -> None:
    values = {"flow_m3h": 1.0, "discharge_bar": 2.0, "vibration_mms": 3.0}
    quality = {"discharge_bar": "uncertain", "vibration_mms": "bad", "flow_m3h": "good"}
    row = resolve(GOOD | {"values": values, "quality": quality}).rows["pump"][0]
    lanes = [
        LANES.index(k) for k in ("flow_m3h", "discharge_bar", "vibration_mms", "seal_leak_mlh")
    ]
    finite = np.isfinite(row["value"][lanes]).tolist()
    bits = [bool(row["quality"] >> n & 1) for n in lanes]
    assert list(zip(finite, bits, strict=True)) == [
        (True, False),  # good
        (True, True),  # uncertain
        (False, True),  # bad
        (False, False),  # missing
    ]


def test_a_repair_is_a_reset_row_and_an_event_and_a_failure_an_event_alone() -> None:
    event = {"machine": "pump-02", "time": NOW, "mode": "seal"}
    found = resolve(event | {"event": "failure"}, event | {"event": "repair"})
    assert [(e.kind, e.machine_id, e.time, e.detail["mode"]) for e in found.events] == [
        ("failure", "pump-02", NOW_US, "seal"),
        ("repair", "pump-02", NOW_US, "seal"),
    ]
    assert found.rows["pump"]["slot"].tolist() == [1 | int(RESET)]


def test_a_retired_machine_is_told_from_an_unknown_one() -> None:
    smaller, _ = plant_with({"pump": 1, "compressor": 1})
    found = Resolver(smaller, CATALOGUE.update(smaller)).resolve([GOOD | {"machine": "pump-02"}])
    assert [r.reason for r in found.rejects] == ["retired_machine"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


SHAPED = st.fixed_dictionaries(
    {
        "machine": JSON | st.just("pump-01"),
        "time": JSON | st.just(NOW),
        "values": JSON | st.just({"flow_m3h": 1}),
    }
)


@given(st.lists(JSON | SHAPED, max_size=6))
def test_nothing_that_json_can_say_makes_it_fall_over(samples: list[Any]) -> None:
    found = resolve(*samples)
    places = {r.place for r in found.rejects}
    assert places <= set(range(len(samples)))
    assert sum(map(len, found.rows.values())) + len(places) >= len(samples)
