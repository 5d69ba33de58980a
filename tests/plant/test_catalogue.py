"""Slots never move; lanes are carried over by name; the JSON says everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.catalogue import Catalogue, Place
from twin.errors import SchemaError
from twin.plant import Plant

LANES = ("temp", "vib", "flow", "load", "speed")


def plant_of(machines: dict[str, str], lanes: dict[str, tuple[list[str], list[str]]]) -> Plant:
    """A plant with these machines (id → class) and lanes (class → sensors, inputs)."""
    return Plant.model_validate(
        {
            "plant": {"name": "p"},
            "line": [{"id": "a"}],
            "class": {
                c: {
                    "period_s": 1,
                    "sensor": [{"id": s, "normal": [0, 1]} for s in sensors],
                    "input": [{"id": u, "range": [0, 1]} for u in inputs],
                }
                for c, (sensors, inputs) in lanes.items()
            },
            "machine": [{"id": m, "class": c, "line": "a"} for m, c in machines.items()],
        }
    )


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    lanes = {}
    for c in ("press", "pump"):
        order = draw(st.permutations(LANES))
        n_sensors = draw(st.integers(1, 3))
        n_inputs = draw(st.integers(0, 2))
        lanes[c] = (list(order[:n_sensors]), list(order[n_sensors : n_sensors + n_inputs]))
    ids = draw(st.lists(st.sampled_from([f"m{n}" for n in range(8)]), min_size=1, unique=True))
    return plant_of({i: draw(st.sampled_from(["press", "pump"])) for i in ids}, lanes)


@given(st.lists(plants(), min_size=1, max_size=8))
def test_slots_never_move_and_no_two_machines_share_one(history: list[Plant]) -> None:
    catalogue, given_out = Catalogue(), dict[tuple[str, str], int]()
    for plant in history:
        catalogue = catalogue.update(plant)
        for class_id in catalogue.classes:
            for slot, machine_id in enumerate(catalogue.machines_ever(class_id)):
                assert given_out.setdefault((class_id, machine_id), slot) == slot
        places = catalogue.places()
        assert places.keys() == {m.id for m in plant.machines}
        assert len(set(places.values())) == len(places)
        for machine in plant.machines:
            assert catalogue.slot(machine.id) == places[machine.id]
            assert places[machine.id].class_id == machine.class_id
        for class_id, _ in given_out:
            present = [i for i in catalogue.machines(class_id) if i is not None]
            assert set(present) == {m.id for m in plant.machines_of(class_id)}


@given(st.lists(plants(), min_size=1, max_size=6))
def test_json_restores_the_catalogue_exactly(history: list[Plant]) -> None:
    catalogue = Catalogue()
    for plant in history:
        catalogue = catalogue.update(plant)
    assert Catalogue.from_json(catalogue.to_json()) == catalogue


@given(st.lists(plants(), min_size=2, max_size=6))
def test_remap_finds_every_lane_of_every_version_by_its_name(history: list[Plant]) -> None:
    catalogue = Catalogue()
    for plant in history:
        catalogue = catalogue.update(plant)
    for class_id in catalogue.classes:
        now = catalogue.lanes(class_id)
        for version in range(1, catalogue.lane_version(class_id) + 1):
            old = catalogue.lanes(class_id, version)
            row = [*(("s", i) for i in old.sensors), *(("u", i) for i in old.inputs)]
            carried = [row[n] if n >= 0 else None for n in catalogue.remap(class_id, version)]
            want = [*(("s", i) for i in now.sensors), *(("u", i) for i in now.inputs)]
            assert carried == [lane if lane in row else None for lane in want]


def test_an_unchanged_plant_changes_nothing() -> None:
    plant = plant_of({"a": "press"}, {"press": (["temp"], [])})
    catalogue = Catalogue().update(plant)
    assert catalogue.update(plant) is catalogue


def test_a_machine_that_left_is_readable_and_finds_its_slot_again() -> None:
    lanes: dict[str, tuple[list[str], list[str]]] = {"press": (["temp"], [])}
    first = Catalogue().update(plant_of({"a": "press", "b": "press"}, lanes))
    without = first.update(plant_of({"b": "press", "c": "press"}, lanes))
    assert without.is_retired("a")
    assert without.slot("a") == Place("press", 0)
    assert without.machines("press") == [None, "b", "c"]
    again = without.update(plant_of({"a": "press", "c": "press"}, lanes))
    assert not again.is_retired("a")
    assert again.machines("press") == ["a", None, "c"]


def test_a_machine_of_another_class_gets_a_slot_there_and_keeps_the_old_one() -> None:
    lanes: dict[str, tuple[list[str], list[str]]] = {
        "press": (["temp"], []),
        "pump": (["flow"], []),
    }
    first = Catalogue().update(plant_of({"a": "press", "b": "pump"}, lanes))
    moved = first.update(plant_of({"a": "pump", "b": "pump"}, lanes))
    assert moved.slot("a") == Place("pump", 1)
    assert moved.machines_ever("press") == ("a",)
    assert moved.machines("press") == [None]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "version": 1}'])
def test_what_is_no_catalogue_is_refused(text: str) -> None:
    with pytest.raises(SchemaError, match="catalogue"):
        Catalogue.from_json(text)
