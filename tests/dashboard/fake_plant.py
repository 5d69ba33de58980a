"""An invented plant in a store: views, plan, key figures and events, without a worker.

For tests of screens alone: every kind of quality, priority and age occurs, and each `step` moves
the values on.
"""

import json
from datetime import UTC, datetime

import numpy as np
from fake_schedule import FakeSchedule

from twin.catalogue import Catalogue
from twin.core.view import NEVER, view_dtype
from twin.plant import Plant
from twin.stores.base import Commit, Run, Store
from twin.stores.memory import MemoryStore
from twin.types import Clock, Event

START_US = int(datetime(2026, 3, 2, 6, 0, tzinfo=UTC).timestamp() * 1e6)
SPEED = 60.0
OEE = {
    "availability": 0.91,
    "performance": 0.72,
    "quality": 0.94,
    "oee": 0.616,
    "is_most": False,
    "unknown": 0.03,
    "busy_h": 410.0,
}


def grown(plant: Plant, n_machines: int) -> Plant:
    """The plant with so many machines: its own again and again, under new ids."""
    own = plant.machines
    copies = [
        own[n % len(own)].model_copy(update={"id": f"{own[n % len(own)].class_id}-{n + 1:04d}"})
        for n in range(n_machines)
    ]
    return plant.model_copy(update={"machines": copies})


class FakePlant:
    """Writes what worker and planner would; `now_us` is the wall clock it pretends to have."""

    def __init__(
        self,
        plant: Plant,
        partitions: int = 4,
        wall_us: int = START_US,
        store: Store | None = None,
        n_orders: int = 40,
    ) -> None:
        self.plant = plant
        self.store: Store = MemoryStore(partitions) if store is None else store
        self.catalogue = Catalogue().update(plant)
        self.rng = np.random.default_rng(3)
        self.wall_us = wall_us
        self.store.set_catalogue(self.catalogue.to_json().encode())
        self.store.set_clock(Clock(wall_us, START_US, SPEED, simulated=True))
        self.leases = [self.store.lease(p, "fake", 10**9) for p in range(partitions)]
        for n in range(60):
            self._kpi(n)
        self.views = {c: self._rows(c) for c in plant.classes}
        self.plan = self._plan()
        self._count()
        self.schedule = FakeSchedule(plant, self.store.clock().plant_now(wall_us), n_orders)
        self.schedule.write(self.store)
        self.step(0)

    def step(self, seconds: int = 1) -> None:
        """Let wall time pass: every machine but the silent ones sends a sample."""
        self.wall_us += seconds * 1_000_000
        now = self.store.clock().plant_now(self.wall_us)
        self.store.set_plan(json.dumps(self.plan | {"made": now}).encode())
        for class_id, rows in self.views.items():
            heard = rows["time"] != NEVER
            heard[1::11] = False
            m = rows["level"].shape[1]
            noise = self.rng.normal(size=rows["level"].shape)
            rows["time"][heard] = now
            rows["seen"][heard] = now
            rows["innovation"] = noise
            rows["value"][:, :m] = rows["level"] + rows["spread"] * noise
            rows["n_applied"][heard] += 1
            self._write(class_id, rows)

    def _write(self, class_id: str, rows: np.ndarray) -> None:
        for p, lease in enumerate(self.leases):
            part = np.ascontiguousarray(rows[p :: len(self.leases)])
            run = Run(class_id, 0, part.tobytes(), True)
            self.store.commit(lease, Commit(b"1-0", {}, [], [run]))

    def _rows(self, class_id: str) -> np.ndarray:
        machine_class = self.plant.classes[class_id]
        m, k = len(machine_class.sensors), len(machine_class.inputs)
        n = self.catalogue.n_slots(class_id)
        rows = np.zeros(n, view_dtype(m, k))
        now = self.store.clock().plant_now(self.wall_us)
        rows["time"], rows["born"] = now, now - 86_400_000_000 * 40
        rows["seen"] = now
        lows, highs = np.array([s.normal for s in machine_class.sensors]).T
        share = self.rng.uniform(0.25, 0.75, (n, m))
        rows["level"] = lows + share * (highs - lows)
        rows["spread"] = (highs - lows) * 0.04
        rows["sd"] = rows["spread"] / 3
        rows["value"][:, m:] = [u.range[1] * 0.6 for u in machine_class.inputs]
        rows["nis"], rows["health"] = 1.02, 1.4
        rows["p"] = self.rng.uniform(0.001, 0.01, (n, 1)) * [1, 3, 15]
        rows["p_lo"], rows["p_hi"] = rows["p"] * 0.6, np.minimum(0.99, rows["p"] * 1.7)
        rows["mode_p"][:, : len(machine_class.modes)] = 1 / max(1, len(machine_class.modes))
        rows["rul_mean"] = rows["rul_q10"] = rows["rul_q50"] = rows["rul_q90"] = np.inf
        rows["driver"], rows["driver_logit"] = [0, 1, -1], [1.8, 0.6, np.nan]
        self._faults(rows, machine_class.sensors)
        rows["value"][-1, m] = 0.0
        return rows

    def _faults(self, rows: np.ndarray, sensors: list) -> None:
        """Machine 0 is worn and has a sensor of every quality; machine 1 is silent."""
        worn = rows[0]
        worn["p"], worn["p_lo"], worn["p_hi"] = (
            [0.18, 0.46, 0.97],
            [0.1, 0.3, 0.9],
            [0.3, 0.6, 0.99],
        )
        worn["rul_mean"], worn["rul_q10"], worn["rul_q50"], worn["rul_q90"] = 33, 20, 31, 55
        worn["level"][0] = sensors[0].alarm.high or sensors[0].normal[1] * 1.2
        worn["beyond"], worn["quality"], worn["bad"] = 1, 0b1010, 0b100
        worn["missing"] = 0b1000
        worn["health"] = 9.0
        rows["seen"][1, 0] = NEVER

    def _plan(self) -> dict:
        reasons = ["risk", "limit", "risk", "bad_sensor", "changed", "no_data"]
        chosen = [self.catalogue.classes[c].slots[0] for c in self.plant.classes]
        chosen += [m.id for m in self.plant.machines if m.id not in chosen][5:7]
        items = []
        for n, (machine_id, reason) in enumerate(zip(chosen, reasons, strict=False)):
            machine = next(m for m in self.plant.machines if m.id == machine_id)
            machine_class = self.plant.class_of(machine)
            mid = [9.0, 31.0, 50.4, 144.0, 192.0, None][n]
            items.append(
                {
                    "machine": machine_id,
                    "priority": [1, 2, 2, 3, 3, 3][n],
                    "reason": reason,
                    "drivers": machine_class.sensor_ids[:2] if reason == "risk" else [],
                    "mode": machine_class.modes[0].id if reason == "risk" else None,
                    "p_shift": 0.2,
                    "p_day": 0.5,
                    "p_week": 0.9,
                    "lo_h": mid and mid * 0.6,
                    "mid_h": mid,
                    "hi_h": mid * 1.7 if mid and mid < 150 else None,
                    "service_by_h": mid and mid * 0.5,
                    "cost_wait": 8200.0 - 1000 * n,
                    "cost_service": 1400.0,
                    "saves": 6800.0 - 1000 * n,
                }
            )
        return {
            "made": START_US,
            "items": [*items, *self._further(items[2], {i["machine"] for i in items})],
            "expected_stops_24h": {"mean": 1.8, "lo": 1, "hi": 3},
            "lost_output_24h": {"percent": 3.4, "lo": 1.1, "hi": 6.0},
            "running": len(self.plant.machines) - 3,
            "total": len(self.plant.machines),
            "data_complete": 0.992,
            "oee": {
                "day": OEE,
                "shift": OEE | {"oee": 0.58},
                "lines": {"housings": OEE},
                "shift_began": START_US,
            },
        }

    def _further(self, item: dict, listed: set[str]) -> list[dict]:
        """A large plant has a long list: one machine in ten is to be watched."""
        some = [m.id for m in self.plant.machines if m.id not in listed][::10]
        if len(self.plant.machines) <= 100:
            return []
        return [
            item | {"machine": m, "priority": 3, "drivers": [], "mode": None, "mid_h": 60.0 + n}
            for n, m in enumerate(some)
        ]

    def _kpi(self, n: int) -> None:
        entry = {
            "running": 38 - n // 20,
            "stops": 1.5 + 0.3 * np.sin(n / 5),
            "lost": 3.0 + 0.4 * np.sin(n / 7),
            "attention": 3 + n // 20,
            "complete": 99 + 0.3 * np.sin(n / 4),
            "oee": 61 + 2 * np.sin(n / 6),
        }
        self.store.add_kpi(json.dumps(entry).encode())

    def _count(self) -> None:
        machine = self.plant.machines[0]
        sensor = self.plant.class_of(machine).sensors[0].id
        self.store.append(
            {},
            None,
            {"accepted:simulator": 120000, "rejected:simulator:ahead_of_clock": 12},
            [
                {
                    "source": b"simulator",
                    "reason": b"ahead_of_clock",
                    "detail": f"{400 + n} s ahead, want at most 300".encode(),
                    "payload": json.dumps({"machine": machine.id, "values": [n, None]}).encode(),
                }
                for n in range(12)
            ],
        )
        self.store.add_events(
            [
                Event(START_US - 5_000_000_000, "repair", machine.id, {}),
                Event(START_US - 900_000_000, "alarm_on", machine.id, {"sensor": sensor}),
            ]
        )
