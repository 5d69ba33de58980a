"""What services cost by when they are, who does them and with what, held to closed forms."""

import numpy as np
import pytest
from desk_bench import HOUR_US, T0_US
from planning_bench import G, machines_at, site_of, situation
from problem_bench import order, running, service, solved

from twin.pipeline.planning.horizon import Horizon, line_calendar
from twin.pipeline.planning.problem_of import state_problem
from twin.pipeline.planning.risk_curve import curve_of
from twin.scheduling.check import check
from twin.scheduling.layout import lay_out
from twin.scheduling.rules import best_rule

MINUTE_US = 60_000_000


@pytest.fixture(scope="module")
def open_site(tmp_path_factory):
    """No shifts: open but for the midday pause."""
    return site_of(tmp_path_factory.mktemp("open"))


@pytest.mark.parametrize("rul_h", [20.0, 60.0, 400.0])
def test_the_risk_curve_is_the_expected_money_of_an_exponential_life(open_site, rul_h):
    """C(s) = C_p + (C_f − C_p)(1 − e^(−s/µ)) + g (H − s), no output being lost."""
    horizon = Horizon.from_now(T0_US, 168 * 60)
    calendar = line_calendar(open_site.plant, "one", horizon)
    now = machines_at(open_site, {"mill-0": rul_h})[0]
    hours = np.arange(horizon.ticks // 15 + 1) / 4.0
    wanted = 1000.0 + 9000.0 * -np.expm1(-hours / rul_h) + G * (168.0 - hours)
    curve = curve_of(now, horizon, calendar)
    np.testing.assert_allclose(curve.money, wanted, rtol=1e-4)
    np.testing.assert_allclose(curve.p_fail, -np.expm1(-hours / rul_h), rtol=1e-4, atol=1e-6)


def test_a_service_is_decided_by_the_usual_course_and_shown_by_the_forecast(open_site):
    """Said 1, 4 and 1 times a constant hazard: acted on is their mean, 4^(1/3) times; what is
    shown meets the forecast."""
    horizon = Horizon.from_now(T0_US, 168 * 60)
    calendar = line_calendar(open_site.plant, "one", horizon)
    times = np.array([8.0, 24.0, 168.0])
    now = machines_at(open_site, {"mill-0": 2000.0})[0]
    now.row["p"] = -np.expm1(-times / 2000.0 * [1.0, 4.0, 1.0])
    for name in ("rul_q10", "rul_q50", "rul_q90"):
        now.row[name] = np.inf
    curve = curve_of(now._replace(course=tuple(np.log(times / 2000.0))), horizon, calendar)
    hours = np.arange(horizon.ticks // 15 + 1) / 4.0
    acted_on = -np.expm1(-(4.0 ** (1 / 3)) * hours / 2000.0)
    wanted = 1000.0 + 9000.0 * acted_on + G * (168.0 - hours)
    np.testing.assert_allclose(curve.money, wanted, rtol=1e-4)
    np.testing.assert_allclose(curve.p_fail[[32, 96]], now.row["p"][:2], rtol=1e-4)


@pytest.mark.parametrize(("g", "best"), [(0.0, 0), (89.0 * np.exp(-1.68), 0), (91.0, 672)])
def test_a_life_without_memory_is_serviced_at_once_or_never(open_site, g, best):
    """dC/ds = λ(C_f − C_p)·e^(−λs) − g, λ(C_f − C_p) = 90: never falls where g ≤ 90·e^(−λH), never
    rises where g ≥ 90; between, C has no minimum inside."""
    horizon = Horizon.from_now(T0_US, 168 * 60)
    calendar = line_calendar(open_site.plant, "one", horizon)
    now = machines_at(open_site, {"mill-0": 100.0})[0]._replace(long_run_cost_h=g)
    assert np.argmin(curve_of(now, horizon, calendar).money) == best


def test_a_service_that_loses_output_waits_for_the_pause(tmp_path):
    site = site_of(tmp_path)
    plant = site.plant
    dear = plant.classes["mill"].costs.model_copy(update={"output_per_h": 500.0, "planned_h": 1.0})
    mill = plant.classes["mill"].model_copy(update={"costs": dear})
    site = site._replace(plant=plant.model_copy(update={"classes": plant.classes | {"mill": mill}}))
    horizon = Horizon.from_now(T0_US // (24 * HOUR_US) * (24 * HOUR_US), 24 * 60)
    calendar = line_calendar(site.plant, "one", horizon)
    curve = curve_of(machines_at(site, {"mill-0": 1000.0})[0], horizon, calendar)
    assert np.argmin(curve.money) == 12 * 4
    before = curve.money[11 * 4]
    p = -np.expm1(-12.0 / 1000.0)
    # all of the output, 500, is lost an hour before; none of it at noon.
    assert before - curve.money[48] == pytest.approx(500.0 - (p * 500) + G, rel=0.1)


def test_a_planned_service_stays_where_people_put_it_whoever_has_to_do_it(open_site):
    """Two at once for one crew: somebody from outside does the other."""
    planned = [service("mill-0", 1.0), service("mill-1", 1.5), service("press-0", 2.0)]
    stated, schedule = solved(open_site, order(open_site), services=planned)
    starts = {
        t.id: stated.horizon.us(int(s))
        for t, s in zip(stated.problem.tasks, schedule.task_start, strict=True)
    }
    for s in planned:
        assert 0 <= starts[s["id"]] - s["start"] < MINUTE_US
    assert not check(stated.problem, schedule).faults


def test_an_overhaul_that_outlasts_the_plan_keeps_its_machine_to_the_end(open_site):
    """A fortnight from the second hour on, on a machine that each order could use."""
    orders = [order(open_site, f"A-{n}", quantity=60) for n in range(6)]
    machine = solved(open_site, *orders)[1].machine[0]
    name = open_site.plant.machines[machine].id
    stated, schedule = solved(open_site, *orders, services=[service(name, 2.0, hours=336.0)])
    (task,) = stated.problem.tasks
    assert (stated.machine_ids[task.machine], task.pin.start) == (name, task.earliest)
    assert task.pin.start + task.duration == stated.horizon.ticks
    end = lay_out(stated.problem, schedule).end
    assert all(end[schedule.machine == task.machine] <= task.pin.start)
    assert not check(stated.problem, schedule).faults


def test_work_in_progress_waits_while_its_machine_is_serviced(open_site):
    """300 minutes are left; a service of two hours comes after one: the work ends 420 after now."""
    begun = order(open_site, quantity=150, steps=[running("mill-3", T0_US)])
    stated, schedule = solved(open_site, begun, services=[service("mill-3", 1.0)])
    assert [s["id"] for s in stated.overlaid] == ["s-mill-3"]
    end = int(lay_out(stated.problem, schedule).end[0])
    without, alone = solved(open_site, begun)
    later = end - int(lay_out(without.problem, alone).end[0])
    assert later in {120, 180}  # the midday pause may fall into the service or after it


def test_services_wait_for_parts_that_were_used_up(tmp_path):
    more = '[class.mill.service]\npart = "kit"\n'
    site = site_of(tmp_path, more)
    lives = {f"mill-{n}": 40.0 for n in range(4)}
    stated, schedule = solved(site, lives=lives)
    assert sum(int(s) >= 0 for s in schedule.task_start) == 2  # two lie in the store
    served = [{"machine": "mill-4", "done": T0_US - 24 * HOUR_US, "state": "done", "start": 0}]
    stated = state_problem(situation(site, lives=lives, served=served))
    _, schedule, _ = best_rule(stated.problem)
    assert sum(int(s) >= 0 for s in schedule.task_start) == 1


@pytest.mark.parametrize(("reorder", "back"), [("true", 1), ("false", 0)])
def test_a_piece_that_was_taken_is_back_after_its_lead_time_if_it_is_ordered_again(
    tmp_path, reorder, back
):
    """Two in the store, three days to come; one was taken two days ago, one long ago."""
    part = f'[[part]]\nid = "pad"\nstock = 2\nlead_days = 3\nreorder = {reorder}\n'
    more = f'[class.mill.service]\npart = "pad"\n{part}'
    site = site_of(tmp_path, more)
    days = (40, 2)
    served = [
        {"machine": "mill-0", "done": T0_US - d * 24 * HOUR_US, "state": "done"} for d in days
    ]
    stated = state_problem(situation(site, lives={"mill-1": 40.0}, served=served))
    ticks = [t for t, n in ((0, back), (24 * 60, back), (3 * 24 * 60, 1)) for _ in range(n)]
    arrivals = stated.problem.parts[[p.id for p in site.plant.parts].index("pad")]
    assert len(arrivals) == len(ticks)
    assert all(0 <= a - t <= 15 for a, t in zip(arrivals, ticks, strict=True))
