"""What the plant page says of the plant."""

import numpy as np
import pytest
from fake_plant import START_US, FakePlant

from dashboard.data import decode_views, read_snapshot
from dashboard.snapshot import Snapshot, age_s, row_of
from dashboard.states.frame_state import clock_state, status_state
from dashboard.states.machine.machine_state import machine_state
from dashboard.states.plant.key_figures import key_figures
from dashboard.states.plant.plant_state import plant_state, tile_codes
from dashboard.states.plant.plant_suggestions import plant_suggestions
from dashboard.states.plant.work_list import work_list
from dashboard.states.tiles import states_of
from dashboard.times import iso_local
from twin.core.view import NEVER, view_dtype
from twin.types import Event


def later(fake: FakePlant, wall_s: float) -> Snapshot:
    return read_snapshot(fake.store, fake.plant, 2, fake.wall_us + int(wall_s * 1e6))


def test_rows_of_partitions_come_back_at_their_slots(fake: FakePlant) -> None:
    snapshot = read_snapshot(fake.store, fake.plant, 1, fake.wall_us)
    for class_id, rows in fake.views.items():
        for machine_id in fake.catalogue.classes[class_id].slots:
            slot = fake.catalogue.slot(machine_id).slot
            row = row_of(snapshot, machine_id)
            assert row is not None
            np.testing.assert_array_equal(row["level"], rows[slot]["level"])


def test_rows_of_another_list_of_lanes_are_left_out(fake: FakePlant) -> None:
    classes = {"mill": fake.plant.classes["mill"]}
    size = view_dtype(8, 4).itemsize
    views = decode_views({(0, "mill"): b"\0" * (2 * size), (1, "mill"): b"\0" * 7}, classes, 2)
    assert views["mill"]["time"].tolist() == [0, NEVER, 0, NEVER]


def test_tile_is_coloured_by_the_work_list_alone(fake: FakePlant, snapshot: Snapshot) -> None:
    codes = tile_codes(snapshot)
    listed = {i["machine"]: i for i in snapshot.plan["items"] if i["reason"] != "no_data"}
    assert {m: f"p{listed[m]['priority']}" for m in listed} == {m: codes[m] for m in listed}
    assert all(not codes[m.id].startswith("p") for m in fake.plant.machines if m.id not in listed)


def test_machine_without_load_is_idle(fake: FakePlant, snapshot: Snapshot) -> None:
    last = fake.catalogue.classes["press"].slots[-1]
    assert tile_codes(snapshot)[last] == "idle"


def test_all_screens_say_the_same_of_a_suggested_service(snapshot: Snapshot) -> None:
    listed = next(i for i in work_list(snapshot) if i.get("saves"))
    when = {"start": START_US, "end": START_US + 7_200_000_000}
    nothing = {"kind": "nothing", "cost": 456.0}
    waits = when | {"id": "s", "kind": "service", "state": "open", "saves": 123.0}
    waits |= {"alternatives": [{"kind": "best", "cost": 333.0}, nothing]}
    waits |= {"machine": listed["machine"]}
    told = snapshot._replace(schedule={"suggestions": [waits]})
    item = next(i for i in work_list(told) if i["machine"] == listed["machine"])
    machine = next(m for m in told.plant.machines if m.id == listed["machine"])
    first = plant_suggestions(told)["first"][0]
    assert listed["saves"] != 123.0
    assert item["suggested"] == machine_state(told, machine)["suggested"]
    assert item["saves"] == first["saves"] == 123.0
    assert item["cost_wait"] == 456.0  # what is at stake holds what is saved
    assert item["suggested"]["start"] == first["start"]


@pytest.mark.parametrize("until", [None, START_US])
def test_a_service_that_the_plan_leaves_out_says_why(snapshot: Snapshot, until: int | None) -> None:
    listed = next(i for i in work_list(snapshot) if i.get("saves"))
    told = {"machine": listed["machine"], "saves": 50.0, "why": "part", "until": until}
    known = snapshot._replace(schedule={"planning": {"unserved": [told]}})
    item = next(i for i in work_list(known) if i["machine"] == listed["machine"])
    when = iso_local(until, snapshot.plant.zone) if until else None
    assert item["obstacle"] == {"why": "part", "until": when}
    assert not any("obstacle" in i for i in work_list(snapshot))


def test_machines_that_run_idle_and_failed_are_all_there_are(snapshot: Snapshot) -> None:
    """Also where an idle machine's tile says something more urgent."""
    codes, idle = tile_codes(snapshot), {m for m, s in states_of(snapshot).items() if s == "idle"}
    urgent = snapshot._replace(
        plan=snapshot.plan | {"items": [{"machine": m, "priority": 2} for m in idle]}
    )
    assert idle
    assert key_figures(urgent, tile_codes(urgent))["running"]["idle"] == len(idle)
    assert key_figures(snapshot, codes)["running"]["idle"] == len(idle)


def test_machine_is_silent_after_three_periods_and_not_before(fake: FakePlant) -> None:
    """Demo: 60 s of plant time at × 60, so a period is a second; two more for transport."""
    before = set(tile_codes(later(fake, 4.9)).values())
    after = set(tile_codes(later(fake, 5.1)).values())
    assert before != {"silent"}
    assert {code.split()[-1] for code in after} == {"silent"}


def test_age_is_what_a_reader_waits_not_plant_time(fake: FakePlant) -> None:
    snapshot = later(fake, 3.0)
    newest = max(int(rows["time"].max()) for rows in snapshot.views.values())
    assert age_s(snapshot, newest) == 3.0
    assert clock_state(snapshot)["age_s"] == 3.0


@pytest.mark.parametrize("speed", [0.0, 1e-6, 1e-3])
def test_clock_that_stands_ages_by_the_wall_and_greys_out(fake: FakePlant, speed: float) -> None:
    fake.store.set_clock(fake.store.clock()._replace(speed=speed))
    clock = clock_state(later(fake, 15.0))
    assert clock["stands"]
    assert clock["age_s"] == 15.0 > clock["stale_s"]


def test_stopped_source_is_no_plant_of_dead_machines(fake: FakePlant) -> None:
    before = tile_codes(later(fake, 0.0))
    fake.store.set_clock(fake.store.clock()._replace(speed=1e-6))
    assert tile_codes(later(fake, 3600.0)) == before


@pytest.mark.parametrize(("speed", "stale_s"), [(60.0, 10.0), (1.0, 3 * 60 + 2)])
def test_screen_greys_out_after_ten_seconds_or_once_its_tiles_are_silent(
    fake: FakePlant, speed: float, stale_s: float
) -> None:
    fake.store.set_clock(fake.store.clock()._replace(speed=speed))
    assert clock_state(later(fake, 0.0))["stale_s"] == stale_s


def test_clock_is_the_plants_own_with_its_offset(snapshot: Snapshot) -> None:
    clock = clock_state(snapshot)
    assert (clock["date"], clock["time"], clock["offset"]) == ("2026-03-02", "07:00:00", "UTC+01")
    assert clock["simulated"]
    assert clock["speed"] == 60


def test_refused_readings_are_counted_by_reason(snapshot: Snapshot) -> None:
    status = status_state(snapshot)
    assert status["rejected"] == 12
    assert status["reasons"] == {"ahead_of_clock": 12}
    assert status["accepted"] == 120000


def test_work_list_is_soonest_first_within_a_priority(fake: FakePlant) -> None:
    fake.plan["items"].reverse()
    fake.step(0)
    items = plant_state(later(fake, 0))["attention"]
    keys = [(i["priority"], i["mid_h"] if i["mid_h"] is not None else 1e9) for i in items]
    assert keys == sorted(keys)
    assert {i["machine"] for i in items} == {i["machine"] for i in fake.plan["items"]}


def test_work_list_names_what_drives_the_risk(snapshot: Snapshot) -> None:
    items = plant_state(snapshot)["attention"]
    sensors = snapshot.plant.classes["mill"].sensors
    first = next(i for i in items if i["machine"].startswith("mill") and i["reason"] == "risk")
    assert first["drivers"] == [sensors[0].name, sensors[1].name]


def test_forecast_is_withheld_once_its_inputs_have_stopped(fake: FakePlant) -> None:
    fresh = {i["machine"]: i for i in plant_state(later(fake, 0))["attention"]}
    stale = {i["machine"]: i for i in plant_state(later(fake, 60))["attention"]}
    assert fresh["mill-01"]["mid_h"] is not None
    assert stale["mill-01"]["mid_h"] is None
    assert stale["mill-01"]["priority"] == fresh["mill-01"]["priority"]


def test_failure_takes_the_place_of_its_forecast_until_the_repair(fake: FakePlant) -> None:
    def reason() -> str:
        items = plant_state(later(fake, 0))["attention"]
        return next(i["reason"] for i in items if i["machine"] == "mill-01")

    fake.store.add_events([Event(START_US, "failure", "mill-01", {"mode": "coolant_system"})])
    assert reason() == "failed"
    fake.store.add_events([Event(START_US + 1, "repair", "mill-01", {})])
    assert reason() == "risk"


def test_what_has_failed_comes_first(fake: FakePlant) -> None:
    fake.store.add_events([Event(START_US, "failure", "press-01", {})])
    first = plant_state(later(fake, 0))["attention"][0]
    assert (first["machine"], first["priority"], first["reason"]) == ("press-01", 1, "failed")
    assert first["since"] == iso_local(START_US, fake.plant.zone)


def test_nothing_is_said_to_run_or_not_where_nobody_sends(fake: FakePlant) -> None:
    figure = plant_state(later(fake, 60))["kpis"]["running"]
    assert (figure["value"], figure["off"]) == (None, False)


def test_shift_of_which_little_is_known_has_no_oee(fake: FakePlant) -> None:
    def shift(unknown: float) -> float | None:
        fake.plan["oee"] = {"day": {}, "shift": {"oee": 0.5, "unknown": unknown}}
        fake.step(0)
        return plant_state(later(fake, 0))["kpis"]["oee"]["shift"]

    assert (shift(0.2), shift(0.9)) == (50.0, None)


def test_silent_machine_says_that_its_forecast_is_withheld(fake: FakePlant) -> None:
    assert not any("withheld" in i for i in plant_state(later(fake, 0))["attention"])
    assert all(i["withheld"] for i in plant_state(later(fake, 60))["attention"])


def test_every_machine_has_one_tile_in_its_line(snapshot: Snapshot) -> None:
    lines = plant_state(snapshot)["lines"]
    tiles = [m["id"] for line in lines for g in line["groups"] for m in g["machines"]]
    assert sorted(tiles) == sorted(m.id for m in snapshot.plant.machines)


def test_priority_outlives_silence(fake: FakePlant) -> None:
    """A machine that stands still because it failed must not fade from the work list's colours."""
    now, late = tile_codes(later(fake, 0)), tile_codes(later(fake, 60))
    listed = {m for m, code in now.items() if code.startswith("p")}
    assert {m: f"{now[m].split()[0]} silent" for m in listed} == {m: late[m] for m in listed}


def test_without_a_failure_model_nothing_is_forecast(fake: FakePlant) -> None:
    snapshot = later(fake, 0)
    views = {c: np.array(rows) for c, rows in snapshot.views.items()}
    for rows in views.values():
        rows["p"] = np.nan
    kpis = plant_state(snapshot._replace(views=views))["kpis"]
    assert plant_state(snapshot)["kpis"]["stops"]["value"] == 1.8
    assert kpis["stops"]["value"] is None
    assert kpis["lost"]["value"] is None


def test_unknown_forecast_is_not_off_its_aim(fake: FakePlant) -> None:
    fake.plan["expected_stops_24h"] = {"mean": None, "lo": None, "hi": None}
    fake.plan["lost_output_24h"] = {"percent": None, "lo": None, "hi": None}
    fake.step(0)
    kpis = plant_state(later(fake, 0))["kpis"]
    assert [(kpis[k]["value"], kpis[k]["off"]) for k in ("stops", "lost")] == [(None, False)] * 2


def test_empty_plan_is_shown_as_unknown_not_as_zero(fake: FakePlant) -> None:
    fake.store.set_plan(b"")
    kpis = plant_state(later(fake, 0))["kpis"]
    assert kpis["stops"]["value"] is None
    assert kpis["complete"]["value"] is None
