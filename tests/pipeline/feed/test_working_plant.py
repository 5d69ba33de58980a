"""The simulated plant with people in it, on a store with a desk: each thing once, killed or not."""

import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import orjson
import pytest
from small_plant import T0, plant_with

from twin.actions import Action, pack_action
from twin.catalogue import Catalogue
from twin.config import Settings
from twin.pipeline.desk import Desk
from twin.pipeline.feed import shopfloor
from twin.pipeline.feed.ingest import Intake
from twin.pipeline.feed.shopfloor import working_plant
from twin.pipeline.site import Site
from twin.plant import Plant, load_plant
from twin.sources.base import Batch
from twin.sources.shop.floor import ShopFloor
from twin.sources.shop.orders import DAY_US, Customers
from twin.sources.shop.source import WorkingPlant
from twin.sources.simulator import Simulator
from twin.stores.memory import MemoryStore
from twin.types import Clock, Event

MINUTE, HOUR = 60_000_000, 3_600_000_000
BEGIN = T0 + 5 * MINUTE
PLANT, CATALOGUE = plant_with({"mill": 5, "press": 4})


@pytest.fixture(autouse=True)
def _looks_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shopfloor, "LOOK_S", -1.0)


class World:
    """A store, its desk, and the plant that lives in it; `kill` loses what was not stored."""

    def __init__(
        self, plant: Plant = PLANT, catalogue: Catalogue = CATALOGUE, seed: int = 1
    ) -> None:
        self.plant, self.catalogue, self.seed = plant, catalogue, seed
        self.store = MemoryStore(2)
        self.store.set_clock(Clock(0, 0, 1.0, simulated=True))
        self.source = self.made()
        self.desk = Desk(self.store, Site(plant, catalogue, {}), lambda: self.source.now_us)
        self.batches: list[Batch] = []

    def made(self) -> WorkingPlant:
        simulator = Simulator(self.plant, self.catalogue, self.seed, T0)
        source = working_plant(self.store, simulator, self.plant, self.seed, BEGIN)
        intake = Intake(self.store, "simulator", self.plant, self.catalogue, check_clock=False)
        self.intake = intake
        return source

    def kill(self) -> None:
        self.source.step()  # what it was at is lost, but for orders that it placed
        self.source = self.made()
        position = self.store.position("simulator")
        if position is not None:
            self.source.resume(position, self.store.position("simulator.state"))

    def live(self, minutes: int) -> None:
        for _ in range(minutes):
            batch = self.source.step()
            self.intake.offer(batch, 1, self.source.now_us)
            self.intake.flush(2**62)
            self.batches.append(batch)
            self.desk.step()

    def do(self, verb: str, machine: str | None, **detail: object) -> None:
        now = self.source.now_us
        action = Action(verb, machine, now, now, "Late Shift", "manager", detail, f"{verb}{now}")
        self.store.add_action(pack_action(action))
        self.desk.step()

    def events(self, *kinds: str) -> list[Event]:
        return [e for _, e in self.store.events(b"0-0", 100_000) if e.kind in kinds]

    def orders(self) -> list[dict]:
        return [orjson.loads(text) for text in self.store.documents("orders").values()]

    def services(self) -> list[dict]:
        return orjson.loads(self.store.documents("desk").get("services", b"[]"))


FLOOR = ("operation_start", "operation_end", "setup", "service_start", "failure", "repair")


def nameless(event: Event) -> Event:
    """Without the id of its service, which says when by the wall it was planned."""
    return event._replace(detail={k: v for k, v in event.detail.items() if k != "service"})


def rows_of(batches: Iterable[Batch], class_id: str) -> bytes:
    return np.concatenate([b.rows[class_id] for b in batches if class_id in b.rows]).tobytes()


def test_a_plant_killed_again_and_again_lives_as_one_that_never_was() -> None:
    whole, killed = World(), World()
    for world in (whole, killed):
        world.live(20)
        world.do("service.plan", "mill-03", start=T0 + 40 * MINUTE, duration_h=1.0)
    whole.live(220)
    for minutes in (3, 27, 35, 1, 60, 94):
        killed.kill()
        killed.live(minutes)
    for class_id in ("mill", "press"):
        assert rows_of(whole.batches, class_id) == rows_of(killed.batches, class_id)
    lived = [[nameless(e) for e in world.events(*FLOOR)] for world in (whole, killed)]
    assert lived[0] == lived[1]
    assert len(whole.events("operation_start")) > 10
    ids = [[o["id"] for o in world.orders()] for world in (whole, killed)]
    assert ids[0] == ids[1]
    added = [e.detail["order"] for e in killed.events("order_added")]
    assert sorted(added) == sorted(set(added))


def test_before_it_begins_machines_follow_their_own_demand() -> None:
    world, free = World(), Simulator(PLANT, CATALOGUE, 1, T0)
    world.live(5)
    want = [free.step() for _ in range(5)]
    assert rows_of(world.batches, "mill") == rows_of(want, "mill")
    assert world.orders() == []


def test_load_follows_what_runs() -> None:
    world = World()
    world.live(65)  # the block under way when it begins follows the plant's own demand
    world.batches.clear()
    world.live(60)
    busy = {m for m, held in world.source.shop.held.items() if held.started}
    idle = {m for m in world.source.shop.floor.working if m not in world.source.shop.held}
    begun = {e.machine_id for e in world.events("operation_start", "operation_end", "setup")
             if e.time > T0 + 60 * MINUTE}  # fmt: skip
    lane = PLANT.classes["mill"].lane_ids.index("load_pct")
    for class_id in ("mill",):
        rows = np.concatenate([b.rows[class_id] for b in world.batches])
        for machine, low, high in [(m, 40, 101) for m in busy] + [(m, 0, 6) for m in idle]:
            if machine in begun or not machine.startswith(class_id):
                continue
            mine = rows[rows["slot"] == CATALOGUE.slot(machine).slot]["value"][:, lane]
            assert low < np.nanmedian(mine) < high, machine
    assert busy - begun


def test_a_planned_service_is_carried_out_and_the_desk_knows() -> None:
    world = World()
    world.live(70)
    start = T0 + 80 * MINUTE
    world.do("service.plan", "mill-02", start=start, duration_h=1.5)
    world.live(30)
    slot = CATALOGUE.slot("mill-02").slot
    worn = world.source.simulator.truth().wear["mill"][slot].max()
    world.batches.clear()
    world.live(80)
    assert [s["state"] for s in world.services()] == ["done"]
    end = start + int(1.5 * HOUR) + 500
    want = {"mode": None, "planned": True, "service": world.services()[0]["id"]}
    assert Event(end, "repair", "mill-02", want) in world.events("repair")
    times = np.concatenate([b.rows["mill"] for b in world.batches])
    mine = times[times["slot"] == slot]["time"]
    assert mine.min() > end, "it stood"
    assert world.source.simulator.truth().wear["mill"][slot].max() < min(worn, 0.01)


def test_a_service_that_is_called_off_in_time_is_not_carried_out() -> None:
    world = World()
    world.live(70)
    world.do("service.plan", "mill-02", start=T0 + 90 * MINUTE, duration_h=1.0)
    world.live(10)
    service = world.services()[0]["id"]
    world.do("service.cancel", "mill-02", service=service, reason="no part")
    world.live(40)
    assert world.events("service_start") == []


def test_a_repair_by_hand_mends_the_simulated_machine() -> None:
    world = World()
    world.live(70)
    slot = CATALOGUE.slot("press-03").slot
    world.do("failure.report", "press-03")
    world.live(3)
    assert world.source.shop.down["press-03"] == "failed"
    world.do("repair.report", "press-03")
    world.live(3)
    assert "press-03" not in world.source.shop.down
    assert world.source.simulator.truth().wear["press"][slot].max() < 0.01
    assert len([e for e in world.events("repair") if e.machine_id == "press-03"]) == 1


def test_an_accepted_service_spares_the_failure_that_comes_without_it() -> None:
    """The same seed twice; the first failure of a machine after the second day, and none if it is
    serviced the day before."""
    plant, catalogue = plant_with({"pump": 8})
    hours = {"period_s": 3600}

    def life(served: tuple[str, int] | None, until: int) -> list[Event]:
        world = World(plant, catalogue, 2)
        source = Simulator(plant, catalogue, 2, T0, **hours)
        world.source = working_plant(world.store, source, plant, 2, BEGIN)
        if served is not None:
            world.do("service.plan", served[0], start=served[1], duration_h=4.0)
        out: list[Event] = []
        while world.source.now_us < until:
            out += world.source.step().events
        return [e for e in out if e.kind == "failure"]

    found = next(e for e in life(None, T0 + 25 * DAY_US) if e.time > T0 + 2 * DAY_US)
    service = (found.machine_id, found.time - DAY_US)
    spared = life(service, found.time + 5 * DAY_US)
    assert found.machine_id not in {e.machine_id for e in spared if e.time > service[1]}


def test_customers_order_the_same_for_the_same_seed_and_as_much_as_the_plant_can() -> None:
    plant = load_plant(Path(Settings().plant))
    floor = ShopFloor(plant, 1, T0)
    days = [Customers(floor).of_day(T0 // DAY_US + n) for n in range(8)]
    assert days == [Customers(ShopFloor(plant, 1, T0)).of_day(T0 // DAY_US + n) for n in range(8)]
    assert days != [Customers(ShopFloor(plant, 2, T0)).of_day(T0 // DAY_US + n) for n in range(8)]
    work, able = dict.fromkeys(floor.working, 0.0), 0
    for order in [o for day in days for o in day]:
        assert order.due > order.release >= order.placed
        for n in range(len(plant.product(order.product).steps)):
            machines = floor.able[order.product, n]
            for machine in machines:
                share = floor.work(order.product, n, order.quantity, machine) / len(machines)
                work[machine] += share
    able = {
        m: floor.open_of(m).worked(T0 // DAY_US * DAY_US, (T0 // DAY_US + 8) * DAY_US) for m in work
    }
    busy = sorted(work[m] / able[m] for m in work)
    assert 0.6 < busy[-1] < 0.95
    assert 0.4 < sum(busy) / len(busy) < 0.85
    rush = [o for day in days for o in day if o.priority == 1]
    assert all(o.placed == o.release for o in rush)
    assert 0 < len(rush) < 0.3 * sum(map(len, days))


def test_orders_come_when_they_are_placed_and_there_is_always_a_week_of_them() -> None:
    customers = Customers(ShopFloor(PLANT, 1, T0))
    first = customers.at_first(T0)
    assert all(o.placed <= T0 and o.release >= T0 // DAY_US * DAY_US for o in first)
    assert max(o.release for o in first) > T0 + 5 * DAY_US
    later = [customers.placed(T0 + n * HOUR, T0 + (n + 1) * HOUR) for n in range(48)]
    flat = [o for hour in later for o in hour]
    assert flat == customers.placed(T0, T0 + 48 * HOUR)
    assert not {o.id for o in flat} & {o.id for o in first}


def test_a_shop_floor_kept_by_another_release_goes_on_with_what_is_written() -> None:
    world = World()
    world.live(90)
    running = [o["id"] for o in world.orders() if any(s["state"] == "running" for s in o["steps"])]
    position = world.store.position("simulator")
    kept = orjson.loads(zlib.decompress(position[8:]))
    kept["shop"] = {"of": "another release"}
    world.store.append({}, ("simulator", position[:8] + zlib.compress(orjson.dumps(kept))))
    world.kill()
    world.live(1)
    assert running
    assert set(running) <= {held.order for held in world.source.shop.held.values()}
    began = [(e.detail["order"], e.detail["step"]) for e in world.events("operation_start")]
    assert len(began) == len(set(began))
