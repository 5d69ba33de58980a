"""A background tick reads one snapshot and feeds every screen from it."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.data.machines import MachinePast
from dashboard.data.snapshots import read_snapshot
from dashboard.figures.signals import Past
from dashboard.machine_state import machine_state
from dashboard.plant_state import HORIZON_H, plant_state
from dashboard.snapshot import Snapshot, machine_of
from dashboard.stream import Feed
from twin.errors import SchemaError, TwinError
from twin.plant import Machine, load_plant
from twin.stores.base import Store

__all__ = ["TICK_S", "Reader"]

TICK_S = 0.5

log = logging.getLogger(__name__)


class Reader:
    """Reads the store twice a second in one thread and feeds every screen from that."""

    def __init__(
        self,
        store: Store,
        plant_file: Path,
        build: str = "",
        wall_us: Callable[[], int] | None = None,
    ) -> None:
        self.store, self.build = store, build
        self.plant = load_plant(plant_file)
        self.latest: Snapshot | None = None
        self._file, self._changed = plant_file, plant_file.stat().st_mtime_ns
        self._wall_us = wall_us or (lambda: time.time_ns() // 1000)
        self._plant_feed = Feed()
        self._machine_feeds: dict[str, Feed] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._seq = 0
        self._machines = MachinePast(store, self._wall_us)

    # --- readers ---------------------------------------------------------------------------
    @property
    def n_readers(self) -> int:
        """Live screens on this process."""
        return self._plant_feed.n_readers + sum(f.n_readers for f in self._machine_feeds.values())

    def plant_feed(self) -> Feed:
        """The feed of the plant page."""
        return self._plant_feed

    def machine_feed(self, machine_id: str) -> Feed | None:
        """The feed of a machine, filled at once; None if the plant has no such machine."""
        snapshot = self.latest
        if all(m.id != machine_id for m in self.plant.machines):
            return None
        with self._lock:
            feed = self._machine_feeds.setdefault(machine_id, Feed())
        if snapshot is not None:
            self._feed_machine(machine_id, feed, snapshot)
        return feed

    def past(self, machine: Machine, span_s: float) -> Past:
        """The machine's last span_s seconds of plant time."""
        return self._machines.past(self.plant, machine, span_s)

    # --- the tick --------------------------------------------------------------------------
    def start(self) -> None:
        """Begin to tick; nothing happens if it does already. To be called after a fork."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the tick and every stream."""
        self._stop.set()
        for feed in (self._plant_feed, *self._machine_feeds.values()):
            feed.close()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def tick(self) -> None:
        """Read once and feed all screens. Raises StoreError."""
        self._take_up_plant()
        snapshot = read_snapshot(self.store, self.plant, self._seq + 1, self._wall_us())
        self._seq += 1
        self.latest = snapshot
        self._plant_feed.publish(plant_state(snapshot) | {"build": self.build}, snapshot.seq)
        with self._lock:
            feeds = dict(self._machine_feeds)
        for machine_id, feed in feeds.items():
            if feed.n_readers:
                self._feed_machine(machine_id, feed, snapshot)

    def _feed_machine(self, machine_id: str, feed: Feed, snapshot: Snapshot) -> None:
        machine = machine_of(snapshot, machine_id)
        if machine is not None:
            curve = self._machines.curve(snapshot, machine)
            horizon_h = curve["hours"][-1] if curve else snapshot.plan.get("horizon_h", HORIZON_H)
            state = machine_state(snapshot, machine)
            state |= {
                "build": self.build,
                "curve": None if state.get("withheld") else curve,
                "horizon_h": horizon_h,
            }
            feed.publish(state, snapshot.seq)

    def _run(self) -> None:
        down = False
        while not self._stop.wait(TICK_S):
            try:
                self.tick()
            except TwinError as error:
                # Screens see no news and say how old theirs are; the log says why, once.
                if not down:
                    log.warning("no snapshot: %s", error)
                down = True
            except Exception:
                log.exception("no snapshot")
            else:
                down = False

    def _take_up_plant(self) -> None:
        """Read the plant file again once it has changed; a faulty one leaves the old in force."""
        changed = self._file.stat().st_mtime_ns if self._file.exists() else self._changed
        if changed == self._changed:
            return
        self._changed = changed
        try:
            self.plant = load_plant(self._file)
        except SchemaError as error:
            log.warning("the plant file is not taken up: %s", error)
