"""The plan: expected stops, lost output, who needs somebody and when."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from worker_plant import PARTITIONS, settings_in

from twin.core.view import NEVER
from twin.pipeline.failures import Failures
from twin.pipeline.planner import key_figures_of, make_plan
from twin.pipeline.production.expected import stops_interval
from twin.pipeline.risk_read import failure_curve
from twin.pipeline.site import prepare
from twin.pipeline.worker.classtwin import n_local, slots_of
from twin.pipeline.worker.partition import PartitionTwin
from twin.pipeline.worker.signals import events_of, forecasts_of
from twin.pipeline.worklist import MachineNow, item_of
from twin.stores.memory import MemoryStore
from twin.types import Event

NOW_US = 1_700_000_100_000_000
NO_MONEY = {"cost_wait", "cost_service", "saves"}


@pytest.fixture
def site(tmp_path):
    return prepare(MemoryStore(PARTITIONS), settings_in(tmp_path))


def rows_of(site):
    """View rows of a plant all of whose machines sent a good sample a second ago."""
    twin = PartitionTwin(0, 1, site.plant, site.catalogue)
    twin.start({}, None)
    rows = {}
    for class_id, own in twin.twins.items():
        own.view["time"], own.view["missing"] = NOW_US - 1_000_000, 0
        for slot, machine_id in enumerate(site.catalogue.machines(class_id)):
            rows[machine_id] = own.view[slot]
    return rows


def at_risk(row, p_day, rul_h, step_h=1 / 60):
    row["p"] = [1 - (1 - p_day) ** (8 / 24), p_day, 1 - (1 - p_day) ** 7]
    row["rul_q10"], row["rul_q50"], row["rul_q90"] = np.array([0.5, 1.0, np.inf]) * rul_h / step_h


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_with_equal_chances_stops_are_binomial(n, p):
    lo, hi = stops_interval(np.full(n, p))
    assert (lo, hi) == tuple(stats.binom(n, p).ppf([0.1, 0.9]).astype(int))


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.integers(1, 9), elements=st.floats(0, 1)))
def test_stops_interval_agrees_with_every_outcome_counted(p):
    outcomes = (np.arange(1 << len(p))[:, None] >> np.arange(len(p))) & 1
    chance = np.where(outcomes, p, 1 - p).prod(axis=1)
    total = np.cumsum(np.bincount(outcomes.sum(axis=1), chance))
    lo, hi = stops_interval(p)
    assert total[lo] >= 0.1 - 1e-9
    assert lo == 0 or total[lo - 1] < 0.1 + 1e-9
    assert total[hi] >= 0.9 - 1e-9
    assert hi == 0 or total[hi - 1] < 0.9 + 1e-9


def test_a_sound_plant_has_an_empty_list(site):
    plan = make_plan(site, rows_of(site), NOW_US, 1.0)
    assert plan["items"] == []
    assert (plan["running"], plan["total"], plan["data_complete"]) == (9, 9, 1.0)


def test_expected_stops_add_up(site):
    rows = rows_of(site)
    at_risk(rows["mill-0"], 0.25, 100.0)
    at_risk(rows["mill-1"], 0.5, 50.0)
    stops = make_plan(site, rows, NOW_US, 1.0)["expected_stops_24h"]
    assert stops["mean"] == pytest.approx(0.75)
    assert (stops["lo"], stops["hi"]) == (0, 2)


def test_lost_output_counts_what_of_a_repair_falls_into_the_day(site):
    """One of nine equal machines surely fails and stands 24 h: half of them in this day."""
    rows = rows_of(site)
    at_risk(rows["mill-0"], 1.0, 10.0)
    lost = make_plan(site, rows, NOW_US, 1.0)["lost_output_24h"]
    assert lost["percent"] == pytest.approx(100 * 12 / 24 / 9)


def test_the_soonest_comes_first_with_its_money(site):
    rows = rows_of(site)
    at_risk(rows["mill-1"], 0.05, 90.0)
    at_risk(rows["mill-0"], 0.9, 10.0)
    items = make_plan(site, rows, NOW_US, 1.0)["items"]
    assert [(i["machine"], i["priority"], i["reason"]) for i in items] == [
        ("mill-0", 1, "risk"),
        ("mill-1", 3, "risk"),
    ]
    assert items[0]["service_by_h"] == pytest.approx(5.0)
    assert items[0]["cost_service"] == 1000.0
    assert items[0]["cost_wait"] == pytest.approx(10000 * items[0]["p_week"])
    assert 0 < items[0]["saves"] < items[0]["cost_wait"]


def priority_of(site, g_per_h, rul_h):
    row = rows_of(site)["mill-0"]
    at_risk(row, 0.02, rul_h)
    machine = site.plant.machines[0]
    item = item_of(MachineNow(site.plant, machine, row, False, g_per_h))
    return None if item is None else (item["priority"], item["service_by_h"])


def test_to_pay_at_once_is_planned_today_and_only_a_life_within_the_shift_is_acted_on_now(site):
    """While an hour run is worth nothing (g = 0) every hour of risk is a loss."""
    assert priority_of(site, 0.0, rul_h=200.0) == (2, 0.0)
    assert priority_of(site, 0.0, rul_h=16.0) == (1, 0.0)
    assert priority_of(site, 0.0, rul_h=16.1)[0] == 2


def test_to_wear_as_it_should_is_no_warning(site):
    """Without a cost per hour: service before the life that nine in ten outlive, half of rul_h."""
    row = rows_of(site)["mill-0"]

    def priority(p_day, rul_h):
        at_risk(row, p_day, rul_h)
        item = item_of(MachineNow(site.plant, site.plant.machines[0], row, False, None))
        return item and item["priority"]

    assert priority(0.05, 96.0) == 3  # within two days
    assert priority(0.05, 97.0) is None
    assert priority(0.2, 168.0) == 3  # 79 % within the week, and the median too
    assert priority(0.2, 169.0) is None


def test_machine_has_failed_until_it_is_begun_anew(site):
    rows = rows_of(site)
    at_risk(rows["mill-0"], 0.9, 10.0)
    at_risk(rows["mill-1"], 0.25, 10.0)
    failures = Failures()
    failures.take([Event(NOW_US - 5_000_000, "failure", m, {}) for m in ("mill-1", "mill-2")])
    failures.take([Event(NOW_US - 4_000_000, "repair", "mill-2", {})])
    rows["mill-1"]["born"] = NOW_US - 9_000_000
    plan = make_plan(site, rows, NOW_US, 1.0, failures)
    assert [(i["machine"], i["priority"], i["reason"]) for i in plan["items"]] == [
        ("mill-1", 1, "failed"),
        ("mill-0", 1, "risk"),
    ]
    assert plan["items"][0]["p_week"] is None
    assert plan["expected_stops_24h"]["mean"] == pytest.approx(0.9)
    rows["mill-1"]["born"] = NOW_US - 4_000_000
    again = make_plan(site, rows, NOW_US, 1.0, failures)["items"]
    assert {i["reason"] for i in again} == {"risk"}


def test_failures_are_followed_through_the_store():
    store, failures = MemoryStore(PARTITIONS), Failures()
    store.add_events([Event(NOW_US, "failure", "mill-1", {})])
    failures.follow(store)
    assert failures.holds("mill-1")
    assert not failures.holds("mill-0")
    store.add_events([Event(NOW_US + 1, "repair", "mill-1", {})])
    failures.follow(store)
    assert not failures.holds("mill-1")


def test_nobody_heard_is_nothing_known_not_nothing_expected(site):
    rows = rows_of(site)
    at_risk(rows["mill-0"], 0.9, 10.0)
    plan = make_plan(site, rows, NOW_US + 60_000_000, 1.0)
    assert (plan["running"], plan["forecast_for"]) == (0, 0)
    assert set(plan["expected_stops_24h"].values()) == {None}
    assert set(plan["lost_output_24h"].values()) == {None}
    figures = key_figures_of(plan)
    assert {figures[k] for k in figures if k != "time"} == {None}


def test_where_a_run_hour_is_worth_more_than_its_risk_service_waits(site):
    """C_fail − C_planned = 9000; a hazard of 1e-3 an hour costs 9 an hour: g decides."""
    row = rows_of(site)["mill-0"]
    row["p"] = 1 - np.exp(-1e-3 * np.array([8.0, 24.0, 168.0]))
    row["rul_q10"] = row["rul_q50"] = row["rul_q90"] = np.inf
    row["changed"] = 1  # on the list in any case
    by = [
        item_of(MachineNow(site.plant, site.plant.machines[0], row, False, g))["service_by_h"]
        for g in (4.0, 12.0)
    ]
    assert by == [0.0, None]


def test_alarms_bad_sensors_and_silence_need_no_failure_model(site):
    rows = rows_of(site)
    rows["mill-0"]["beyond"] = 1
    rows["mill-1"]["bad"] = 2
    rows["mill-2"]["time"] = NOW_US - 60_000_000
    rows["mill-3"]["time"] = NEVER
    rows["mill-4"]["changed"] = 1
    plan = make_plan(site, rows, NOW_US, 1.0)
    found = {i["machine"]: (i["reason"], i["drivers"], i["p_week"]) for i in plan["items"]}
    assert found == {
        "mill-0": ("limit", ["temp"], None),
        "mill-1": ("bad_sensor", ["pressure"], None),
        "mill-2": ("no_data", [], None),
        "mill-3": ("no_data", [], None),
        "mill-4": ("changed", [], None),
    }
    assert plan["running"] == 7
    assert plan["data_complete"] == pytest.approx((7 - 1 / 4) / 9)


@settings(deadline=None)
@given(st.floats(0.001, 0.9), st.floats(1, 1000))
def test_the_failure_curve_never_falls(p_day, rul_h):
    row = np.zeros(1, dtype=[("p", "f4", 3), *((f"rul_q{q}", "f4") for q in (10, 50, 90))])[0]
    at_risk(row, p_day, rul_h)
    times, p = failure_curve(row, [8.0, 24.0, 168.0], 1 / 60)
    assert (np.diff(times) >= 0).all()
    assert (np.diff(p) >= 0).all()
    assert p[0] == 0.0


def test_events_name_what_came_and_went(site):
    twin = PartitionTwin(0, 1, site.plant, site.catalogue)
    twin.start({}, None)
    own = twin.twins["mill"]
    own.view["time"] = NOW_US
    own.view["beyond"][0], own.view["bad"][1] = 0b010, 0b001
    moved = own.apply(np.zeros(0, own_rows(own)), 1)._replace(
        touched=np.arange(3), before=own.view[:3].copy()
    )
    own.view["beyond"][0], own.view["bad"][1], own.view["changed"][2] = 0b001, 0, 1
    found = [(e.machine_id, e.kind, e.detail.get("sensor")) for e in events_of(own, moved, "abc")]
    assert sorted(found) == [
        ("a", "alarm_off", "pressure"),
        ("a", "alarm_on", "temp"),
        ("b", "sensor_back", "temp"),
        ("c", "changed", None),
    ]
    assert forecasts_of(own, moved, np.arange(5)) == []


def own_rows(own):
    from twin.core.rows import row_dtype

    return row_dtype(len(own.machine_class.lane_ids))


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(0, 40))
def test_partitions_share_out_every_slot_once(partitions, n_slots):
    parts = [slots_of(p, partitions, n_slots).tolist() for p in range(partitions)]
    assert sorted(s for part in parts for s in part) == list(range(n_slots))
    assert [len(part) for part in parts] == [
        n_local(p, partitions, n_slots) for p in range(partitions)
    ]
