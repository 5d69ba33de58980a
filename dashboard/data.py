"""The one place that reads stores: a background tick, one snapshot, feeds for all screens."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from dashboard.figures.signals import Past, past_of
from dashboard.machine_state import machine_state
from dashboard.outlook import risk_curve
from dashboard.past import past_of_estimate
from dashboard.plant_state import HORIZON_H, plant_state
from dashboard.snapshot import Slots, Snapshot, machine_of
from dashboard.stream import Feed
from twin.catalogue import Catalogue
from twin.core.view import view_dtype
from twin.errors import SchemaError, TwinError
from twin.modelfile import ClassModel, default_model, parse_model
from twin.pipeline.history import estimate
from twin.plant import Machine, MachineClass, Plant, load_plant
from twin.stores.base import Store

__all__ = ["TICK_S", "Reader", "decode_views", "read_snapshot"]

TICK_S = 0.5
N_KPIS = 24 * 60
N_EVENTS = 200
CURVE_S = 10.0
"""Wall seconds between two risk curves of a machine."""

log = logging.getLogger(__name__)


def decode_views(
    blobs: Mapping[tuple[int, str], bytes], classes: Mapping[str, MachineClass], n_partitions: int
) -> dict[str, NDArray[np.void]]:
    """Partitions' packed rows as one array a class, by slot = local · n_partitions + partition.

    A blob that is no whole number of rows was written under another list of lanes: left out.
    """
    views = {}
    for class_id, machine_class in classes.items():
        dtype = view_dtype(len(machine_class.sensors), len(machine_class.inputs))
        parts = {p: blobs.get((p, class_id), b"") for p in range(n_partitions)}
        whole = {
            p: np.frombuffer(b, dtype) for p, b in parts.items() if len(b) % dtype.itemsize == 0
        }
        n_local = max((len(rows) for rows in whole.values()), default=0)
        rows = np.zeros((n_local, n_partitions), dtype)
        rows["time"] = np.iinfo(np.int64).min
        for p, part in whole.items():
            rows[: len(part), p] = part
        views[class_id] = rows.reshape(-1)
    return views


def read_snapshot(store: Store, plant: Plant, seq: int, wall_us: int) -> Snapshot:
    """Everything that screens show, as the store holds it now. Raises StoreError."""
    partitions = range(store.partitions)
    blobs = store.views(partitions, list(plant.classes))
    clock = store.clock()
    return Snapshot(
        seq=seq,
        wall_us=wall_us,
        plant_us=clock.plant_now(wall_us),
        clock=clock,
        plant=plant,
        slots=_slots(store.catalogue(), plant),
        views=decode_views(blobs, plant.classes, store.partitions),
        plan=_document(store.plan()),
        kpis=[_document(text) for _, text in store.kpis(N_KPIS)],
        events=[event for _, event in store.last_events(N_EVENTS)],
        parts={name: _document(text) for name, text in store.heartbeats().items()},
        counters=store.counters(),
    )


def _slots(text: bytes | None, plant: Plant) -> Slots:
    catalogue = Catalogue.from_json(text) if text else Catalogue().update(plant)
    return {machine_id: (place[0], place[1]) for machine_id, place in catalogue.places().items()}


def _document(text: bytes | None) -> dict[str, Any]:
    try:
        found = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError:
        log.warning("store: a document is not JSON, shown as absent")
        return {}
    return found if isinstance(found, dict) else {}


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
        self._curves: dict[str, tuple[int, dict[str, Any] | None]] = {}

    # --- readers ---------------------------------------------------------------------------
    @property
    def n_readers(self) -> int:
        """Live screens on this process."""
        return self._plant_feed.n_readers + sum(f.n_readers for f in self._machine_feeds.values())

    def plant_feed(self) -> Feed:
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

    def curve(self, snapshot: Snapshot, machine: Machine) -> dict[str, Any] | None:
        """The machine's probability of failure over the horizon; computed anew every CURVE_S."""
        made_us, curve = self._curves.get(machine.id, (0, None))
        if snapshot.wall_us - made_us > CURVE_S * 1e6:
            curve = self._new_curve(snapshot, machine)
            self._curves[machine.id] = (snapshot.wall_us, curve)
        return curve

    def _new_curve(self, snapshot: Snapshot, machine: Machine) -> dict[str, Any] | None:
        class_id, slot = snapshot.slots[machine.id]
        partition, n = slot % self.store.partitions, slot // self.store.partitions
        kept = self.store.load_checkpoint(partition)
        if kept is None:
            return None
        state = np.frombuffer(kept.state.get(class_id, b""), np.float64)
        return risk_curve(self._model(class_id), snapshot.plant.classes[class_id], state, n)

    def past(self, machine: Machine, span_s: float) -> Past:
        """The machine's last span_s seconds of plant time; empty where there is none to read."""
        machine_class = self.plant.class_of(machine)
        text = self.store.catalogue()
        if text is None:
            return past_of(len(machine_class.sensors))
        end = self.store.clock().plant_now(self._wall_us())
        start = end - int(span_s * 1e6)
        model = self._model(machine.class_id)
        trend = model.trend(machine_class)
        found = estimate(
            self.store, Catalogue.from_json(text), trend, model.version, machine.id, start, end
        )
        return past_of_estimate(
            trend, found.rows, found.trace, machine_class.period_s, self.plant.zone
        )

    def _model(self, class_id: str) -> ClassModel:
        text = self.store.model(class_id)
        if text is None:
            return default_model(class_id, self.plant.classes[class_id])
        return parse_model(text)

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
            curve = self.curve(snapshot, machine)
            horizon_h = curve["hours"][-1] if curve else snapshot.plan.get("horizon_h", HORIZON_H)
            state = machine_state(snapshot, machine) | {
                "build": self.build,
                "curve": curve,
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
