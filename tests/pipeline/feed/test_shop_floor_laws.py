"""The shop floor: what runs where and when follows the plan in force, the pieces and the world."""

from itertools import pairwise

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_bench import (
    HOUR,
    MIDNIGHT,
    MINUTE,
    PLANT,
    WAY,
    Office,
    failure,
    floor,
    run,
    shop_at,
    times,
)

from twin.plant import is_paused
from twin.sources.shop.shop import Shop
from twin.types import Event

DAY = 1440
MACHINES = ["mill-01", "mill-02", "press-01", "press-02"]

orders = st.lists(
    st.tuples(
        st.sampled_from(["shaft", "pan"]),
        st.integers(5, 90),
        st.integers(0, DAY),
        st.integers(300, 3 * DAY),
    ),
    min_size=1,
    max_size=7,
)
failures = st.lists(
    st.tuples(st.sampled_from(MACHINES), st.integers(1, DAY), st.floats(0.2, 6.0)), max_size=3
)
plans = st.none() | st.randoms(use_true_random=False)


def office_of(listed, rng) -> Office:
    named = [(f"o{n}", p, q, r, max(d, r + 60)) for n, (p, q, r, d) in enumerate(listed)]
    office = Office(*named)
    if rng is not None:
        operations = []
        for order_id, product, *_ in named:
            start = 0
            for n in range(3 if product == "shaft" else 2):
                able = floor().able[product, n]
                start += rng.randrange(0, 300)
                if rng.random() < 0.8:
                    operations.append((order_id, n, rng.choice(able), start))
        office.planned(*operations)
    return office


def world(found) -> list[Event]:
    """One failure a machine, so that none is repaired while another one stands."""
    once = {machine: (machine, minute, hours) for machine, minute, hours in found}
    return [e for one in once.values() for e in failure(*one)]


@settings(deadline=None, max_examples=12)
@given(orders, plans, failures)
def test_machines_do_one_thing_at_a_time_and_steps_follow_each_other(listed, rng, found) -> None:
    office = office_of(listed, rng)
    happened = world(found)
    events = run(shop_at(office), office, 3 * DAY, happened, idle=False)
    starts, ends = times(events, "operation_start"), times(events, "operation_end")
    assert len(starts) == sum(e.kind == "operation_start" for e in events), "begun once"
    assert ends.keys() <= starts.keys()
    where = {
        (e.detail["order"], e.detail["step"]): e.machine_id
        for e in events
        if e.kind == "operation_start"
    }
    for machine in MACHINES:
        mine = sorted((starts[k], ends.get(k, 10**18)) for k in starts if where[k] == machine)
        assert all(a[1] <= b[0] for a, b in pairwise(mine))
    for (order, n), start in starts.items():
        assert start >= office.orders[order]["release"]
        if n:
            assert start >= ends[order, n - 1] + WAY
    for operation in office.plan["operations"] if office.plan else ():
        key = (operation["order"], operation["step"])
        if where.get(key) == operation["machine"]:
            assert starts[key] >= operation["start"]


def stood(machine: str, happened: list[Event], time: int) -> bool:
    mine = [e for e in happened if e.machine_id == machine]
    return any(a.time <= time < b.time for a, b in zip(mine[::2], mine[1::2], strict=True))


@settings(deadline=None, max_examples=10)
@given(orders, failures)
def test_an_operation_takes_its_work_in_open_time_that_its_machine_runs(listed, found) -> None:
    """Counted minute by minute with the plant file's own pauses: a second route."""
    office = office_of(listed, None)
    happened = world(found)
    events = run(shop_at(office), office, 2 * DAY, happened, idle=False)
    starts, ends = times(events, "operation_start"), times(events, "operation_end")
    where = {(e.detail["order"], e.detail["step"]): e.machine_id for e in events}
    for (order, n), end in list(ends.items())[:4]:
        machine, start = where[order, n], starts[order, n]
        document = office.orders[order]
        step = PLANT.product(document["product"]).steps[n]
        planned = step.minutes_for(document["quantity"], machine)
        worked = sum(
            not is_paused(PLANT.plant.pauses, PLANT.zone, t) and not stood(machine, happened, t)
            for t in range(start, end, MINUTE)
        )
        assert worked == pytest.approx(planned * floor().noise(order, n), abs=4)
        assert 0.86 * planned - 1 <= worked <= 1.17 * planned + 4


@settings(deadline=None, max_examples=8)
@given(orders, plans, failures, st.integers(1, DAY - 1))
def test_a_shop_that_goes_on_from_what_was_kept_does_the_same(listed, rng, found, cut) -> None:
    happened = world(found)
    seed = rng.getstate() if rng is not None else None
    whole = office_of(listed, rng)
    want = run(shop_at(whole), whole, DAY, happened)
    if rng is not None:
        rng.setstate(seed)
    office = office_of(listed, rng)
    first = shop_at(office)
    got = run(first, office, cut, happened)
    again = Shop(floor(), 0)
    again.restore(orjson.loads(orjson.dumps(first.to_json())))
    again.read(office.board())
    later = [e for e in happened if e.time > again.time]
    assert got + run(again, office, DAY, later) == want


@settings(deadline=None, max_examples=10)
@given(orders, failures, st.integers(2, 90))
def test_what_happens_does_not_depend_on_how_often_the_office_looks(listed, found, every) -> None:
    happened = world(found)
    often, seldom = office_of(listed, None), office_of(listed, None)
    assert run(shop_at(often), often, DAY, happened) == run(
        shop_at(seldom), seldom, DAY, happened, every
    )


def test_an_order_is_done_when_its_last_step_ends() -> None:
    office = Office(("a", "pan", 20, 0, 600))
    events = run(shop_at(office), office, 500)
    assert office.orders["a"]["state"] == "done"
    assert office.orders["a"]["closed"] == times(events, "operation_end")["a", 1]


def test_pieces_are_told_every_hour_in_proportion_to_the_work() -> None:
    office = Office(("a", "shaft", 100, 0, 900))
    office.planned(("a", 0, "mill-01", 120))
    events = run(shop_at(office), office, 310)
    told = [e.detail["quantity_done"] for e in events if e.kind == "order_progress"]
    took = 210 * floor().noise("a", 0)
    assert told == [int(100 * n * 60 / took) for n in (1, 2, 3)]
    assert office.orders["a"]["steps"][0]["quantity_done"] == told[-1]


def test_the_plan_in_force_says_where_and_not_before_when() -> None:
    office = Office(("a", "pan", 20, 0, 600))
    office.planned(("a", 0, "press-02", 120), ("a", 1, "mill-02", 400))
    events = run(shop_at(office), office, 700)
    begun = [(e.machine_id, e.time) for e in events if e.kind == "operation_start"]
    assert begun == [("press-02", MIDNIGHT + 120 * MINUTE), ("mill-02", MIDNIGHT + 400 * MINUTE)]


def test_what_was_planned_on_a_machine_that_has_left_is_run_on_another() -> None:
    office = Office(("a", "pan", 20, 0, 600))
    office.planned(("a", 0, "press-99", 0))
    events = run(shop_at(office), office, 30)
    assert [e.machine_id for e in events if e.kind == "operation_start"] == ["press-01"]


def test_setting_up_comes_between_families_and_is_told() -> None:
    office = Office(("a", "pan", 10, 0, 600), ("b", "shaft", 10, 0, 900))
    office.planned(("a", 0, "press-01", 120), ("b", 0, "mill-01", 120), ("b", 1, "press-01", 180))
    events = run(shop_at(office), office, 400)
    setups = [(e.machine_id, e.detail["minutes"]) for e in events if e.kind == "setup"]
    assert ("press-01", 45) in setups
    ends, starts = times(events, "operation_end"), times(events, "operation_start")
    assert starts["b", 1] >= ends["a", 0] + 45 * MINUTE


def test_what_is_late_makes_way_for_what_is_there() -> None:
    """The mill that makes a's first step fails: b, planned after a on the press, goes first."""
    office = Office(("a", "shaft", 10, 0, 900), ("b", "pan", 10, 0, 900))
    office.planned(("a", 0, "mill-01", 10), ("a", 1, "press-01", 60), ("b", 0, "press-01", 100))
    events = run(shop_at(office), office, 800, failure("mill-01", 20, 5.0))
    starts = times(events, "operation_start")
    assert starts["b", 0] == MIDNIGHT + 120 * MINUTE, "after the pause from 01:30 to 02:00"
    assert starts["a", 1] > MIDNIGHT + 320 * MINUTE


def test_a_service_interrupts_and_stands_for_its_time() -> None:
    office = Office(("a", "shaft", 60, 0, 900))
    start = MIDNIGHT + 150 * MINUTE
    service = {"id": "s", "machine": "mill-01", "start": start, "duration_h": 2.0}
    office.services = [service | {"state": "planned"}]
    office.planned(("a", 0, "mill-01", 130))
    shop = shop_at(office)
    told = run(shop, office, 200)
    assert [(e.kind, e.time) for e in told if e.kind == "service_start"] == [
        ("service_start", start)
    ]
    assert shop.asked()["mill-01"] == (0.0, 0.0)
    back = Event(start + 2 * HOUR + 500, "repair", "mill-01", {"planned": True, "service": "s"})
    told += run(shop, office, 600, [back])
    work = floor().work("shaft", 0, 60, "mill-01") * floor().noise("a", 0)
    end = times(told, "operation_end")["a", 0]
    assert end == pytest.approx(MIDNIGHT + 130 * MINUTE + 2 * HOUR + work, abs=1000)
    assert sum(e.kind == "service_start" for e in told) == 1


def test_a_machine_that_failed_before_its_service_is_serviced_with_its_repair() -> None:
    office = Office()
    start = MIDNIGHT + 60 * MINUTE
    service = {"id": "s", "machine": "mill-01", "start": start, "duration_h": 9.0}
    office.services = [service | {"state": "planned"}]
    shop = shop_at(office)
    run(shop, office, 90, failure("mill-01", 30, 4.0))
    assert shop.overtaken("mill-01", start + HOUR) == "s"
    assert shop.overtaken("mill-01", start + 20 * HOUR) == "s", "its time went by meanwhile"
    assert shop.overtaken("mill-01", start - HOUR) is None


def test_an_order_that_is_called_off_frees_its_machine_without_an_end() -> None:
    office = Office(("a", "pan", 80, 0, 900), ("b", "pan", 5, 100, 900))
    office.planned(("a", 0, "press-01", 0), ("b", 0, "press-01", 40))
    shop = shop_at(office)
    told = run(shop, office, 30)
    office.orders["a"]["state"] = "cancelled"
    told += run(shop, office, 300)
    assert ("a", 0) not in times(told, "operation_end")
    assert times(told, "operation_start")["b", 0] == MIDNIGHT + 120 * MINUTE


def test_left_out_orders_wait_as_long_as_the_plan_reaches() -> None:
    office = Office(("a", "pan", 5, 0, 900))
    office.planned(until=200)
    office.plan["left_out"] = [{"order": "a", "reason": "no_room", "by": None}]
    events = run(shop_at(office), office, 400)
    assert times(events, "operation_start")["a", 0] == MIDNIGHT + 200 * MINUTE


def test_work_begun_by_a_floor_that_nobody_remembers_is_gone_on_with() -> None:
    office = Office(("a", "pan", 60, 0, 900))
    run(shop_at(office), office, 60)
    assert office.orders["a"]["steps"][0]["state"] == "running"
    heir = shop_at(office, 61)
    heir.adopt()
    told = run(heir, office, 400)
    assert ("a", 0) not in times(told, "operation_start")
    assert office.orders["a"]["state"] == "done"


def test_a_shop_that_has_just_begun_waits_a_little_for_a_first_plan() -> None:
    office = Office(("a", "pan", 20, 0, 600))
    shop = Shop(floor(), MIDNIGHT)
    shop.read(office.board())
    assert times(run(shop, office, 19), "operation_start") == {}
    assert times(run(shop, office, 40), "operation_start") == {("a", 0): MIDNIGHT + 20 * MINUTE}
