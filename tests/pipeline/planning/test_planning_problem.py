"""A plant's situation as a problem, held to the plant file minute by minute and to closed forms."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from desk_bench import HOUR_US, T0_US
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_bench import plant_settings, site_of, situation
from problem_bench import order, running, solved
from worker_plant import PARTITIONS

from twin.pipeline.planning.free_slot import slot
from twin.pipeline.planning.horizon import Horizon, crew_calendar, line_calendar, prices
from twin.pipeline.planning.plan_document import plan_document
from twin.pipeline.planning.prepare import prepare_plan
from twin.pipeline.planning.problem_of import state_problem
from twin.pipeline.site import prepare
from twin.scheduling.check import check
from twin.scheduling.layout import lay_out
from twin.scheduling.rules import best_rule
from twin.scheduling.working_time import WorkingTime
from twin.sources.shop.floor import OpenTime
from twin.stores.memory import MemoryStore

MINUTE_US = 60_000_000
SHIFT = """
[[shift]]
lines = ["one"]
days = ["mon", "tue", "wed", "thu", "fri"]
start = "22:00"
end = "14:00"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return site_of(tmp_path_factory.mktemp("plant"), SHIFT)


@pytest.fixture(scope="module")
def open_site(tmp_path_factory):
    """No shifts: open but for the midday pause."""
    return site_of(tmp_path_factory.mktemp("open"))


def is_open(local):
    """By the words of the plant file: nights from Monday 22:00, not at noon."""
    begun = local if local.hour >= 22 else local - timedelta(days=1)
    in_shift = (local.hour >= 22 or local.hour < 14) and begun.weekday() < 5
    return in_shift and not (12 <= local.hour < 13)


@settings(deadline=None, max_examples=20)
@given(start_us=st.integers(1_672_531_200, 1_735_689_600).map(lambda s: s * 1_000_000))
def test_a_lines_calendar_is_open_when_the_plant_file_says_so_minute_by_minute(site, start_us):
    horizon = Horizon.from_now(start_us, 3 * 1440)
    time = WorkingTime(line_calendar(site.plant, "one", horizon))
    for tick in range(horizon.first, horizon.ticks, 7):
        local = datetime.fromtimestamp(horizon.us(tick) / 1e6, UTC)
        assert time.is_open(tick) == is_open(local), local


@settings(deadline=None, max_examples=20)
@given(start_us=st.integers(1_672_531_200, 1_735_689_600).map(lambda s: s * 1_000_000))
def test_prices_are_the_tariffs_mean_over_each_quarter(site, start_us):
    horizon = Horizon.from_now(start_us, 1440)
    local = [datetime.fromtimestamp(horizon.us(t) / 1e6, UTC) for t in range(horizon.ticks)]
    by_minute = np.array([0.1 if t.hour >= 22 or t.hour < 6 else 0.2 for t in local])
    np.testing.assert_allclose(prices(site.plant, horizon), by_minute.reshape(-1, 15).mean(axis=1))


def test_a_crew_is_there_in_its_shifts_alone_and_from_now_on(site):
    horizon = Horizon.from_now(T0_US + 7 * MINUTE_US, 1440)
    time = WorkingTime(crew_calendar(site.plant, site.plant.crews[0], horizon))
    hours = [datetime.fromtimestamp(horizon.us(t) / 1e6, UTC).hour for t in range(1440)]
    there = [t >= horizon.first and 6 <= hour < 18 for t, hour in enumerate(hours)]
    assert [time.is_open(t) for t in range(1440)] == there


def test_a_closed_day_is_nobodys_day(tmp_path):
    """15 November 2023, the day after T0: neither plan nor simulated shop floor works on it."""
    site = site_of(tmp_path, "[[closure]]\nfrom = 2023-11-15\nto = 2023-11-15")
    day = round(datetime(2023, 11, 15, tzinfo=UTC).timestamp() * 1e6)
    stated, schedule = solved(site, *(order(site, f"A-{n}", quantity=300) for n in range(3)))
    for calendar in stated.problem.calendars[:-1]:  # the last is always open
        time = WorkingTime(calendar)
        ticks = range(stated.horizon.tick(day), stated.horizon.tick(day + 24 * HOUR_US))
        assert not any(time.is_open(t) for t in ticks)
    assert check(stated.problem, schedule).faults == ()
    assert max(schedule.start) > stated.horizon.tick(day + 24 * HOUR_US)
    shop = OpenTime(site.plant, "one", T0_US)
    assert shop.worked(day - HOUR_US, day + 25 * HOUR_US) == 2 * HOUR_US
    assert shop.done_at(day - HOUR_US, HOUR_US + 1) == day + 24 * HOUR_US + 1


def test_an_operation_takes_its_pieces_minutes_on_each_machine_that_can_do_it(site):
    stated = state_problem(situation(site, [order(site, quantity=30)]))
    found = [
        {(stated.machine_ids[a.machine], a.duration) for a in op.alternatives}
        for op in stated.problem.jobs[0].operations
    ]
    assert found == [
        {(f"mill-{n}", 60) for n in range(5)},
        {(f"press-{n}", 30) for n in range(4)},
        {("mill-0", 30), ("mill-1", 30)},
    ]


def test_work_in_progress_keeps_its_machine_and_has_the_open_time_left_that_it_has_not_had(site):
    since = T0_US - 3 * HOUR_US
    begun = order(site, quantity=200, steps=[running("mill-3", since)])
    stated = state_problem(situation(site, [begun]))
    first = stated.problem.jobs[0].operations[0]
    minutes = [datetime.fromtimestamp((since + n * MINUTE_US) / 1e6, UTC) for n in range(180)]
    worked = sum(map(is_open, minutes))
    assert [(stated.machine_ids[a.machine], a.duration) for a in first.alternatives] == [
        ("mill-3", 400 - worked)
    ]
    assert first.pin.machine == stated.machine_ids.index("mill-3")


@pytest.mark.parametrize("since_us", [0, -62_135_596_800_000_000, -(10**18), 10**18])
def test_a_step_begun_at_a_time_that_cannot_be_is_planned_like_any_other(site, since_us):
    """1970, the year 1, and no year at all: nothing of the calendar of all years since is made."""
    begun = order(site, quantity=200, steps=[running("mill-3", since_us)])
    first = state_problem(situation(site, [begun])).problem.jobs[0].operations[0]
    (left,) = (a.duration for a in first.alternatives)
    assert left == (1 if since_us <= 0 else 400)


def test_pieces_that_are_told_count_more_than_the_clock(site):
    step = running("mill-3", T0_US - 3 * HOUR_US, quantity_done=150)
    stated = state_problem(situation(site, [order(site, quantity=200, steps=[step])]))
    assert stated.problem.jobs[0].operations[0].alternatives[0].duration == 100


def test_steps_that_are_done_are_not_planned_again(site):
    done = {"state": "done", "machine": "mill-2", "start": T0_US - HOUR_US, "end": T0_US}
    stated = state_problem(situation(site, [order(site, steps=[done])]))
    assert stated.keys == (("A-0", 1), ("A-0", 2))


def test_nothing_starts_on_a_machine_that_stands_failed_before_its_repair_is_due(open_site):
    since = T0_US - 2 * HOUR_US
    orders = [order(open_site, f"A-{n}", quantity=300) for n in range(6)]
    stated, schedule = solved(open_site, *orders, failed_us={"mill-1": since})
    repaired = since + open_site.plant.classes["mill"].costs.unplanned_h * HOUR_US
    assert stated.closed["mill-1"][0] == since
    assert 0 <= stated.closed["mill-1"][1] - repaired < HOUR_US / 4
    own = schedule.machine == stated.machine_ids.index("mill-1")
    assert all(stated.horizon.us(int(t)) >= repaired for t in schedule.start[own])


def test_a_lock_is_kept_and_one_that_cannot_be_is_loosened_not_the_plan_lost(open_site):
    plan_orders = [order(open_site, "A-0"), order(open_site, "A-1")]
    start = T0_US + 5 * HOUR_US
    lock = {"order": "A-0", "step": 0, "machine": "mill-4", "start": start, "who": "Late"}
    held = situation(open_site, plan_orders)
    decided = held.decisions._replace(locks=[lock])
    stated = state_problem(held._replace(decisions=decided))
    _, schedule, _ = best_rule(stated.problem)
    assert stated.machine_ids[int(schedule.machine[0])] == "mill-4"
    assert 0 <= start - stated.horizon.us(int(schedule.start[0])) < MINUTE_US
    impossible = [lock, {**lock, "step": 1, "machine": "press-0"}]  # both at once
    plan = {"operations": [], "services": [], "version": 1}
    prepared = prepare_plan(
        held._replace(decisions=decided._replace(locks=impossible)), plan | placed(stated, schedule)
    )
    assert not prepared.verdict.faults
    assert prepared.loosened
    said = plan_document(
        prepared.stated, prepared.kept, prepared.verdict.terms, version=1, why="lock", solver="x"
    )
    pins = {(o["order"], o["step"]): o["pin"] for o in said["operations"]}
    assert "loosened" in {pins["A-0", 0], pins["A-0", 1]}, "it is told, not kept for itself"


def placed(stated, schedule):
    """Operations as a plan holds them."""
    return {
        "operations": [
            {
                "order": key[0],
                "step": key[1],
                "machine": stated.machine_ids[int(schedule.machine[i])],
                "start": stated.horizon.us(int(schedule.start[i])),
            }
            for i, key in enumerate(stated.keys)
        ]
    }


def test_an_order_due_after_the_horizon_may_wait_and_one_too_long_is_named(open_site):
    late = order(open_site, "LATER", quantity=9000, due=T0_US + 2000 * HOUR_US)
    long = order(open_site, "LONG", quantity=9000)
    stated = state_problem(situation(open_site, [late, long]))
    assert [(out.order, out.reason) for out in stated.left_out] == [("LONG", "too_long")]
    assert not stated.keys


@settings(deadline=None, max_examples=200)
@given(
    windows=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 25)), min_size=1, max_size=5),
    held=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=3),
    free=st.integers(0, 20),
    setup=st.integers(0, 8),
    after=st.integers(0, 30),
    duration=st.integers(1, 12),
)
def test_a_slot_is_the_first_that_a_search_of_every_tick_finds(
    windows, held, free, setup, after, duration
):
    calendar, at = [], 0
    for gap, length in windows:
        calendar.append((at + gap + 1, at + gap + 1 + length))
        at = calendar[-1][1]
    taken = sorted((a, a + n) for a, n in held)
    is_open = {t for a, b in calendar for t in range(a, b)}

    def fits(start):
        if start not in is_open or start < after:
            return None
        ahead = [t for t in sorted(is_open) if free <= t < start]
        behind = [t for t in sorted(is_open) if t >= start]
        if len(ahead) < setup or len(behind) < duration:
            return None
        begin = ahead[-setup] if setup else start
        end = behind[duration - 1] + 1
        if begin < free or any(a < end and begin < b for a, b in taken):
            return None
        return start, end

    wanted = next((found for t in range(at + 1) if (found := fits(t)) is not None), None)
    got = slot(WorkingTime(tuple(calendar)), taken, free, setup, after, duration)
    assert got == wanted


def test_between_sites_pieces_are_on_their_way(tmp_path):
    """Mills stand at one site, presses at another, 45 minutes away; crews keep to theirs."""
    settings = plant_settings(tmp_path)
    text = settings.plant.read_text()
    text = text.replace('[[line]]\nid = "one"\n', '[[line]]\nid = "one"\nsite = "a"\n')
    text = text.replace('class = "press"\nline = "one"', 'class = "press"\nline = "two"')
    text += '[[line]]\nid = "two"\nsite = "b"\n[[site]]\nid = "a"\n[[site]]\nid = "b"\n'
    text += '[[transport]]\nfrom = "a"\nto = "b"\nminutes = 45\n'
    settings.plant.write_text(text)
    site = prepare(MemoryStore(PARTITIONS), settings)
    stated, schedule = solved(site, order(site))
    end = lay_out(stated.problem, schedule).end
    for before, after in ((0, 1), (1, 2)):
        assert int(schedule.start[after]) >= int(end[before]) + 45
    assert not check(stated.problem, schedule).faults
