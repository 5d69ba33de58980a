"""A planner, a desk and a small plant with crews, parts, a tariff and pauses, in a memory store."""

import numpy as np
import orjson
from desk_bench import HOUR_US, T0_US
from order_bench import PRODUCTS
from worker_plant import PARTITIONS, settings_in

from twin.core.view import view_dtype
from twin.pipeline.desk import Desk
from twin.pipeline.planning.loop import PlanLoop
from twin.pipeline.planning.situation import Situation
from twin.pipeline.site import prepare
from twin.pipeline.worklist import MachineNow
from twin.stores.base import Commit, Run
from twin.stores.memory import MemoryStore
from twin.types import Clock

RESOURCES = """
[energy]
price = 0.2
[[energy.tariff]]
start = "22:00"
end = "06:00"
price = 0.1
[[crew]]
id = "day"
skills = ["hydraulics"]
[[crew.shift]]
start = "06:00"
end = "18:00"
[[crew]]
id = "night"
[[crew.shift]]
start = "18:00"
end = "06:00"
[[part]]
id = "kit"
stock = 2
lead_days = 30
"""
PAUSE = '[[plant.pause]]\nstart = "12:00"\nend = "13:00"\n'
G = 20.0
"""Long-run cost of every machine, money an hour."""
LINE = '[[line]]\nid = "one"\n'


def plant_settings(folder, more=""):
    """Settings of the small plant with all that planning knows."""
    settings = settings_in(folder)
    text = settings.plant.read_text().replace(LINE, PAUSE + LINE)
    settings.plant.write_text(text + PRODUCTS + RESOURCES + more)
    return settings


def bare_settings(folder):
    """Of a plant that knows neither products nor crews."""
    return settings_in(folder)


def row_of(site, machine, rul_h=None, now_us=T0_US):
    """A view row heard just now; rul_h: mean of an exponential remaining life, None: no model."""
    machine_class = site.plant.class_of(machine)
    dtype = view_dtype(len(machine_class.sensors), len(machine_class.inputs))
    row = np.zeros(1, dtype)
    row["time"], row["born"] = now_us - 1_000_000, T0_US - 100 * HOUR_US
    row["p"], row["rul_q10"], row["rul_q50"], row["rul_q90"] = np.nan, np.nan, np.nan, np.nan
    if rul_h is not None:
        row["p"] = -np.expm1(-np.array([8.0, 24.0, 168.0]) / rul_h)
        steps = rul_h * 3600 / machine_class.step_s
        for name, q in (("rul_q10", 0.1), ("rul_q50", 0.5), ("rul_q90", 0.9)):
            row[name] = -np.log1p(-q) * steps
    return row


def machines_at(site, lives=None, now_us=T0_US):
    """MachineNow of every machine; lives: machine id → hours, see row_of."""
    lives = lives or {}
    return [
        MachineNow(site.plant, m, row_of(site, m, lives.get(m.id), now_us)[0], False, G)
        for m in site.plant.machines
    ]


def site_of(folder, more=""):
    return prepare(MemoryStore(PARTITIONS), plant_settings(folder, more))


def situation(site, orders=(), lives=None, now_us=T0_US, **more):
    return Situation(
        site.plant,
        now_us,
        machines=machines_at(site, lives, now_us),
        orders={o["id"]: o for o in orders},
        **more,
    )


class World:
    """A store with a plant's views, a desk and a planner whose clocks are set by hand."""

    def __init__(self, folder, improve=None, settings=plant_settings):
        self.store = MemoryStore(PARTITIONS)
        self.site = prepare(self.store, settings(folder))
        self.now, self.wall, self.n = T0_US, 0.0, 0
        self.lives = {}
        self.improve = improve
        self.leases = [self.store.lease(p, "test", 10_000_000) for p in range(PARTITIONS)]
        self.restart()
        self.pass_time(0.0)

    def restart(self):
        """Desk and planner anew, as after a crash."""
        self.desk = Desk(self.store, self.site)
        self.loop = PlanLoop(
            self.store, self.improve, wall=lambda: self.wall, clock=lambda: self.now
        )

    def pass_time(self, hours, wall_s=None):
        """Move the plant's clock and the wall's; the views are heard again."""
        self.now += round(hours * HOUR_US)
        self.wall += hours * 3600 if wall_s is None else wall_s
        self.store.set_clock(Clock(0, self.now, 0.0, True))
        self.hear()

    def hear(self, **lives):
        """Write the views; lives: machine → mean remaining hours from now on."""
        self.lives |= {m.replace("_", "-"): h for m, h in lives.items()}
        by_id = {m.id: m for m in self.site.plant.machines}
        for p in range(PARTITIONS):
            runs = []
            for class_id in self.site.plant.classes:
                own = self.site.catalogue.machines(class_id)[p::PARTITIONS]
                rows = [row_of(self.site, by_id[m], self.lives.get(m), self.now) for m in own]
                runs.append(Run(class_id, 0, np.concatenate(rows).tobytes(), True))
            self.n += 1
            self.store.commit(self.leases[p], Commit(f"{self.n}-0".encode(), {}, [], runs))

    def do(self, verb, detail, machine=None, who="Late", token=None):
        from twin.actions import Action, pack_action

        self.n += 1
        action = Action(
            verb, machine, self.now, self.now, who, "admin", detail, token or f"t{self.n}"
        )
        return self.store.add_action(pack_action(action)).decode()

    def add_order(self, order_id, product="cover", quantity=60, due_h=48, priority=3):
        due = self.now + round(due_h * HOUR_US)
        detail = {"id": order_id, "product": product, "quantity": quantity, "due": due}
        self.do("order.add", detail | {"priority": priority})

    def desk_step(self):
        while self.desk.step():
            pass

    def step(self):
        """Desk, planner, desk: what the planner asks for is done too."""
        self.desk_step()
        why = self.loop.step(self.site)
        self.desk_step()
        return why

    def settle(self):
        """Wait until nothing more is to be planned for what has come; the reasons."""
        whys = []
        self.wall += 8.0
        for _ in range(4):
            whys.append(self.step())
            self.wall += 2.5
        return [why for why in whys if why]

    def document(self, name, kind="schedule"):
        return orjson.loads(self.store.documents(kind).get(name) or b"null")

    def line(self, action_id):
        return next(x for x in self.document("journal", "desk") if x["id"] == action_id)

    def suggestion(self, machine):
        known = self.document("suggestions") or []
        return next((s for s in known if s["machine"] == machine), None)


def planned_world(folder, n_orders=1, **lives):
    """A world whose first plan is in force, with orders A-0, A-1 and so on; lives as World.hear."""
    world = World(folder)
    for n in range(n_orders):
        world.add_order(f"A-{n}")
    world.hear(**lives)
    world.settle()
    return world
