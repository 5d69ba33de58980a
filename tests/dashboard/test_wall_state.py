"""State of the wall against the plant page's, and against the rows it is made of."""

import pytest
from fake_plant import FakePlant

from dashboard.snapshot import Snapshot, row_of
from dashboard.states.plant.plant_state import plant_state
from dashboard.stream import merge_patch
from dashboard.wall.state import LETTERS, NOW_MAX, shared, wall_state

WHOLE: tuple[str, ...] = ()


@pytest.fixture
def area(snapshot: Snapshot) -> dict:
    return wall_state(shared(snapshot), [WHOLE])["areas"]["0"]


def test_wall_and_plant_page_count_alike(snapshot: Snapshot, area: dict) -> None:
    tiles = list(plant_state(snapshot)["tiles"].values())
    assert area["figures"]["p1"] == sum(code.startswith("p1") for code in tiles)
    assert area["figures"]["p2"] == sum(code.startswith("p2") for code in tiles)
    assert area["figures"]["total"] == len(tiles)
    letters = "".join(line["tiles"] for line in area["lines"].values())
    assert sorted(letters) == sorted(LETTERS[code] for code in tiles)


def test_lines_add_up_to_the_plant(snapshot: Snapshot, area: dict) -> None:
    lines = [(line.id,) for line in snapshot.plant.lines]
    parts = wall_state(shared(snapshot), lines)["areas"].values()
    for key in ("p1", "p2", "running", "total"):
        assert sum(p["figures"][key] for p in parts) == area["figures"][key]
    total = sum(p["figures"]["stops"] or 0 for p in parts)
    assert total == pytest.approx(area["figures"]["stops"], rel=0.01)


def test_expected_stops_are_the_sum_of_chances_of_machines_that_are_heard(
    snapshot: Snapshot, area: dict
) -> None:
    tiles = plant_state(snapshot)["tiles"]
    chances = [
        float(row_of(snapshot, m)["p"][1]) for m, code in tiles.items() if "silent" not in code
    ]
    assert area["figures"]["stops"] == pytest.approx(sum(chances), rel=0.01)


def test_where_nobody_sends_it_is_unknown_what_runs(snapshot: Snapshot) -> None:
    hour_us = 3_600_000_000
    later = snapshot._replace(
        plant_us=snapshot.plant_us + 100 * hour_us, wall_us=snapshot.wall_us + 100 * hour_us
    )
    figures = wall_state(shared(later), [WHOLE])["areas"]["0"]["figures"]
    assert (figures["running"], figures["stops"], figures["complete"]) == (None, None, 0)


def test_named_tiles_are_those_of_the_machines_that_they_name(
    snapshot: Snapshot, area: dict
) -> None:
    codes = plant_state(snapshot)["tiles"]
    names = {m.id: m.name or m.id for m in snapshot.plant.machines}
    urgent = [names[m] for m, code in codes.items() if code.startswith("p")]
    assert sorted(str(g["name"]) for g in area["grown"]) == sorted(map(str, urgent))
    for tile in area["grown"]:
        letter = area["lines"][str(tile["line"])]["tiles"][tile["at"]]
        machine = next(m for m, name in names.items() if name == tile["name"])
        assert letter == LETTERS[codes[machine]]


def test_list_is_the_head_of_the_work_list_and_says_what_it_leaves_out(
    snapshot: Snapshot, area: dict
) -> None:
    work = [i for i in plant_state(snapshot)["attention"] if i["reason"] != "no_data"]
    assert [i["id"] for i in area["now"]] == [i["machine"] for i in work[:NOW_MAX]]
    assert area["more"] == max(0, len(work) - NOW_MAX)


def test_area_shows_its_own_machines_alone(fake: FakePlant, snapshot: Snapshot) -> None:
    line = fake.plant.lines[0].id
    own = {m.id for m in fake.plant.machines if m.line == line}
    shown = wall_state(shared(snapshot), [(line,)])["areas"]["0"]
    assert shown["figures"]["total"] == len(own)
    assert {i["id"] for i in shown["now"]} <= own
    assert shown["names"] == [fake.plant.lines[0].name]


def test_line_that_has_left_the_plant_leaves_an_empty_area(snapshot: Snapshot) -> None:
    gone = wall_state(shared(snapshot), [("gone",)])["areas"]["0"]
    assert gone["figures"]["total"] == 0
    assert gone["lines"] == {}


def test_quiet_tick_changes_nothing_but_the_clock(snapshot: Snapshot) -> None:
    """What is sent twice a second stays small: no list is replaced for nothing."""
    before = wall_state(shared(snapshot), [WHOLE])
    after = wall_state(shared(snapshot._replace(seq=2)), [WHOLE])
    assert merge_patch(before, after) == {}
