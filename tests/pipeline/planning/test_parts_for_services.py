"""A service is accepted only at a time at which its spare part is there, and nobody loses one."""

from itertools import permutations

import pytest
from desk_bench import HOUR_US, T0_US
from hypothesis import given
from hypothesis import strategies as st
from planning_bench import G, World, plant_settings, site_of

from twin.pipeline.desk.plans import ordered_us
from twin.pipeline.planning.parts import allotted, pieces, shortage

DAY_US = 24 * HOUR_US
PAD = '[class.mill.service]\npart = "pad"\n[[part]]\nid = "pad"\nstock = 1\nlead_days = 3\n'


@given(
    st.lists(st.integers(0, 6), max_size=4).map(sorted),
    st.lists(st.integers(0, 6), max_size=4).map(sorted),
)
def test_as_many_have_a_piece_as_any_way_of_giving_them_out_allows(there, starts):
    given_out = allotted(there, starts)
    ways = permutations([*there, *[99] * len(starts)], len(starts))
    best = max(sum(a <= s for a, s in zip(way, starts, strict=True)) for way in ways)
    assert sum(given_out) == best


def planned(machine, after_h, state="planned"):
    start = T0_US + round(after_h * HOUR_US)
    return {"machine": machine, "state": state, "start": start, "duration_h": 2.0, "done": start}


@pytest.mark.parametrize(
    ("others", "at_h", "first_h"),
    [
        ([], 1, None),
        ([planned("mill-1", 30)], 1, 72),  # the one in the store is spoken for
        ([planned("mill-1", 30)], 71, 72),
        ([planned("mill-1", 30)], 72, None),
        ([planned("mill-1", 30, "cancelled")], 1, None),
        ([planned("press-1", 30)], 1, None),  # takes none
        ([planned("mill-1", -30)], 1, None),  # over, and nobody said that it was done
        ([planned("mill-1", -24, "done")], 1, 48),  # ordered again a day ago
        ([planned("mill-1", 1), planned("mill-2", 2)], 5, 72),  # the second has seen to it itself
    ],
)
def test_a_service_that_would_lack_its_part_is_told_when_it_could_have_one(
    tmp_path, others, at_h, first_h
):
    plant = site_of(tmp_path, PAD).plant
    found = shortage(plant, others, planned("mill-0", at_h), T0_US, T0_US)
    assert found == (None if first_h is None else ("pad", T0_US + first_h * HOUR_US))


def test_what_is_taken_and_not_ordered_again_is_gone(tmp_path):
    part = site_of(tmp_path, PAD + "reorder = false\n").plant.parts[-1]
    plant = site_of(tmp_path, PAD + "reorder = false\n").plant
    done = [planned("mill-1", -900, "done")]
    assert pieces(plant, part, done, 0, T0_US, T0_US) == []


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr("twin.pipeline.machines_now._long_run_cost_h", lambda _s, _m: G)
    made = World(tmp_path, settings=lambda folder: plant_settings(folder, PAD))
    made.hear(mill_0=60.0)
    made.settle()
    return made


def test_the_desk_refuses_a_time_without_a_part_and_takes_one_with_it(world):
    own = world.suggestion("mill-0")
    soon, spoken_for = own["start"] + 12 * HOUR_US, own["start"] + 20 * HOUR_US
    world.do("service.plan", {"start": spoken_for, "duration_h": 1}, machine="mill-1")
    refused = world.do("suggestion.accept", {"suggestion": own["id"], "start": soon})
    world.desk_step()
    line = world.line(refused)
    assert (line["reason"], line["note"]["part"]) == ("no_part_then", "pad")
    first = line["note"]["first"]
    assert 0 <= first - (world.now + 3 * DAY_US) < HOUR_US
    taken = world.do("suggestion.accept", {"suggestion": own["id"], "start": first})
    world.desk_step()
    assert world.line(taken)["outcome"] == "done"
    ordered = ordered_us(world.document("services", "desk")[-1], world.now)
    assert first == ordered + 3 * DAY_US
    service = next(s for s in world.document("services", "desk") if s["machine"] == "mill-0")
    moved = {"service": service["id"], "start": soon, "duration_h": 1}
    refused = world.do("service.move", moved, machine="mill-0")
    world.desk_step()
    assert world.line(refused)["reason"] == "no_part_then"
