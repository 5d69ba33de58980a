"""Orders as a fluid queue, against a walk through time in small steps."""

from pathlib import Path

import numpy as np
import pytest

import twin.demo
from twin.evaluation.plant_backlog import Backlog
from twin.evaluation.plant_orders import AFTER_H, TICK_H, Orders
from twin.plant import load_plant

PLANT = load_plant(Path(next(iter(twin.demo.__path__))) / "plant.toml")
MACHINES = [m for m in PLANT.machines if m.line == "stampings"]
HOURS = 400.0


@pytest.fixture(scope="module")
def orders():
    return Orders(PLANT, MACHINES, HOURS, seed=3)


def walked(pool, capacity, parts=50):
    """When each order is done, working them off one after the other in steps of 18 s."""
    done, k, left = [], 0, pool.work_h[0]
    for step in range(len(capacity) * parts):
        hour = (step + 1) * TICK_H / parts
        power = capacity[step // parts] / parts
        while power > 0 and k < len(pool.work_h) and pool.release_h[k] < hour:
            used = min(power, left)
            power, left = power - used, left - used
            if left <= 1e-12:
                done.append(hour)
                k += 1
                left = pool.work_h[k] if k < len(pool.work_h) else 0.0
        if k == len(pool.work_h):
            break
    return np.array(done)


def test_orders_end_when_a_walk_through_time_ends_them(orders):
    from twin.evaluation.plant_orders import _made

    [pool] = orders.pools
    up = np.ones(len(orders.worked)) * len(pool.machines)
    up[200:420] -= 5
    capacity = orders.worked * up * TICK_H
    _, end = _made(pool, capacity)
    assert end == pytest.approx(walked(pool, capacity), abs=0.02)


def test_only_machines_that_work_in_shifts_have_orders(orders):
    [pool] = orders.pools
    assert {MACHINES[i].class_id for i in pool.machines} == {"press"}
    assert pool.work_h.sum() > 0


def test_standing_machines_make_orders_late_and_the_lateness_is_theirs(orders):
    press = [i for i, machine in enumerate(MACHINES) if machine.class_id == "press"]
    calm = orders.late([])
    assert (calm.late_h, calm.money.sum()) == (0.0, 0.0)
    stood = orders.late([(i, 50.0, 150.0) for i in press])
    assert stood.late_h > 50.0
    assert stood.money.sum() == pytest.approx(PLANT.plant.late_cost_h * stood.late_h)
    three = orders.late([(i, 50.0, 300.0) for i in press[:3]])
    assert three.money[press[:3]].min() > 100 * three.money[press[3:]].max()


def test_the_same_work_draws_the_same_energy_and_is_paid_by_the_tariff(orders):
    calm = orders.late([])
    stood = orders.late([(0, 20.0, 60.0), (1, 100.0, 130.0)])
    assert stood.energy_kwh == calm.energy_kwh
    prices = [PLANT.energy.price, *(tariff.price for tariff in PLANT.energy.tariffs)]
    assert min(prices) * calm.energy_kwh < calm.energy < max(prices) * calm.energy_kwh


def test_prices_by_the_clock():
    """Monday, 2026-01-05, 00:00 UTC is one o'clock in Berlin."""
    from twin.evaluation.plant_orders import _prices

    price = _prices(PLANT, 7 * 24.0)
    at = {4.0: 0.12, 6.0: 0.19, 16.5: 0.34, 20.0: 0.19, 22.0: 0.12, 6 * 24 + 10.0: 0.13}
    assert {h: price[int(h / TICK_H)] for h in at} == at


def test_a_stop_takes_what_it_lasts_and_no_more():
    from twin.evaluation.plant_orders import stand

    rng = np.random.default_rng(1)
    for _ in range(50):
        start, length = rng.uniform(0, 80), rng.uniform(0.01, 30)
        up = np.ones(100)
        stand(up, start, start + length)
        assert 100 - up.sum() == pytest.approx(min(100, start + length) - start)
        assert up[: int(start)].all()
    assert AFTER_H > 0


def test_a_service_is_thought_to_cost_what_it_makes_late_of_the_orders_that_have_come(orders):
    """Against all orders' lateness with and without the stop, cut off at those released by now."""
    now_h, hours, starts = 203.5, 4.0, np.arange(8.0, 60.0)
    down, booked = [(1, 30.0, 41.0), (0, 199.0, 207.0)], [(2, now_h + 20.0, now_h + 24.0)]
    i = next(int(i) for pool in orders.pools for i in pool.machines)
    [pool] = [pool for pool in orders.pools if i in pool.machines]
    n = int(np.searchsorted(pool.release_h, now_h, side="right"))
    known = pool._replace(release_h=pool.release_h[:n], work_h=pool.work_h[:n] * 1.25)
    known = known._replace(due_h=pool.due_h[:n] - 40.0)  # a queue, and late
    few = Orders(PLANT, MACHINES, HOURS, seed=3)
    few.pools = [known]
    said = Backlog(few, len(MACHINES)).late_money(i, hours, starts, now_h, down, booked)
    before = few.late(down + booked).money.sum()
    want = [
        few.late([*down, *booked, (i, now_h + s, now_h + s + hours)]).money.sum() - before
        for s in starts
    ]
    assert (said >= np.array(want) - 1e-6).all()  # an order that ends meanwhile counts in full
    assert np.median(np.abs(said - want)) < 1e-6
    assert max(want) > 100.0 > min(want)
