"""OEE as the planner gathers it: from views, over a planner's death, beside planned services."""

import orjson
import pytest
from oee_bench import MINUTE_US, START_US, day, demo_plant, mill

from twin.pipeline.production.production import BUCKET_US, ProductionKept
from twin.pipeline.services import HOUR_US, planned_services, under_way
from twin.plant import Closure, Plant
from twin.stores.memory import MemoryStore


@pytest.fixture(scope="module")
def plant() -> Plant:
    return demo_plant()


def followed(
    plant: Plant, minutes: int, kept: ProductionKept | None = None, first: int = 0
) -> ProductionKept:
    """A look a minute at a mill that produces, good but in every fourth minute."""
    kept = kept or ProductionKept()
    for n in range(first, first + minutes + 1):
        at = START_US + n * MINUTE_US
        contour = 20.0 if n % 4 == 0 else 5.0
        kept.look(plant, [mill(plant, at, 100 + n, contour=contour)], at, set())
    return kept


def test_steady_machine_has_the_indices_of_its_settings(plant: Plant) -> None:
    found = day(followed(plant, 120), plant, 120)
    assert found["busy_h"] == pytest.approx(2.0)
    indices = [found[k] for k in ("availability", "performance", "quality", "oee", "unknown")]
    assert indices == pytest.approx([1.0, 0.8, 0.75, 0.6, 0.0])
    assert not found["is_most"]


def test_planner_that_starts_again_goes_on(plant: Plant) -> None:
    """The minute between two planners is accounted for once."""
    store, before = MemoryStore(4), followed(plant, 60)
    for _ in range(5):
        before.save(store)
    after = ProductionKept()
    after.load(store)
    whole = followed(plant, 60, after, first=61)
    assert day(whole, plant, 121)["busy_h"] == pytest.approx(121 / 60, abs=1e-3)
    assert day(whole, plant, 121)["oee"] == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("kept", [b"{}", b"[", b'{"sums": {"1": {"a": [1]}}, "until": null}'])
def test_what_cannot_be_read_is_begun_anew(plant: Plant, kept: bytes) -> None:
    store, after = MemoryStore(4), ProductionKept()
    store.set_documents("oee", {"plant": kept})
    after.load(store)
    assert day(followed(plant, 60, after), plant, 60)["busy_h"] == pytest.approx(1.0)


def test_gap_of_more_than_three_periods_is_unknown(plant: Plant) -> None:
    kept = followed(plant, 60)
    later = START_US + 180 * MINUTE_US
    kept.look(plant, [mill(plant, later, 161)], later, set())
    found = day(kept, plant, 180)
    assert found["busy_h"] == pytest.approx(1.0)
    assert found["unknown"] == pytest.approx(2 / 3)


def test_silent_machine_is_unknown_before_it_speaks_again(plant: Plant) -> None:
    kept = followed(plant, 60)
    later = START_US + 120 * MINUTE_US
    kept.look(plant, [mill(plant, START_US, 160)._replace(is_silent=True)], later, set())
    assert day(kept, plant, 120)["unknown"] == pytest.approx(0.5)


def test_failed_machine_is_not_available(plant: Plant) -> None:
    kept = followed(plant, 60)
    for n in range(61, 121):
        at = START_US + n * MINUTE_US
        stopped = mill(plant, START_US + 60 * MINUTE_US, 160)._replace(is_failed=True)
        kept.look(plant, [stopped._replace(is_silent=True)], at, set())
    found = day(kept, plant, 120)
    assert found["availability"] == pytest.approx(0.5)
    assert found["unknown"] == 0.0


def test_planned_service_and_pause_are_not_planned_busy_time(plant: Plant) -> None:
    """Two hours in service, then the half hour of the break from 09:30 on: neither counts."""
    kept = followed(plant, 60)
    for n in range(61, 241):
        at = START_US + n * MINUTE_US
        serviced = {"mill-01"} if n <= 180 else set()
        kept.look(plant, [mill(plant, at, 100 + n, load=0.0 if n <= 180 else 72.0)], at, serviced)
    found = day(kept, plant, 240)
    assert found["availability"] == pytest.approx(1.0)
    assert found["busy_h"] == pytest.approx(1.5)


def test_closure_of_a_line_is_not_planned_busy_time(plant: Plant) -> None:
    """Closed from 07:00 to 09:00 by the plant's clock: of three hours one counts."""
    closure = Closure.model_validate({"from": "2026-03-03T07:00", "to": "2026-03-03T09:00"})
    line = mill(plant, START_US, 1).machine.line
    for of, hours in ((line, 1.0), ("packing", 3.0)):
        shut = closure.model_copy(update={"lines": [of]})
        closed = plant.model_copy(update={"closures": [shut]})
        assert day(followed(closed, 180), closed, 180)["busy_h"] == pytest.approx(hours, abs=0.05)


def test_day_forgets_what_is_older(plant: Plant) -> None:
    kept = followed(plant, 60)
    at = START_US + 25 * HOUR_US
    kept.look(plant, [], at, set())
    figures = kept.figures(plant, at)
    assert figures is not None
    assert figures["day"]["busy_h"] == 0.0
    assert figures["shift_began"] == START_US + 24 * HOUR_US
    assert BUCKET_US == 15 * MINUTE_US


def test_plant_that_produces_nothing_has_no_oee(plant: Plant) -> None:
    classes = {c: k.model_copy(update={"production": None}) for c, k in plant.classes.items()}
    idle = plant.model_copy(update={"classes": classes})
    assert ProductionKept().figures(idle, START_US) is None


def test_machine_is_in_service_from_its_start_for_its_length() -> None:
    store = MemoryStore(2)
    service = {"id": "1", "machine": "mill-01", "start": START_US, "duration_h": 2.0}
    others = [service | {"state": "cancelled", "machine": "mill-02"}, 7]
    text = orjson.dumps([service | {"state": "planned"}, *others])
    store.set_documents("desk", {"services": text})
    planned = planned_services(store)
    times = [START_US - 1, START_US, START_US + 2 * HOUR_US - 1, START_US + 2 * HOUR_US]
    assert [under_way(planned, t) for t in times] == [set(), {"mill-01"}, {"mill-01"}, set()]


def test_machine_that_has_left_the_plant_holds_back_nobodys_time(plant: Plant) -> None:
    kept, store = ProductionKept(), MemoryStore(1)
    first, second = [m for m in plant.machines if m.class_id == "mill"][:2]
    gone = mill(plant, START_US, 100)._replace(machine=second)
    kept.look(plant, [mill(plant, START_US, 100), gone], START_US, set())
    followed(plant, 60, kept)
    kept.save(store)
    again = ProductionKept()
    for _ in range(5):
        kept.save(store)
    again.load(store)
    assert again._seen[first.id].until == START_US + 60 * MINUTE_US
    assert second.id not in again._seen
