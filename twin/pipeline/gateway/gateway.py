"""The gateway as a process of its own, under gunicorn with threads.

One process, because what reaches the store must keep the order of each machine's samples; a
request waits until its samples are stored, together with those of others who came within the same
few milliseconds.
"""

import logging
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import orjson
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.errors import StoreError, TwinError
from twin.pipeline.feed.ingest import Intake, Offer, congested
from twin.pipeline.feed.pump import wall_us
from twin.pipeline.gateway.door import OrdersDoor
from twin.pipeline.gateway.operations_http import register_operations
from twin.pipeline.gateway.orders_http import register_orders
from twin.pipeline.gauge import rss_bytes
from twin.plant import Plant, load_plant
from twin.sources.base import Batch
from twin.sources.gateway import Outcome, create_gateway, tokens
from twin.sources.resolve import Resolver
from twin.stores.base import Store
from twin.stores.embedded import open_store
from twin.stores.parent import die_with_parent

__all__ = ["Door", "GatewayServer", "main"]

log = logging.getLogger(__name__)
BUSY_CHECK_US = 50_000
WAIT_S = 10.0
"""Longest wait for the store, besides the time a sample may be held."""
THREADS = 32
CATALOGUE_WAIT_S = 30.0
HEARTBEAT_S = 2.0


class Door:
    """Batches of all gateway sources into one store, from many threads."""

    def __init__(
        self,
        store: Store,
        plant: Plant,
        catalogue: Catalogue,
        settings: Settings,
        source_ids: list[str],
    ) -> None:
        self._store, self._plant, self._catalogue = store, plant, catalogue
        self._reorder_us = round(settings.reorder_s * 1e6)
        self._batch_s = settings.batch_ms / 1000
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._closed = threading.Event()
        self._waiting: dict[Offer, threading.Event] = {}
        self._away: set[Offer] = set()
        self._intakes = {i: self._intake(i) for i in source_ids}
        self._busy, self._busy_checked_us = False, 0
        self._thread = threading.Thread(target=self._run, name="gateway-flush", daemon=True)
        self._thread.start()

    def accept(self, source_id: str, batch: Batch) -> Outcome:
        """Have a batch stored and wait for it; see twin.sources.gateway.Accept."""
        try:
            if self._is_busy():
                return "busy"
            plant_us = self._store.clock().plant_now(wall_us())
        except StoreError:
            return "away"
        done = threading.Event()
        with self._lock:
            offer = self._intakes[source_id].offer(batch, wall_us(), plant_us)
            self._waiting[offer] = done
        self._work.set()
        done.wait(WAIT_S + self._reorder_us / 1e6)
        with self._lock:
            late = self._waiting.pop(offer, None) is not None
            failed = offer in self._away
            self._away.discard(offer)
        return "away" if late or failed else "stored"

    def close(self) -> None:
        """Store what is held and end."""
        self._closed.set()
        self._work.set()
        self._thread.join()

    def _intake(self, source_id: str) -> Intake:
        return Intake(
            self._store, source_id, self._plant, self._catalogue, reorder_us=self._reorder_us
        )

    def _is_busy(self) -> bool:
        now = wall_us()
        if now - self._busy_checked_us > BUSY_CHECK_US:
            self._busy, self._busy_checked_us = congested(self._store), now
        return self._busy

    def _run(self) -> None:
        next_beat = 0.0
        while not self._closed.is_set():
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + HEARTBEAT_S
                self._heartbeat()
            due_s = self._until_deadline_s()
            came = self._work.wait(HEARTBEAT_S if due_s is None else min(due_s, HEARTBEAT_S))
            if not came and (due_s is None or due_s > HEARTBEAT_S):
                continue
            self._work.clear()
            self._closed.wait(self._batch_s)  # what comes meanwhile goes along
            self._flush(wall_us())
        self._flush(2**62)

    def _heartbeat(self) -> None:
        """Say what comes in; a store that is away hears it later."""
        now = wall_us()
        with self._lock:
            sources = {
                i: {"ingest": intake.gauge.report(now)} for i, intake in self._intakes.items()
            }
        state = {"time": now, "pid": os.getpid(), "state": "running", "rss_bytes": rss_bytes()}
        with suppress(StoreError):
            self._store.heartbeat("gateway", orjson.dumps({**state, "sources": sources}))

    def _until_deadline_s(self) -> float | None:
        with self._lock:
            times = [i.deadline_us for i in self._intakes.values()]
        soonest = min((t for t in times if t is not None), default=None)
        return None if soonest is None else max(0.0, (soonest - wall_us()) / 1e6)

    def _flush(self, now_us: int) -> None:
        with self._lock:
            try:
                for intake in self._intakes.values():
                    self._release(intake.flush(now_us).stored)
            except StoreError as error:
                log.error("readings not stored: %s", error)
                self._give_up()

    def _release(self, offers: list[Offer]) -> None:
        for offer in offers:
            done = self._waiting.pop(offer, None)
            if done is not None:
                done.set()

    def _give_up(self) -> None:
        """Tell everybody who waits to send again; begin anew with nothing held."""
        self._away.update(self._waiting)
        self._release(list(self._waiting))
        self._intakes = {i: self._intake(i) for i in self._intakes}


class GatewayServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with our options."""

    def __init__(self, settings: Settings, plant: Plant, token_of: dict[str, str]) -> None:
        self.settings, self.plant, self.token_of = settings, plant, token_of
        super().__init__()

    def load_config(self) -> None:
        """Take our options; gunicorn's own files and variables stay out of it."""
        options = {
            "bind": f"{self.settings.host}:{self.settings.gateway_port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": 5,
            "loglevel": self.settings.log_level.lower(),
            "proc_name": "plant-twin-gateway",
            "control_socket_disable": True,
        }
        for key, value in options.items():
            if key in self.cfg.settings:  # older versions have no control socket
                self.cfg.set(key, value)

    def load(self) -> Any:
        """The WSGI application, made after the fork because it has a thread."""
        store = open_store(self.settings)
        catalogue = _catalogue(store)
        door = Door(store, self.plant, catalogue, self.settings, list(self.token_of))
        origins = [o.strip() for o in self.settings.allowed_origins.split(",") if o.strip()]
        app = create_gateway(
            Resolver(self.plant, catalogue),
            self.token_of,
            door.accept,
            lambda: store.clock().plant_now(wall_us()),
            origins,
        )
        register_orders(app, self.token_of, origins, OrdersDoor(store, self.plant))
        register_operations(app, self.token_of, origins, store, self.plant, wall_us)
        return app


def _catalogue(store: Store) -> Catalogue:
    """What the feed has published. Raises StoreError if it does not in time."""
    until = wall_us() + int(CATALOGUE_WAIT_S * 1e6)
    while wall_us() < until:
        text = store.catalogue()
        if text is not None:
            return Catalogue.from_json(text)
        threading.Event().wait(0.2)
    raise StoreError("gateway: the store holds no catalogue; want `twin feed` to run")


def main() -> int:
    """Serve until stopped; settings from the environment; errors without a traceback."""
    die_with_parent()
    try:
        settings = Settings.from_env()
        logging.basicConfig(level=settings.log_level)
        plant = load_plant(settings.plant)
        token_of = tokens(plant, os.environ)
        if not settings.is_local:
            log.warning("the gateway listens on %s: put TLS in front of it", settings.host)
        GatewayServer(settings, plant, token_of).run()
    except TwinError as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
