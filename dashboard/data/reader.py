"""A background tick reads one snapshot and feeds every screen from it."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.data.documents import Documents
from dashboard.data.machines import MachinePast
from dashboard.data.snapshots import read_snapshot
from dashboard.figures.signals import Past
from dashboard.snapshot import Snapshot, machine_of
from dashboard.states.frame_state import frame
from dashboard.states.machine.machine_state import machine_state
from dashboard.states.plant.plant_state import HORIZON_H, plant_state
from dashboard.stream import Feed
from twin.errors import SchemaError, StoreError, TwinError
from twin.plant import Machine, load_plant
from twin.stores.base import Store

__all__ = ["TICK_S", "Reader", "StateOf"]

TICK_S = 0.5

StateOf = Callable[[Snapshot], dict[str, Any]]
"""What a screen shows of a snapshot."""
MACHINE = "machine/"
FORGET_S = 60.0
"""A feed made for those who ask is dropped when for so long nobody has asked and nobody reads."""

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
        self._state_of: dict[str, StateOf] = {"plant": plant_state}
        self._feeds: dict[str, Feed] = {"plant": Feed()}
        self._asked_s: dict[str, float] = {}
        """Feeds that need not be kept → when somebody last asked for them."""
        self._faulty: set[str] = set()
        self._documents = Documents(store)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._seq = 0
        self.machines = MachinePast(store, self._wall_us)

    # --- readers ---------------------------------------------------------------------------
    @property
    def n_readers(self) -> int:
        """Live screens on this process."""
        return sum(feed.n_readers for feed in list(self._feeds.values()))

    def add_feed(self, name: str, state_of: StateOf, is_kept: bool = True) -> None:
        """From now on /live/<name> streams what state_of makes of each snapshot, and the frame.

        is_kept False: until nobody has asked for it for a while; whoever does adds it again.
        """
        with self._lock:
            self._state_of[name] = state_of
            self._feeds.setdefault(name, Feed())
            if not is_kept:
                self._asked_s[name] = time.monotonic()

    def feed(self, name: str) -> Feed | None:
        """A feed, filled at once; None where there is none of that name."""
        if name.startswith(MACHINE):
            self._add_machine(name)
        with self._lock:
            feed = self._feeds.get(name)
        snapshot = self.latest
        if feed is not None and snapshot is not None and not feed.n_readers:
            try:
                self._publish(name, feed, snapshot)
            except StoreError as error:  # what was known is shown, and said to be old
                log.warning("no news for /live/%s: %s", name, error)
        return feed

    def _add_machine(self, name: str) -> None:
        machine_id = name.removeprefix(MACHINE)
        if any(m.id == machine_id for m in self.plant.machines):
            self.add_feed(name, lambda snapshot: self._machine_state(snapshot, machine_id), False)

    def past(self, machine: Machine, span_s: float) -> Past:
        """The machine's last span_s seconds of plant time."""
        return self.machines.past(self.plant, machine, span_s)

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
        for feed in list(self._feeds.values()):
            feed.close()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def tick(self) -> None:
        """Read once and feed all screens. Raises StoreError."""
        self._take_up_plant()
        snapshot = read_snapshot(self.store, self.plant, self._seq + 1, self._wall_us())
        snapshot = snapshot._replace(
            desk=self._documents.read("desk"),
            record=self._documents.read("record"),
            schedule=self._documents.read("schedule"),
            orders=self._documents.read("orders"),
        )
        self._seq += 1
        self.latest = snapshot
        with self._lock:
            self._forget_unread()
            feeds = [(n, f) for n, f in self._feeds.items() if f.n_readers or n == "plant"]
        for name, feed in feeds:
            self._publish(name, feed, snapshot)

    def _publish(self, name: str, feed: Feed, snapshot: Snapshot) -> None:
        """Feed one screen. A fault in its state is not the others', and is said once.

        Raises StoreError.
        """
        try:
            state = frame(snapshot) | self._state_of[name](snapshot) | {"build": self.build}
        except StoreError:
            raise
        except Exception:
            if name not in self._faulty:
                log.exception("no news for /live/%s", name)
            self._faulty.add(name)
            return
        self._faulty.discard(name)
        feed.publish(state, snapshot.seq)

    def _forget_unread(self) -> None:
        """Drop feeds that nobody needs: a plant has many machines, and each feed holds a state."""
        now_s = time.monotonic()
        for name, asked_s in list(self._asked_s.items()):
            if self._feeds[name].n_readers:
                self._asked_s[name] = now_s
            elif now_s - asked_s > FORGET_S:
                del self._asked_s[name], self._feeds[name], self._state_of[name]
                self._faulty.discard(name)

    def _machine_state(self, snapshot: Snapshot, machine_id: str) -> dict[str, Any]:
        machine = machine_of(snapshot, machine_id)
        if machine is None:  # it has left the plant file
            return {}
        curve = self.machines.curve(snapshot, machine)
        horizon_h = curve["hours"][-1] if curve else snapshot.plan.get("horizon_h", HORIZON_H)
        state = machine_state(snapshot, machine)
        shown = None if state.get("withheld") else curve
        return state | {"curve": shown, "horizon_h": horizon_h}

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
