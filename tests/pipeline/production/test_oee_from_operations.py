"""OEE from actual starts and ends: what a machine produced in, and how fast by its planned time."""

from itertools import pairwise

import orjson
import pytest
from oee_bench import MINUTE_US, START_US, day, demo_plant, mill
from shop_bench import PLANT as SMALL
from shop_bench import Office

from twin.pipeline.orders.orders import report
from twin.pipeline.production.production import ProductionKept
from twin.pipeline.production.ran import Ran, Run, read_runs
from twin.pipeline.services import HOUR_US
from twin.plant import Plant
from twin.stores.memory import MemoryStore


@pytest.fixture(scope="module")
def plant() -> Plant:
    return demo_plant()


def ran(*runs: Run) -> Ran:
    return Ran({"mill-01": runs})


def looked(plant, told, minutes, kept=None, first=0, failed=(), load=72.0) -> ProductionKept:
    """A look a minute; told: what is written of the operations, for ever or by minute."""
    kept = kept or ProductionKept()
    for n in range(first, first + minutes + 1):
        at = START_US + n * MINUTE_US
        now = mill(plant, at, 100 + n, load=load)._replace(is_failed=n in failed)
        kept.look(plant, [now], at, set(), told(n) if callable(told) else told)
    return kept


def test_availability_is_production_time_of_planned_busy_time(plant) -> None:
    """From minute 30 to 90 of 120: A = 1/2; in time: E = 1, whatever load the machine shows."""
    told = ran(Run("a", 0, START_US + 30 * MINUTE_US, START_US + 90 * MINUTE_US, 3600.0))
    found = day(looked(plant, told, 120, load=45.0), plant, 120)
    assert found["busy_h"] == pytest.approx(2.0)
    assert found["availability"] == pytest.approx(0.5)
    assert found["performance"] == pytest.approx(1.0)
    assert found["unknown"] == 0.0


def test_performance_is_planned_run_time_of_production_time(plant) -> None:
    """Forty minutes of work that took sixty: E = 2/3, once it has ended and not before."""
    end = START_US + 90 * MINUTE_US

    def told(n: int) -> Ran:
        is_over = START_US + n * MINUTE_US >= end
        return ran(Run("a", 0, START_US + 30 * MINUTE_US, end if is_over else None, 2400.0))

    kept = looked(plant, told, 80)
    assert day(kept, plant, 80)["performance"] == pytest.approx(1.0)
    kept = looked(plant, told, 39, kept, first=81)
    assert day(kept, plant, 120)["performance"] == pytest.approx(2 / 3)
    assert day(kept, plant, 120)["availability"] == pytest.approx(0.5)


def test_what_was_quicker_than_planned_is_not_above_all(plant) -> None:
    told = ran(Run("a", 0, START_US, START_US + 60 * MINUTE_US, 9000.0))
    assert day(looked(plant, told, 60), plant, 60)["performance"] == pytest.approx(1.0)


def test_failed_machine_produces_nothing_though_its_operation_is_not_over(plant) -> None:
    told = ran(Run("a", 0, START_US, None, 7200.0))
    found = day(looked(plant, told, 120, failed=range(61, 121)), plant, 120)
    assert found["availability"] == pytest.approx(0.5)


def test_time_that_a_stop_took_is_not_slowness(plant) -> None:
    """An hour of work, half an hour of failure in it: A = 2/3, E = 1."""

    def told(n: int) -> Ran:
        return ran(Run("a", 0, START_US, START_US + 90 * MINUTE_US if n >= 90 else None, 3600.0))

    found = day(looked(plant, told, 90, failed=range(21, 51)), plant, 90)
    assert found["availability"] == pytest.approx(2 / 3)
    assert found["performance"] == pytest.approx(1.0)


def test_planner_that_starts_again_knows_how_long_an_operation_took(plant) -> None:
    def told(n: int) -> Ran:
        return ran(Run("a", 0, START_US, START_US + 100 * MINUTE_US if n > 100 else None, 3000.0))

    store, before = MemoryStore(2), looked(plant, told, 60)
    for _ in range(5):
        before.save(store)
    after = ProductionKept()
    after.load(store)
    whole = looked(plant, told, 60, after, first=61)
    assert day(whole, plant, 121)["performance"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("told_at", [31, 95, 119])
def test_a_report_counts_whenever_it_comes(plant, told_at) -> None:
    """A = 1/2 and E = 2/3 of the two hours, in the quarters in which it was, for all restarts."""
    start, end = START_US + 30 * MINUTE_US, START_US + 90 * MINUTE_US

    def told(n: int) -> Ran:
        before = Run("b", 0, START_US - 60 * MINUTE_US, START_US - 30 * MINUTE_US, 1800.0)
        if n < told_at:
            return ran(before)
        return ran(before, Run("a", 0, start, end if n >= 90 else None, 2400.0))

    store, kept = MemoryStore(2), looked(plant, told, 60)
    for _ in range(5):
        kept.save(store)
    after = ProductionKept()
    after.load(store)
    looked(plant, told, 59, after, first=61)
    found = day(after, plant, 120)
    assert found["busy_h"] == pytest.approx(2.0)
    assert found["availability"] == pytest.approx(0.5)
    assert found["performance"] == pytest.approx(2 / 3)
    for _ in range(5):
        after.save(store)
    line = next(m.line for m in plant.machines if m.id == "mill-01")
    quarters = orjson.loads(store.documents("oee")["plant"])["sums"]
    produced = [sums[line][1] for _, sums in sorted(quarters.items())]
    assert produced == pytest.approx([0, 0, 900, 900, 900, 900, 0, 0, 0], abs=60.0)


@pytest.mark.parametrize(("ended", "availability", "oee"), [(40, 1 / 3, 1 / 3), (-30, 0.0, 0.0)])
def test_an_end_that_is_told_late_takes_back_what_was_counted(
    plant, ended, availability, oee
) -> None:
    """It ended after 40 of 120 minutes or before all that is accounted for, and that was told after
    100; at 110 it is forgotten."""

    def told(n: int) -> Ran:
        end = START_US + ended * MINUTE_US if n >= 100 else None
        run = Run("a", 0, START_US - 60 * MINUTE_US, end, 2400.0)
        return Ran({"mill-01": [run] if n < 110 else []})

    found = day(looked(plant, told, 120), plant, 120)
    assert (found["availability"], found["oee"]) == pytest.approx((availability, oee))


def test_machine_of_which_no_operation_is_reported_is_read_as_before(plant) -> None:
    told = Ran({"mill-02": [Run("a", 0, START_US, None, 60.0)]})
    found = day(looked(plant, told, 60), plant, 60)
    assert found["performance"] == pytest.approx(0.8)


def test_runs_are_read_from_the_orders() -> None:
    """By hand: 10 fixed minutes and 2 a piece of 30, on the first step of a shaft."""
    store, office = MemoryStore(1), Office(("a", "shaft", 30, 0, 900), ("b", "pan", 5, 0, 900))
    report(office.orders["a"], "operation_start", START_US, "mill-01", {"step": 0})
    report(office.orders["b"], "operation_start", START_US, "press-01", {"step": 0})
    office.orders["b"] |= {"state": "cancelled", "closed": START_US + HOUR_US}
    store.set_documents("orders", {i: orjson.dumps(o) for i, o in office.orders.items()})
    found = read_runs(store, SMALL)
    assert found.within("mill-01", START_US, START_US + HOUR_US) == [
        (Run("a", 0, START_US, None, 70 * 60.0), 3600.0)
    ]
    ((_, seconds),) = found.within("press-01", START_US, START_US + 2 * HOUR_US)
    assert seconds == 3600.0
    assert not found.knows("mill-02")


def test_setup_ratio_is_setup_time_of_processing_time(plant) -> None:
    """Half an hour of setting up, an hour and a half of work: AUST / (APT + AUST) = 1/4."""
    begun, work = START_US, START_US + 30 * MINUTE_US
    run = Run("a", 0, work, work + 90 * MINUTE_US, 5400.0)
    told = Ran({"mill-01": [run]}, {"mill-01": [(begun, work)]})
    found = day(looked(plant, told, 120), plant, 120)
    assert found["setup_h"] == pytest.approx(0.5)
    assert found["setup_ratio"] == pytest.approx(0.25)
    assert found["availability"] == pytest.approx(0.75)
    unset = day(looked(plant, ran(run), 120), plant, 120)
    assert unset["setup_ratio"] is None


def test_each_machine_has_its_setup_ratio_and_a_line_that_of_their_sums(plant) -> None:
    """mill-01 sets up 30 min and works 90: 1/4; mill-02 the other way round: 3/4; both: 1/2.
    A planner that starts again half-way knows it all the same."""
    spans = {"mill-01": 30, "mill-02": 90}
    ends = {m: START_US + n * MINUTE_US for m, n in spans.items()}
    runs = {m: [Run(m, 0, end, START_US + 120 * MINUTE_US, 0.0)] for m, end in ends.items()}
    told, store = Ran(runs, {m: [(START_US, end)] for m, end in ends.items()}), MemoryStore(2)
    kept = ProductionKept()
    for n in range(121):
        at = START_US + n * MINUTE_US
        one = mill(plant, at, 100 + n)
        other = one._replace(machine=next(m for m in plant.machines if m.id == "mill-02"))
        kept.look(plant, [one, other], at, set(), told)
        if n == 60:
            for _ in range(5):
                kept.save(store)
            kept = ProductionKept()
            kept.load(store)
    figures = kept.figures(plant, START_US + 120 * MINUTE_US)
    ratios = {m: found["setup_ratio"] for m, found in figures["machines"].items()}
    assert ratios == {"mill-01": pytest.approx(1 / 4), "mill-02": pytest.approx(3 / 4)}
    line = figures["lines"][plant.machines[0].line]
    assert line["setup_ratio"] == pytest.approx(1 / 2)
    hours = sum(found["setup_h"] for found in figures["machines"].values())
    assert line["setup_h"] == pytest.approx(hours)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_setting_up_is_told_whatever_comes_first(order) -> None:
    """From 0 to 20 min on mill-01, though work begins at 50; the end alone says nothing."""
    told = [("setup", 0), ("setup_end", 20), ("operation_start", 50)]
    store, office = MemoryStore(1), Office(("a", "shaft", 30, 0, 900))
    for kind, minute in (told[n] for n in order):
        report(office.orders["a"], kind, START_US + minute * MINUTE_US, "mill-01", {"step": 0})
    store.set_documents("orders", {"a": orjson.dumps(office.orders["a"])})
    found = read_runs(store, SMALL).set_up_s("mill-01", START_US, START_US + HOUR_US)
    assert found == pytest.approx(20 * 60)


@pytest.mark.parametrize("kind", ["operation_start", "setup"])
def test_a_setup_without_an_end_lasts_until_anything_begins_there(kind) -> None:
    """Set up for a from 0; b begins at 1 h on the same machine, and a never does."""
    store, office = MemoryStore(1), Office(("a", "shaft", 30, 0, 900), ("b", "shaft", 30, 0, 900))
    hours = [START_US + n * HOUR_US for n in range(4)]
    report(office.orders["a"], "setup", hours[0], "mill-01", {"step": 0})
    report(office.orders["b"], kind, hours[1], "mill-01", {"step": 0})
    if kind == "setup":
        report(office.orders["b"], "setup_end", hours[1], "mill-01", {"step": 0})
    else:
        report(office.orders["b"], "operation_end", hours[2], "mill-01", {"step": 0})
    store.set_documents("orders", {i: orjson.dumps(o) for i, o in office.orders.items()})
    found = read_runs(store, SMALL)
    assert [found.set_up_s("mill-01", a, b) for a, b in pairwise(hours)] == [3600.0, 0.0, 0.0]


def test_an_order_that_is_set_up_for_has_not_begun() -> None:
    order = Office(("a", "shaft", 30, 0, 900)).orders["a"]
    assert report(order, "setup", START_US, "mill-01", {"step": 0})
    assert not report(order, "setup", START_US, "mill-01", {"step": 0})
    assert order["steps"][0]["state"] == "waiting"
    assert order["steps"][0]["machine"] is None
