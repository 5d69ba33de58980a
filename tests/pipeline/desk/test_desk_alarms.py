"""Alarms at the desk: what came and went, who did what about it, what holds them back."""

import pytest
from desk_bench import HOUR_US, T0_US, TEMP, Bench
from worker_plant import PARTITIONS, settings_in

from twin.pipeline.site import prepare
from twin.stores.memory import MemoryStore

MINUTE_US = 60_000_000


@pytest.fixture
def bench(tmp_path):
    store = MemoryStore(PARTITIONS)
    return Bench(store, prepare(store, settings_in(tmp_path)))


def test_an_alarm_comes_is_seen_and_goes(bench):
    bench.alarm_on()
    bench.step()
    assert bench.state() == "unacknowledged"
    held = bench.document("alarms")[TEMP]
    assert (held["limit"], held["value"], held["priority"]) == ("high", 79.0, 2)
    seen = bench.do("alarm.acknowledge", {"alarms": [TEMP], "note": "fan"})
    bench.step()
    assert bench.state() == "acknowledged"
    assert bench.document("alarms")[TEMP]["by"] == "Late"
    assert bench.line(seen)["note"]["alarms"] == [TEMP]
    bench.alarm_off()
    bench.step()
    assert bench.state() == "normal"
    assert bench.kinds() == ["alarm_state"]


def test_an_alarm_that_went_unseen_waits_to_be_seen(bench):
    bench.alarm_on()
    bench.alarm_off(after_s=60)
    bench.step()
    assert bench.state() == "returned_unacknowledged"
    bench.do("alarm.acknowledge", {"alarms": [TEMP]})
    bench.step()
    assert bench.state() == "normal"


def test_an_outer_limit_calls_again_and_the_way_back_does_not(bench):
    bench.alarm_on()
    bench.step()
    bench.do("alarm.acknowledge", {"alarms": [TEMP]})
    bench.step()
    bench.event("alarm_limit", sensor="temp", limit="high_high", value=90.0, priority=2)
    bench.step()
    assert bench.state() == "unacknowledged"
    bench.do("alarm.acknowledge", {"alarms": [TEMP]})
    bench.step()
    bench.event("alarm_limit", sensor="temp", limit="high", value=79.0, priority=2)
    bench.step()
    assert bench.state() == "acknowledged"
    assert bench.document("alarms")[TEMP]["limit"] == "high"


def test_what_cannot_be_acknowledged_is_refused_and_journaled(bench):
    refused = bench.do("alarm.acknowledge", {"alarms": [TEMP, "nobody:temp"]})
    bench.step()
    line = bench.line(refused)
    assert (line["outcome"], line["reason"]) == ("refused", "nothing_to_acknowledge")
    assert bench.kinds() == []


def test_acknowledging_many_says_which_were_not(bench):
    bench.alarm_on()
    done = bench.do("alarm.acknowledge", {"alarms": ["mill-1:temp", TEMP]})
    bench.step()
    note = bench.line(done)["note"]
    assert note == {"alarms": [TEMP], "not_done": {"mill-1:temp": "nothing_to_acknowledge"}}


def test_a_shelved_alarm_returns_by_itself_after_its_time(bench):
    bench.alarm_on()
    bench.do("alarm.shelve", {"alarm": TEMP, "hours": 2, "reason": "fan ordered"})
    bench.step()
    held = bench.document("alarms")[TEMP]
    assert (held["state"], held["reason"]) == ("shelved", "fan ordered")
    assert held["shelved_until"] == T0_US + 2 * HOUR_US
    assert bench.document("alarm_rates")["figures"]["shelved"][0] == 1
    bench.set_clock(T0_US + 2 * HOUR_US - 1)
    bench.step()
    assert bench.state() == "shelved"
    bench.set_clock(T0_US + 2 * HOUR_US)
    bench.step()
    assert bench.state() == "unacknowledged"
    assert "alarm.shelf_ended" in {x["verb"] for x in bench.document("journal")}


def test_a_one_shot_shelf_ends_with_the_alarm(bench):
    bench.alarm_on()
    bench.do("alarm.shelve", {"alarm": TEMP, "hours": None, "reason": "known"})
    bench.step()
    assert bench.state() == "shelved"
    bench.alarm_off(after_s=60)
    bench.alarm_on(after_s=120)
    bench.step()
    assert bench.state() == "unacknowledged"


def test_shelving_is_taken_back(bench):
    bench.alarm_on()
    shelved = bench.do("alarm.shelve", {"alarm": TEMP, "hours": 2, "reason": "fan"})
    bench.do("action.undo", {"action": shelved})
    bench.step()
    assert bench.state() == "unacknowledged"
    assert bench.line(shelved)["undone"]["who"] == "Late"


def test_out_of_service_calls_nobody_until_restored(bench):
    bench.do("alarm.remove", {"alarm": TEMP, "reason": "cable cut"})
    bench.step()
    bench.alarm_on(after_s=1)
    bench.step()
    assert bench.state() == "out_of_service"
    assert bench.document("alarm_rates")["recent"] == 0
    bench.do("alarm.restore", {"alarm": TEMP})
    bench.step()
    assert bench.state() == "unacknowledged"


def test_without_the_role_nothing_is_done(bench):
    bench.alarm_on()
    tried = bench.do("alarm.shelve", {"alarm": TEMP, "hours": 1, "reason": "x"}, role="operator")
    bench.step()
    assert bench.line(tried)["reason"] == "role"
    assert bench.state() == "unacknowledged"


def test_alarms_of_a_failed_machine_are_held_back_by_design(bench):
    bench.alarm_on()
    bench.event("failure", mode="x", after_s=1)
    bench.alarm_on("mill-1", after_s=2)
    bench.step()
    assert bench.state() == "suppressed_by_design"
    assert bench.state("mill-1:temp") == "unacknowledged"


def test_a_repair_ends_the_alarms_that_the_failure_held_back(bench):
    bench.alarm_on()
    bench.event("failure", mode="x", after_s=1)
    bench.step()
    bench.event("repair", after_s=3)
    bench.step()
    assert bench.state() == "normal"
    bench.alarm_off(after_s=4)  # the worker says so too, later
    bench.alarm_on(after_s=60)
    bench.step()
    assert bench.state() == "unacknowledged"


def test_alarms_are_held_back_while_a_planned_service_runs(bench):
    detail = {"start": T0_US + HOUR_US, "duration_h": 2.0}
    bench.do("service.plan", detail, machine="mill-0")
    bench.step()
    bench.set_clock(T0_US + HOUR_US)
    bench.alarm_on(after_s=1)
    bench.step()
    assert bench.state() == "suppressed_by_design"
    bench.set_clock(T0_US + 3 * HOUR_US)
    bench.step()
    assert bench.state() == "unacknowledged"


def test_a_flood_is_grouped_by_machine_with_the_first_out_named(bench):
    for n in range(12):
        bench.alarm_on(f"mill-{n % 5}", after_s=n)
        if n >= 5:
            bench.alarm_off(f"mill-{n % 5}", after_s=n)
            bench.alarm_on(f"mill-{n % 5}", after_s=n)
    bench.step()
    rates = bench.document("alarm_rates")
    assert rates["flood"] == T0_US
    assert {g["machine"]: g["first_out"] for g in rates["groups"]} == {
        f"mill-{n}": f"mill-{n}:temp" for n in range(5)
    }
    bench.set_clock(T0_US + 30 * MINUTE_US)
    bench.desk._next_summary = 0.0
    bench.step()
    assert bench.document("alarm_rates")["flood"] is None
    assert {"flood.begin", "flood.end"} <= {x["verb"] for x in bench.document("journal")}


def test_alarms_of_machines_that_left_the_plant_are_forgotten(bench):
    bench.alarm_on()
    bench.step()
    machines = [m for m in bench.site.plant.machines if m.id != "mill-0"]
    plant = bench.site.plant.model_copy(update={"machines": machines})
    bench.desk.change_site(bench.site._replace(plant=plant))
    bench.step()
    assert bench.document("alarms") == {}


def test_the_journal_is_bounded_and_a_flood_does_not_push_people_out(bench):
    kept = bench.do("comment.add", {"text": "new fan"}, machine="mill-0")
    bench.step()
    for n in range(400):
        (bench.alarm_on if n % 2 == 0 else bench.alarm_off)(after_s=n)
    bench.step()
    lines = bench.document("journal")
    assert len(lines) <= 500
    assert kept in {x["id"] for x in lines}
