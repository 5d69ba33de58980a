"""Each rule and each cost of a small plan, worked out by hand.

One plan in ticks of six minutes (ten an hour): the mill is open 0–8 and 12–100, the saw always;
an order is milled for 5 ticks and, a site and 4 ticks of way further, sawn for 4. The mill was set
up for another family: 3 ticks of setup. The mill's service takes 5 ticks.
"""

from dataclasses import replace

import numpy as np
import pytest

from twin.scheduling.check import check
from twin.scheduling.layout import lay_out
from twin.scheduling.problem import (
    Alternative,
    Crew,
    Job,
    Machine,
    Operation,
    Pin,
    Problem,
    Reference,
    Task,
    TaskPin,
    Weights,
)
from twin.scheduling.schedule import Schedule

MILL, SAW = 0, 1
ORDER = Job(
    "order",
    (
        Operation((Alternative(MILL, 5, power_kw=10.0),), family=0),
        Operation((Alternative(SAW, 4, power_kw=20.0), Alternative(MILL, 6)), family=1),
    ),
    due=10,
    late_cost_h=60.0,
)
SERVICE = Task("service", MILL, 5, earliest=2, latest=60, risk=(5.0, 7.0, 9.0), skip_cost=50.0)
PLANT = Problem(
    jobs=(ORDER,),
    machines=(
        Machine("mill", calendar=0, site=0, family=1, setup_cost_h=40.0),
        Machine("saw", calendar=1, site=1),
    ),
    calendars=(((0, 8), (12, 100)), ((0, 100),), ((10, 40),)),
    horizon=100,
    tasks=(SERVICE,),
    crews=(Crew("day", calendar=2), Crew("away", calendar=1, sites=frozenset({1}))),
    setups=(np.array([[0, 2], [3, 0]]),),
    transport=np.array([[0, 4], [4, 0]]),
    price=np.array([1.0, 2.0]),
    tick_s=360.0,
    bucket=10,
)


def plan(machine=(MILL, SAW), start=(3, 20), task_start=25, crew=0):
    rows = (machine, start, [task_start], [crew])
    return Schedule(*(np.array(row, np.int64) for row in rows))


def terms(problem=PLANT, **changes):
    verdict = check(problem, plan(**changes))
    assert verdict.faults == ()
    return verdict.terms


def rules(problem=PLANT, **changes):
    return [fault.rule for fault in check(problem, plan(**changes)).faults]


def test_a_block_is_setup_and_operation_with_closed_time_inside():
    layout = lay_out(PLANT, plan(start=(5, 20)))
    assert layout.setup_start.tolist() == [2, 20]
    assert layout.end.tolist() == [14, 24]
    assert layout.task_end.tolist() == [30]


def test_a_setup_may_wait_over_a_closed_time():
    assert lay_out(PLANT, plan(start=(13, 40))).setup_start.tolist() == [6, 40]


def test_tardiness_is_hours_late_times_cost():
    found = terms()
    assert (found.late_jobs, found.late_h) == (1, pytest.approx(1.4))
    assert found.tardiness == pytest.approx(84.0)


def test_left_out_costs_what_the_job_says():
    some = replace(PLANT, jobs=(ORDER._replace(left_out_cost=500.0),))
    found = terms(some, machine=(-1, -1), start=(-1, -1))
    assert (found.tardiness, found.late_jobs, found.late_h) == (500.0, 1, 0.0)
    assert (found.makespan_h, found.energy, found.changeover, found.idle_h) == (0, 0, 0, 0)


def test_risk_is_the_curve_at_the_start_and_its_last_value_beyond():
    assert terms(task_start=15).risk == 7.0
    assert terms(task_start=35).risk == 9.0
    assert terms(task_start=-1, crew=-1).risk == 50.0


def test_energy_pays_each_working_tick_at_its_bucket():
    # mill 3–8: .5 h at 10 kW and price 1; saw 20–24: .4 h at 20 kW and price 2, the last that is
    found = terms()
    assert found.energy == pytest.approx(5.0 + 16.0)
    assert found.energy_kwh == pytest.approx(13.0)


def test_closed_time_costs_no_energy():
    # mill 5–8 at price 1 and 12–14 at price 2, not the pause between
    assert terms(start=(5, 20)).energy == pytest.approx(3.0 + 4.0 + 16.0)


def test_changeover_is_setup_hours_times_cost():
    found = terms()
    assert found.setup_h == pytest.approx(0.3)
    assert found.changeover == pytest.approx(12.0)


def test_idle_is_open_time_between_blocks_without_the_service():
    # mill: setup 0–3, work 3–8, open 12–40 but for the service 25–30, then setup 40–42 and work
    idle = 3 + (28 - 5) + 2
    assert terms(machine=(MILL, MILL), start=(3, 42)).idle_h == pytest.approx(idle / 10)
    assert terms().idle_h == pytest.approx(3 / 10)


def test_makespan_is_the_last_end():
    assert terms().makespan_h == pytest.approx(2.4)


def test_stability_counts_near_moves_dearer_and_by_the_cap():
    def moved(machine, start, task_start):
        in_force = (np.array(row) for row in (machine, start, [task_start]))
        plan_ = Reference(*in_force, machine_cost=100.0, time_cost=10.0, cap=8, fade=20.0)
        return terms(replace(PLANT, reference=plan_)).stability

    assert moved((MILL, SAW), (3, 20), 25) == 0.0
    assert moved((MILL, SAW), (3, 24), 25) == pytest.approx(10.0 * 0.5 * np.exp(-24 / 20))
    assert moved((MILL, MILL), (3, 40), 25) == pytest.approx(110.0 * np.exp(-40 / 20))
    assert moved((MILL, SAW), (3, 20), 29) == pytest.approx(10.0 * 0.5 * np.exp(-29 / 20))
    assert moved((-1, -1), (-1, -1), -1) == 0.0


def test_the_total_is_the_weighted_sum():
    weights = Weights(2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0)
    found = terms(replace(PLANT, weights=weights))
    want = 2 * 2.4 + 3 * 84.0 + 5 * 9.0 + 7 * 21.0 + 11 * 12.0 + 13 * 0.3
    assert found.total == pytest.approx(want)


def test_rule_1_all_of_a_job_on_its_alternatives_or_none():
    assert rules(machine=(MILL, -1), start=(3, -1)) == [1]
    assert rules(machine=(SAW, SAW)) == [1]
    assert rules(machine=(-1, -1), start=(-1, -1)) == [1]
    assert check(PLANT, plan(machine=(SAW, SAW))).terms is None


def test_rule_2_starts_in_open_time():
    assert rules(start=(9, 40)) == [2]
    assert rules(start=(12, 40)) == []


def test_rule_3_nothing_overlaps_not_even_a_setup_or_a_closed_time():
    assert rules(start=(2, 20)) == [3]  # no room for three ticks of setup
    assert rules(start=(5, 20), task_start=10) == [3]  # in the pause, in the operation's block
    assert rules(start=(34, 60), task_start=28) == [3]  # the setup would begin at 31
    assert rules(start=(36, 60), task_start=28) == []
    assert rules(start=(36, 60), task_start=29) == [3]


def test_rule_4_release_order_and_transport():
    assert rules(start=(3, 11)) == [4]
    assert rules(start=(3, 12)) == []
    assert rules(replace(PLANT, jobs=(ORDER._replace(release=4),))) == [4]


def test_rule_5_window_crew_and_skill():
    early = replace(PLANT, tasks=(SERVICE._replace(earliest=26),))
    skilled = replace(PLANT, tasks=(SERVICE._replace(skill=1),))
    must = replace(PLANT, tasks=(SERVICE._replace(skip_cost=np.inf),))
    assert rules(early) == [5]
    assert rules(skilled) == [5]
    assert rules(crew=1) == [5]  # the other site's
    assert rules(task_start=36) == [5]  # its shift ends at 40
    assert rules(task_start=-1, crew=0) == [5]
    assert rules(must, task_start=-1, crew=-1) == [5]
    assert rules(task_start=-1, crew=-1) == []


def test_rule_5_a_crew_does_one_task_at_a_time():
    other = replace(PLANT, tasks=(SERVICE, SERVICE._replace(id="other", machine=SAW)))
    crews = (Crew("day", calendar=2, sites=frozenset({0, 1})),)
    both = plan()._replace(task_start=np.array([26, 30]), task_crew=np.array([0, 0]))
    assert [f.rule for f in check(replace(other, crews=crews), both).faults] == [5]
    after = both._replace(task_start=np.array([25, 30]))
    assert check(replace(other, crews=crews), after).faults == ()


def test_rule_6_the_nth_taker_waits_for_the_nth_part():
    def with_part(*arrivals):
        task = SERVICE._replace(part=0)
        return replace(PLANT, tasks=(task,), parts=(arrivals,))

    assert rules(with_part(25, 90)) == []
    assert rules(with_part(26)) == [6]
    assert rules(with_part()) == [6]


def test_rule_7_pins():
    def pinned(pin):
        first = ORDER.operations[0]._replace(pin=pin)
        return replace(PLANT, jobs=(ORDER._replace(operations=(first, ORDER.operations[1])),))

    assert rules(pinned(Pin(MILL, 3))) == []
    assert rules(pinned(Pin(MILL))) == []
    assert rules(pinned(Pin(MILL, 4))) == [7]
    task = replace(PLANT, tasks=(SERVICE._replace(pin=TaskPin(25, 1)),))
    assert rules(task) == [7]
    assert rules(replace(PLANT, tasks=(SERVICE._replace(pin=TaskPin(25)),))) == []
    assert rules(replace(PLANT, tasks=(SERVICE._replace(pin=TaskPin(24)),))) == [7]


def test_rule_8_all_ends_within_the_horizon():
    assert rules(start=(3, 97)) == [8]
    assert rules(start=(3, 96)) == []
    assert rules(machine=(MILL, MILL), start=(3, 97)) == [8]
    assert rules(start=(3, 100)) == [8]


def test_arrays_of_another_length_are_said():
    short = plan()._replace(start=np.array([3]))
    [fault] = check(PLANT, short).faults
    assert "1 entries, want 2" in fault.what


def test_a_fault_names_who_and_got_and_want():
    [fault] = check(PLANT, plan(start=(3, 11))).faults
    assert fault.operations == (0, 1)
    assert fault.what.startswith("job 'order' operation 2: starts at 11, want 12 or later")
