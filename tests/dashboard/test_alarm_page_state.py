"""What the alarms page says of the alarms, and what its lists hold."""

import csv
import io
import re
import time
from pathlib import Path

import numpy as np
import pytest
from alarmed_plant import AlarmedPlant
from fake_plant import FakePlant

from dashboard.app import create_app
from dashboard.data import read_snapshot
from dashboard.data.documents import Documents
from dashboard.i18n import translator
from dashboard.snapshot import Snapshot, failed_at
from dashboard.states.alarms.alarm_lists import AlarmFilters, alarm_list, journal_list
from dashboard.states.alarms.alarm_state import alarm_counts, alarms_state
from dashboard.states.alarms.alarm_words import refusal_text, state_names, verb_names
from dashboard.states.frame_state import frame
from twin.actions import VERBS, Action, pack_action
from twin.config import Settings
from twin.core.alarms import STATES
from twin.pipeline.desk import Desk
from twin.pipeline.desk import __file__ as desk_file
from twin.pipeline.site import Site
from twin.types import Event

HOUR_US = 3_600_000_000
VIB = "mill-03:spindle_vib_mms"


class Held:
    """The invented plant with its clock held, a desk, and a snapshot on demand."""

    def __init__(self, fake: FakePlant) -> None:
        self.fake, self.store = fake, fake.store
        self.now = fake.store.clock().plant_now(fake.wall_us)
        self.desk = Desk(fake.store, Site(fake.plant, fake.catalogue, {}), lambda: fake.wall_us)
        self.desk.step()

    def alarm(self, machine: str = "mill-03", ago_h: float = 0.0, kind: str = "alarm_on") -> None:
        detail = {"sensor": "spindle_vib_mms", "value": 3.0, "limit": "high"}
        self.store.add_events([Event(self.now - int(ago_h * HOUR_US), kind, machine, detail)])
        self.desk.step()

    def do(self, verb: str, detail: dict, machine: str | None = None) -> None:
        action = Action(verb, machine, self.now, 0, "Late", "admin", detail, "")
        self.store.add_action(pack_action(action))
        self.desk.step()

    def snapshot(self) -> Snapshot:
        made = read_snapshot(self.store, self.fake.plant, 1, self.fake.wall_us)
        return made._replace(desk=Documents(self.store).read("desk"))


@pytest.fixture
def held(fake: FakePlant) -> Held:
    return Held(fake)


def test_a_line_names_machine_sensor_limit_cause_and_answer(held: Held) -> None:
    held.alarm(ago_h=2.0)
    row = alarms_state(held.snapshot())["alarms"][VIB]
    assert (row["name"], row["limit"], row["limit_value"]) == (
        {"en": "Mill 3", "zh": "3 号铣床"},
        "high",
        2.8,
    )
    assert (row["state"], row["priority"], row["age_h"]) == ("unacknowledged", 2, 2.0)
    assert row["since"] == "2026-03-02T05:00:00"
    mode = held.fake.plant.classes["mill"].modes[0]
    assert (row["consequence"], row["response"]) == (mode.consequence, mode.response)


def test_time_left_is_until_the_outer_limit_as_the_estimate_goes(held: Held) -> None:
    """From 3.0 to the limit 4.5 at 0.25 a step of an hour: six hours."""
    held.alarm()
    rows = held.fake.views["mill"]
    rows["level"][2, 0], rows["slope"][2, 0] = 3.0, 0.25
    rows["rul_q50"][2] = np.inf
    held.fake.step(0)
    row = alarms_state(held.snapshot())["alarms"][VIB]
    assert (row["time_h"], row["until_what"]) == (6.0, "limit")
    rows["rul_q50"][2] = 4.0
    held.fake.step(0)
    row = alarms_state(held.snapshot())["alarms"][VIB]
    assert (row["time_h"], row["until_what"]) == (4.0, "failure")


def test_an_estimate_that_falls_reaches_no_upper_limit(held: Held) -> None:
    held.alarm()
    rows = held.fake.views["mill"]
    rows["level"][2, 0], rows["slope"][2, 0] = 3.0, -0.25
    rows["rul_q50"][2] = np.inf
    held.fake.step(0)
    assert alarms_state(held.snapshot())["alarms"][VIB]["time_h"] is None


def test_the_header_counts_what_calls_and_what_is_shelved(held: Held) -> None:
    held.alarm("mill-03")
    held.alarm("mill-04")
    held.alarm("mill-05")
    held.do("alarm.shelve", {"alarm": VIB, "hours": 4, "reason": "known"})
    held.do("alarm.acknowledge", {"alarms": ["mill-04:spindle_vib_mms"]})
    before = {"unack": 1, "active": 1, "shelved": 0}  # the plant comes with one alarm
    counts = frame(held.snapshot())["status"]["alarms"]
    assert counts == {"unack": before["unack"] + 1, "active": before["active"] + 2, "shelved": 1}


def test_without_a_desk_nothing_is_known() -> None:
    assert alarm_counts({}) == {"unack": 0, "active": 0, "shelved": 0}


def test_a_shelf_says_how_long_it_lasts(held: Held) -> None:
    held.alarm()
    held.do("alarm.shelve", {"alarm": VIB, "hours": 4, "reason": "known"})
    row = alarms_state(held.snapshot())["alarms"][VIB]
    assert (row["until"], row["left_h"], row["reason"], row["by"]) == (
        "2026-03-02T11:00:00",
        4.0,
        "known",
        "Late",
    )


def test_a_flood_names_its_machines_and_what_came_first(held: Held) -> None:
    for n in range(12):
        held.alarm(f"mill-{n + 3:02}", ago_h=(12 - n) / 3600)
    rates = alarms_state(held.snapshot())["rates"]
    assert rates["flood"] == "2026-03-02T06:59:48"
    group = next(g for g in rates["groups"] if g["machine"] == "mill-03")
    assert (group["name"]["en"], group["first_name"]["sensor"]["en"]) == (
        "Mill 3",
        "Spindle vibration",
    )
    assert len(rates["top"]) == 10
    assert sum(rates["counts"]) == 13  # with the one that the plant comes with


def test_the_journal_names_what_was_done_and_whether_it_can_be_taken_back(held: Held) -> None:
    held.alarm()
    held.do("alarm.acknowledge", {"alarms": [VIB]})
    held.do("comment.add", {"text": "oil"}, "mill-03")
    lines = sorted(alarms_state(held.snapshot())["journal"].values(), key=lambda x: -x["n"])
    assert [(x["verb"], x["who"], x["can_undo"]) for x in lines[:3]] == [
        ("comment.add", "Late", True),
        ("alarm.acknowledge", "Late", False),
        ("alarm.on", "", False),
    ]
    assert lines[1]["sensor"]["en"] == "Spindle vibration"
    assert lines[0]["text"] == "oil"


def test_a_failure_is_remembered_when_its_event_is_long_past(held: Held) -> None:
    held.do("failure.report", {}, "mill-03")
    assert failed_at(held.snapshot()._replace(events=[]), "mill-03") == held.now


def test_a_failure_taken_back_stands_no_longer(held: Held) -> None:
    held.do("failure.report", {}, "mill-03")
    line = held.snapshot().desk["journal"][-1]
    held.do("action.undo", {"action": line["id"]})
    assert failed_at(held.snapshot(), "mill-03") is None


def listed(held: Held, wanted: AlarmFilters, language: str = "en") -> list[list[object]]:
    return [list(r) for r in alarm_list(held.snapshot(), wanted, translator(language), language)[1]]


def test_the_list_keeps_to_the_filters_of_the_screen(held: Held) -> None:
    held.alarm("mill-03")
    held.alarm("press-01")
    held.do("alarm.acknowledge", {"alarms": [VIB]})
    by_state = listed(held, AlarmFilters(state="acknowledged"))
    assert [r[2] for r in by_state] == ["mill-03"]
    assert [r[2] for r in listed(held, AlarmFilters(text="铣床"))] == ["mill-01", "mill-03"]
    assert listed(held, AlarmFilters(line="nowhere")) == []
    assert listed(held, AlarmFilters(text="Mill 3"), "zh")[0][1] == "3 号铣床"


def test_the_journal_downloads_in_the_readers_words(held: Held) -> None:
    held.do("comment.add", {"text": "=1+1"}, "mill-03")
    header, rows = journal_list(held.snapshot(), AlarmFilters(), translator("en"), "en")
    assert header[0].startswith("Time (Europe/Berlin, UTC+01")
    assert rows[0][1:4] == ["Late", "Comment", "Mill 3"]
    people = journal_list(held.snapshot(), AlarmFilters(who="people"), translator("en"), "en")[1]
    plant = journal_list(held.snapshot(), AlarmFilters(who="plant"), translator("en"), "en")[1]
    assert [len(people), len(plant)] == [1, len(rows) - 1]


def test_lists_are_served_as_csv_and_formulas_are_guarded(held: Held) -> None:
    held.do("comment.add", {"text": "=1+1"}, "mill-03")
    app = create_app(held.store, Settings(threads=18))
    try:
        app.reader.tick()
        client = app.server.test_client()
        for name in ("alarms", "journal"):
            answer = client.get(f"/export/{name}.csv")
            assert answer.status_code == 200
        rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
        assert "'=1+1" in rows[1]
    finally:
        app.reader.stop()


def test_every_state_verb_and_refusal_has_words() -> None:
    same = translator("en")
    assert set(state_names(same)) == set(STATES) - {"normal"}
    assert set(VERBS) <= set(verb_names(same))
    desk = "".join(path.read_text() for path in Path(desk_file).parent.glob("*.py"))
    codes = set(re.findall(r'(?:refused\(|fault or |return |final=)"(\w+)"', desk))
    assert {"already_failed", "twin_was_reset", "unknown_alarm"} <= codes
    assert {c for c in codes if refusal_text(same, c) == c} == set()


def test_the_served_plant_moves_its_clock(plant) -> None:
    fake = AlarmedPlant(plant, time.time_ns() // 1000)
    before = fake.now_us
    fake.jump(5.0)
    assert fake.now_us - before >= 5 * HOUR_US
