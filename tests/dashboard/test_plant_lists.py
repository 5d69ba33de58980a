"""What leaves the plant page as CSV is what its filters show, with services and money."""

import csv
import io
import json

import numpy as np
import pytest
from fake_plant import START_US, FakePlant, grown

from dashboard.app import PlantTwin
from dashboard.data import read_snapshot
from dashboard.i18n import translator
from dashboard.pages.plant import reasons
from dashboard.snapshot import Snapshot, is_idle, is_silent, row_of
from dashboard.states.plant.key_figures import key_figures
from dashboard.states.plant.oee_list import oee_rows
from dashboard.states.plant.plant_lists import Filters, attention_rows, filters_of, machine_rows
from dashboard.states.plant.plant_state import plant_state
from dashboard.states.plant.work_list import work_list
from dashboard.states.tiles import states_of, tile_codes
from twin.plant import Plant, Targets

HOUR_US = 3_600_000_000
t = translator("en")


def with_services(fake: FakePlant, *services: dict[str, object]) -> Snapshot:
    snapshot = read_snapshot(fake.store, fake.plant, 1, fake.wall_us)
    return snapshot._replace(desk={"services": [{"state": "planned"} | s for s in services]})


def machines(rows: tuple[list[str], list[list[object]]]) -> list[object]:
    return [row[-1] for row in rows[1]]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"p": "1"}, lambda i: i["priority"] == 1),
        ({"class": "pump"}, lambda i: i["class"] == "pump"),
        (
            {"line": "housings", "why": "risk"},
            lambda i: (i["line"], i["reason"]) == ("housings", "risk"),
        ),
        ({"q": "PUMP 1"}, lambda i: i["machine"] == "pump-01"),
        ({"q": "1 号泵"}, lambda i: i["machine"] == "pump-01"),
        ({"q": "spindle bearing"}, lambda i: i["machine"] == "mill-01"),
        ({"p": "9"}, lambda i: i["priority"] == 9),
    ],
)
def test_filters_choose_by_what_the_work_list_says(snapshot: Snapshot, query, kept) -> None:
    items = [i for i in work_list(snapshot) if i["reason"] != "no_data"]
    wanted = [i["machine"] for i in items if kept(i)]
    found = attention_rows(snapshot, filters_of(query), t, "en", reasons(t))
    assert machines(found) == wanted


def test_who_only_sends_nothing_is_listed_when_asked_for(snapshot: Snapshot) -> None:
    silent = [i["machine"] for i in work_list(snapshot) if i["reason"] == "no_data"]
    assert silent
    asked = attention_rows(snapshot, Filters(reason="no_data"), t, "en", reasons(t))
    assert machines(asked) == silent
    assert not set(silent) & set(machines(attention_rows(snapshot, Filters(), t, "en", reasons(t))))


def test_every_machine_is_in_its_list_once(snapshot: Snapshot) -> None:
    found = machine_rows(snapshot, Filters(), t, "en", reasons(t))
    assert machines(found) == [m.id for m in snapshot.plant.machines]
    line = machine_rows(snapshot, Filters(line="shafts"), t, "en", reasons(t))
    assert machines(line) == [m.id for m in snapshot.plant.machines if m.line == "shafts"]


def test_download_speaks_the_readers_language(app: PlantTwin) -> None:
    app.reader.tick()
    client = app.server.test_client()
    client.set_cookie("language", "zh")
    text = client.get("/export/attention.csv?q=%E9%93%A3%E5%BA%8A").get_data().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert "机器" in header
    assert rows
    assert all("铣床" in row[header.index("机器")] for row in rows)
    assert "Europe/Berlin" in text.splitlines()[0]


def test_next_planned_service_stands_beside_its_machine(fake: FakePlant) -> None:
    """15:00 UTC on 2 March is 16:00 in Berlin; what is over, and what comes after, is not named."""
    base = {"machine": "mill-01", "duration_h": 2.0, "who": "Day shift"}
    snapshot = with_services(
        fake,
        base | {"id": "3", "start": START_US + 90 * HOUR_US},
        base | {"id": "2", "start": START_US + 9 * HOUR_US},
        base | {"id": "1", "start": START_US - 3 * HOUR_US},
        base | {"id": "0", "start": START_US + 1 * HOUR_US, "state": "cancelled"},
    )
    item = next(i for i in work_list(snapshot) if i["machine"] == "mill-01")
    assert item["service"] == {
        "id": "2",
        "start": "2026-03-02T16:00:00",
        "in_h": 9.0,
        "duration_h": 2.0,
        "who": "Day shift",
    }
    assert [s["id"] for s in plant_state(snapshot)["services"]] == ["2", "3"]


def test_long_pauses_of_the_fortnight_are_shaded_and_meals_are_not(snapshot: Snapshot) -> None:
    """From Monday 07:00 on: the nights of two weekends, eight hours each, 22:00 to 06:00."""
    assert plant_state(snapshot)["pauses"] == [
        [24 * day + 15, 24 * day + 23] for day in (5, 6, 12, 13)
    ]


def test_states_of_a_class_at_once_are_those_of_single_rows(fake: FakePlant) -> None:
    for wall_s in (0.0, 4.9, 5.1, 60.0):
        at = read_snapshot(fake.store, fake.plant, 2, fake.wall_us + int(wall_s * 1e6))
        single = {}
        for machine in at.plant.machines:
            row, machine_class = row_of(at, machine.id), at.plant.class_of(machine)
            silent = row is None or is_silent(at, machine_class, row)
            single[machine.id] = (
                "silent" if silent else "idle" if is_idle(machine_class, row) else "ok"
            )
        assert states_of(at) == single


def test_targets_are_the_plant_files(snapshot: Snapshot, plant: Plant) -> None:
    head = plant.plant.model_copy(update={"targets": Targets(running=0.5, oee_pct=10, stops=1.0)})
    own = snapshot._replace(plant=plant.model_copy(update={"plant": head}))
    figures = key_figures(own, tile_codes(own))
    assert [figures[k]["aim"] for k in ("running", "oee", "stops")] == [20, 10, 40]
    assert not any(figures[k]["off"] for k in ("running", "oee", "stops"))


def test_oee_without_measured_quality_is_said_to_be_a_bound(fake: FakePlant) -> None:
    day = fake.plan["oee"]["day"] | {"quality": None, "is_most": True, "oee": 0.655}
    fake.plan["oee"] = fake.plan["oee"] | {"day": day}
    fake.step(0)
    at = read_snapshot(fake.store, fake.plant, 2, fake.wall_us)
    figure = key_figures(at, tile_codes(at))["oee"]
    assert (figure["most"], figure["quality"], figure["value"]) == (True, None, 65.5)


def test_oee_as_csv_has_setting_up_for_the_plant_every_line_and_machine(snapshot: Snapshot) -> None:
    told = {"setup_ratio": 0.12, "setup_h": 7.5}
    oee = {
        "day": snapshot.plan["oee"]["day"] | told,
        "shift": None,
        "lines": {line.id: snapshot.plan["oee"]["day"] for line in snapshot.plant.lines},
        "machines": {snapshot.plant.machines[0].id: {"setup_ratio": 0.3, "setup_h": 2.5}},
    }
    at = snapshot._replace(plan=snapshot.plan | {"oee": oee})
    header, rows = oee_rows(at, Filters(), t, "en", {})
    assert {len(row) for row in rows} == {len(header)}
    assert len(rows) == 1 + len(snapshot.plant.lines) + 1
    own = dict(zip(header, rows[-1], strict=True))
    assert (own["Setup ratio (AUST/AUPT)"], own["Unit setup time (AUST), hours"]) == (0.3, 2.5)
    assert own["OEE"] is None
    named = dict(zip(header, rows[0], strict=True))
    assert named["Setup ratio (AUST/AUPT)"] == 0.12
    assert named["Unit setup time (AUST), hours"] == 7.5
    first = snapshot.plant.machines[0].line
    for line in snapshot.plant.lines:
        n = 1 + (line.id == first)
        assert len(oee_rows(at, Filters(line=line.id), t, "en", {})[1]) == n


def test_plant_that_produces_nothing_shows_no_oee(fake: FakePlant) -> None:
    fake.plan["oee"] = None
    fake.step(0)
    at = read_snapshot(fake.store, fake.plant, 2, fake.wall_us)
    figure = key_figures(at, tile_codes(at))["oee"]
    assert (figure["value"], figure["off"], figure["defined"]) == (None, False, False)


def test_thousand_machines_have_a_tile_and_a_line_each(plant: Plant) -> None:
    many = FakePlant(grown(plant, 1000))
    state = plant_state(read_snapshot(many.store, many.plant, 1, many.wall_us))
    assert len(state["tiles"]) == 1000
    assert sum(len(g["machines"]) for x in state["lines"] for g in x["groups"]) == 1000
    assert len(state["attention"]) > 90
    assert json.dumps(state)
    assert np.isfinite(state["kpis"]["running"]["value"])
