"""The demo plant as it would be after some hours of work: simulator, workers and desk, in memory.

Slower to make than the invented plant, but it has beliefs, histories and models, and does what
people ask.
"""

from datetime import UTC, datetime

import numpy as np

from twin.config import Settings
from twin.pipeline.desk import Desk
from twin.pipeline.site import prepare
from twin.pipeline.worker.worker import PartitionWorker
from twin.sources.simulator import Simulator
from twin.stores.codec import readings_entry
from twin.stores.memory import MemoryStore
from twin.types import Clock

PARTITIONS = 2
NOW_US = int(datetime(2026, 3, 4, 10, 0, tzinfo=UTC).timestamp() * 1e6)
"""Plant time at which it is handed over: the same every time, on a Wednesday forenoon."""
SPEED = 60.0


class LivedPlant:
    """Simulated for `hours` until NOW_US, at wall time wall_us; `step` lets it live on.

    speed: of its clock, which runs on while a test takes its time: at 60, ten seconds of waiting
    are ten minutes without a sample.
    """

    def __init__(
        self,
        wall_us: int,
        hours: float = 6.0,
        settings: Settings | None = None,
        speed: float = SPEED,
    ) -> None:
        self.settings = settings or Settings(partitions=PARTITIONS)
        self.store = MemoryStore(PARTITIONS, clock_s=lambda: 0.0)  # nobody else wants a lease
        self.site = prepare(self.store, self.settings)
        self.wall_us = wall_us
        self.store.set_clock(Clock(wall_us, NOW_US, speed, simulated=True))
        start_us = NOW_US - int(hours * 3.6e9)
        self.source = Simulator(self.site.plant, self.site.catalogue, 1, start_us)
        self.workers = [PartitionWorker(self.store, self.site, p, "w") for p in range(PARTITIONS)]
        self.desk = Desk(self.store, self.site, lambda: self.wall_us)
        for worker in self.workers:
            assert worker.open()
        self.live_until(NOW_US)

    def step(self, seconds: float = 1.0) -> None:
        """Let wall time pass."""
        self.wall_us += int(seconds * 1e6)
        self.live_until(self.store.clock().plant_now(self.wall_us))

    def catch_up(self, wall_us: int) -> None:
        """Let wall time pass until wall_us."""
        self.step(max(0.0, (wall_us - self.wall_us) / 1e6))

    def live_until(self, plant_us: int) -> None:
        while self.source.now_us < plant_us:
            for class_id, rows in self.source.step().rows.items():
                self._send(class_id, rows)
        for worker in self.workers:
            while worker.step(0):
                pass
        self.desk.step()

    def _send(self, class_id: str, rows: np.ndarray) -> None:
        version = self.site.catalogue.lane_version(class_id)
        for p in range(PARTITIONS):
            own = rows[(rows["slot"] & 0x7FFFFFFF) % PARTITIONS == p]
            if len(own):
                self.store.append({p: [readings_entry(class_id, version, own)]})
