"""Orders' part of plant.toml: what it names in vain is said; times and money follow its rules."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hall import HALL
from hypothesis import given
from hypothesis import strategies as st

from twin.plant import Plant, faults, load_plant

DEMO = Path(__file__).parents[2] / "twin" / "demo" / "plant.toml"

GOOD: dict[str, Any] = tomllib.loads(
    """
[plant]
name = "Hall"
setup_cost_h = 90
late_cost_h = 60
"""
    + HALL
    + """
setup_cost_h = 120
service = { skill = "machining", part = "spindle", hours = 3 }
[class.press]
period_s = 60
[[class.press.sensor]]
id = "temp_degc"
normal = [20, 60]
[[machine]]
id = "mill-2"
class = "mill"
line = "b"
[[machine]]
id = "press-1"
class = "press"
line = "b"
[[transport]]
from = "north"
to = "south"
minutes = 45
[[product]]
id = "cover"
family = "iron"
late_cost_h = 10
[[product.step]]
class = "mill"
minutes = 2
fixed_minutes = 15
power_kw = 10
[[product.step.machine]]
id = "mill-2"
minutes = 3
[[product.step]]
machines = ["press-1"]
minutes = 0.5
[[product]]
id = "bracket"
family = "steel"
[[product.step]]
minutes = 0.5
[[product.step.machine]]
id = "press-1"
power_kw = 44
[[changeover]]
class = "mill"
minutes = 30
[[changeover]]
class = "mill"
from = "iron"
minutes = 20
[[changeover]]
class = "mill"
from = "iron"
to = "steel"
minutes = 60
[[crew]]
id = "early"
skills = ["machining"]
sites = ["north"]
[[crew.shift]]
start = "06:00"
end = "14:00"
[[part]]
id = "spindle"
stock = 1
lead_days = 3
[energy]
price = 0.2
[[energy.tariff]]
start = "22:00"
end = "06:00"
price = 0.1
[[shift]]
lines = ["a"]
start = "06:00"
end = "22:00"
"""
)

VAIN = [
    (("product", 0, "step", 0, "class"), "mil", "product[0] (cover).step[0].class: got 'mil'"),
    (("product", 0, "step", 1, "machines"), ["x"], "step[1].machines: got 'x', want one of mill-1"),
    (("product", 0, "step", 0, "machine", 0, "id"), "x", "step[0].machine: got 'x', want one of"),
    (("product", 1, "id"), "cover", "product: got id 'cover' 2 times, want it once"),
    (("changeover", 0, "class"), "x", "changeover[0].class: got 'x', want one of mill, press"),
    (("changeover", 1, "from"), "x", "changeover[1].from: got 'x', want one of *, iron, steel"),
    (("changeover", 2, "to"), "iron", "changeover[2]: got from and to 'iron', want two families"),
    (("line", 0, "site"), "x", "line[0] (a).site: got 'x', want one of north, south"),
    (("transport", 0, "to"), "x", "transport[0].to: got 'x', want one of north, south"),
    (("crew", 0, "sites"), ["x"], "crew[0] (early).sites: got 'x', want one of north, south"),
    (("crew", 0, "skills"), [], "class.mill.service.skill: got 'machining', want one of none"),
    (("part", 0, "id"), "x", "class.mill.service.part: got 'spindle', want one of x"),
    (("shift", 0, "lines"), ["x"], "shift[0].lines: got 'x', want one of a, b"),
    (("energy", "price"), -1, "energy.price: got -1, want: greater than or equal to 0"),
    (("product", 0, "step", 0, "minuts"), 1, "got key 'minuts' (did you mean 'minutes'?)"),
    (("crew", 0, "shift", 0, "end"), "24:30", "crew[0] (early).shift[0].end: got"),
]


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    here: Any = document
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return document


def test_the_plant_file_of_these_tests_has_no_fault():
    assert faults(GOOD) == []


@pytest.mark.parametrize(("path", "value", "said"), VAIN)
def test_what_is_named_in_vain_is_said_with_key_got_and_want(path, value, said):
    assert said in "\n".join(faults(changed(path, value)))


def test_a_line_of_a_plant_with_two_sites_stands_on_one():
    document = copy.deepcopy(GOOD)
    del document["line"][1]["site"]
    assert faults(document) == ["line[1] (b).site: got nothing, want one of north, south"]


def test_a_way_is_given_once_in_either_direction():
    document = copy.deepcopy(GOOD)
    document["transport"].append({"from": "south", "to": "north", "minutes": 5})
    assert "north and south' 2 times" in "\n".join(faults(document))


def test_a_step_needs_a_place_and_one_only():
    nowhere = changed(("product", 0, "step", 1), {"minutes": 1})
    assert "got neither class nor machines" in "\n".join(faults(nowhere))
    both = changed(("product", 0, "step", 1), {"minutes": 1, "class": "mill", "machines": ["x"]})
    assert "want one of them" in "\n".join(faults(both))


def test_a_step_runs_on_its_class_or_list_and_own_times_win():
    plant = Plant.model_validate(GOOD)
    mill, press = plant.products[0].steps
    assert [m.id for m in plant.alternatives(mill)] == ["mill-1", "mill-2"]
    assert [m.id for m in plant.alternatives(press)] == ["press-1"]
    assert mill.minutes_for(100, "mill-1") == 15 + 100 * 2
    assert mill.minutes_for(100, "mill-2") == 15 + 100 * 3
    assert mill.power_on("mill-2") == 10  # its own time, the step's power
    bend = plant.products[1].steps[0]
    assert [m.id for m in plant.alternatives(bend)] == ["press-1"]
    assert (bend.minutes_for(10, "press-1"), bend.power_on("press-1")) == (5, 44)


@pytest.mark.parametrize(
    ("before", "after", "minutes"),
    [("iron", "steel", 60), ("steel", "iron", 30), ("iron", "other", 20), ("iron", "iron", 0)],
)
def test_the_changeover_that_names_more_families_wins(before, after, minutes):
    assert Plant.model_validate(GOOD).changeover_minutes("mill", before, after) == minutes


def test_a_class_without_a_rule_changes_over_at_once():
    assert Plant.model_validate(GOOD).changeover_minutes("press", "iron", "steel") == 0.0


def test_money_of_setting_up_is_the_classs_or_the_plants():
    plant = Plant.model_validate(GOOD)
    assert [plant.setup_cost_h(m) for m in plant.machines] == [120, 120, 90]


@given(st.integers(1, 4))
def test_each_step_of_priority_doubles_what_lateness_costs(priority):
    plant = Plant.model_validate(GOOD)
    for product in plant.products:
        urgent = plant.late_cost_h(product, priority)
        assert urgent == 2 * plant.late_cost_h(product, priority + 1)
    assert [plant.late_cost_h(p, 3) for p in plant.products] == [10, 60]


def test_the_demonstration_plant_can_make_and_service_all_it_names():
    plant = load_plant(DEMO)
    assert 4 <= len(plant.products) <= 8
    for product in plant.products:
        assert 2 <= len(product.steps) <= 5
        assert all(len(plant.alternatives(step)) >= 2 for step in product.steps)
    skills = {skill for crew in plant.crews for skill in crew.skills}
    assert all(c.service.skill in skills for c in plant.classes.values())
