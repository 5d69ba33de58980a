"""The invented plant with a desk: alarms to raise, people's actions done, a clock that can jump.

alarmed_plant.py PORT SECONDS serves it, for looking at the alarms page.
"""

import sys
import threading
import time
from pathlib import Path

from fake_plant import FakePlant
from werkzeug.serving import make_server

from dashboard.app import create_app
from twin.config import Settings
from twin.pipeline.desk import Desk
from twin.pipeline.site import Site
from twin.plant import Plant, load_plant
from twin.types import Clock, Event

__all__ = ["AlarmedPlant"]


class AlarmedPlant(FakePlant):
    """Its desk takes a step whenever it is told to, and with each step of the plant."""

    def __init__(self, plant: Plant, wall_us: int) -> None:
        super().__init__(plant, wall_us=wall_us)
        site = Site(plant, self.catalogue, {})
        self.desk = Desk(self.store, site, lambda: time.time_ns() // 1000)
        self._one_at_a_time = threading.Lock()

    def work(self) -> None:
        """A step of the desk; there is one desk, so threads take turns."""
        with self._one_at_a_time:
            self.desk.step()

    @property
    def now_us(self) -> int:
        return self.store.clock().plant_now(time.time_ns() // 1000)

    def jump(self, hours: float) -> None:
        """The plant's clock moves on at once."""
        clock, wall_us = self.store.clock(), time.time_ns() // 1000
        moved = clock.plant_now(wall_us) + int(hours * 3.6e9)
        self.store.set_clock(Clock(wall_us, moved, clock.speed, clock.simulated))
        self.wall_us = wall_us
        self.step(0)

    def alarm(self, machine_id: str, lane: int = 0, ago_s: float = 0.0, on: bool = True) -> str:
        """An alarm of a machine comes, or goes; its id."""
        machine = next(m for m in self.plant.machines if m.id == machine_id)
        sensor = self.plant.sensors_of(machine)[lane]
        limit = "high" if sensor.alarm.high is not None else "low"
        value = getattr(sensor.alarm, limit)
        detail = {"sensor": sensor.id, "value": value, "limit": limit}
        kind = "alarm_on" if on else "alarm_off"
        time_us = self.now_us - int(ago_s * 1e6)
        self.store.add_events([Event(time_us, kind, machine_id, detail)])
        self.work()
        return f"{machine_id}:{sensor.id}"

    def live(self, stop: threading.Event) -> None:
        """Samples once a second, the desk five times."""
        n = 0
        while not stop.wait(0.2):
            self.work()
            n += 1
            if n % 5 == 0:
                self.step(1)


def main(port: int, seconds: int, kind: str = "") -> None:
    plant = load_plant(Path(Settings().plant))
    fake = AlarmedPlant(plant, time.time_ns() // 1000)
    if kind != "empty":
        populate(fake, flood=kind == "flood")
    app = create_app(fake.store, Settings(port=port))
    server = make_server("127.0.0.1", port, app.server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    fake.live(stop)


def populate(fake: AlarmedPlant, flood: bool) -> None:
    """Alarms in every state, with a past; in a flood, many at once."""
    from twin.actions import Action, pack_action

    def do(verb: str, detail: dict, machine: str | None = None) -> None:
        action = Action(verb, machine, fake.now_us, 0, "Night", "admin", detail, "")
        fake.store.add_action(pack_action(action))
        fake.desk.step()

    for n in range(30):
        machine = fake.plant.machines[(n * n) % 20].id
        fake.alarm(machine, n % 3, 86_000 - n * 2500)
        fake.alarm(machine, n % 3, 85_500 - n * 2500, on=False)
        do("alarm.acknowledge", {"alarms": list(fake.desk._state.alarms)})
    seen = fake.alarm("mill-01", 0, 7200)
    do("alarm.acknowledge", {"alarms": [seen]})
    shelved = fake.alarm("press-02", 1, 4000)
    do(
        "alarm.shelve",
        {"alarm": shelved, "hours": 8, "reason": "Clutch is ordered, comes on Friday"},
    )
    out = fake.alarm("pump-02", 1, 900)
    do("alarm.remove", {"alarm": out, "reason": "Cable cut by the fork lift"})
    fake.alarm("mill-02", 2, 1500)
    do("failure.report", {"note": "stands"}, "mill-02")
    fake.alarm("mill-03", 0, 1000)
    fake.alarm("press-01", 0, 800)
    fake.alarm("mill-04", 1, 700)
    fake.alarm("mill-04", 1, 100, on=False)
    do("comment.add", {"text": "Coolant looks dark"}, "mill-01")
    do("service.plan", {"start": fake.now_us + 10**11, "duration_h": 4}, "press-01")
    for n in range(16 if flood else 0):
        fake.alarm(fake.plant.machines[n // 3 + 4].id, n % 3, 100 - n)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
