"""The feed: one process that runs every source of the plant file.

A simulator, with the people who order and work in its plant, or a replay runs in this process and
keeps the plant's clock; the HTTP gateway is a process of its own under this one. A changed plant
file is taken up while running: sources pause, the catalogue follows, sources go on from their
positions. A plant file with faults changes nothing.
"""

import os
import threading
from contextlib import closing
from pathlib import Path
from threading import Event as Stop

import orjson

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.pipeline.feed.ingest import Intake
from twin.pipeline.feed.parts import GatewayProcess, PlantWatch
from twin.pipeline.feed.pump import Pump, wall_us
from twin.pipeline.feed.shopfloor import working_plant
from twin.pipeline.gauge import rss_bytes
from twin.pipeline.site import Site, prepare
from twin.plant import (
    GatewaySource,
    Plant,
    ReplaySource,
    SimulatorSource,
)
from twin.sources.base import Source
from twin.sources.replay import replay_file
from twin.sources.simulator import Simulator
from twin.stores.base import Store
from twin.stores.embedded import open_store
from twin.types import Clock

__all__ = ["resume", "run_feed", "start_source"]

WATCH_S = 2.0
MINUTE_US = 60_000_000


def run_feed(settings: Settings, stop: Stop) -> None:
    """Run all sources until stop is set. Raises TwinError where the plant file or store is bad."""
    with closing(open_store(settings)) as store:
        watch = PlantWatch(settings.plant)
        while not stop.is_set():
            site = prepare(store, settings)
            _run_until_changed(settings, store, site, watch, stop)


def start_source(
    source_id: str, plant: Plant, catalogue: Catalogue, base: Path, *, progress: bool = False
) -> tuple[Source, float] | None:
    """A source of the plant file that keeps the clock, and its speed; None for a gateway.

    base: the folder that relative paths of the plant file start from.
    """
    wanted = plant.sources[source_id]
    if isinstance(wanted, SimulatorSource):
        start_us = (wall_us() - int(wanted.warmup_h * 3600e6)) // MINUTE_US * MINUTE_US
        simulator = Simulator(
            plant,
            catalogue,
            wanted.seed,
            start_us,
            life_spread=wanted.life_spread,
            source_id=source_id,
        )
        return simulator, wanted.speed
    if isinstance(wanted, ReplaySource):
        return replay_file(
            source_id, wanted, plant, catalogue, base, progress=progress
        ), wanted.speed
    return None


def resume(store: Store, source: Source) -> None:
    """Set a source to the position that the store holds for it, if any."""
    position = store.position(source.source_id)
    if position is not None:
        source.resume(position, store.position(f"{source.source_id}.state"))


def _run_until_changed(
    settings: Settings,
    store: Store,
    site: Site,
    watch: PlantWatch,
    stop: Stop,
) -> None:
    """All sources of this plant file, until it changes or stop is set."""
    pause, plant = Stop(), site.plant
    keeper = _clock_keeper(settings, store, plant, site.catalogue)
    if keeper is None:
        store.set_clock(Clock(0, 0, 1.0, plant.plant.simulated))
    failure: list[BaseException] = []
    threads = [_start(keeper[1], failure, pause)] if keeper else []
    gateway = GatewayProcess(settings) if _has_gateway(plant) else None
    try:
        while not stop.is_set() and not failure and not watch.changed(store):
            if gateway is not None:
                gateway.keep_running()
            _heartbeat(store, keeper, gateway)
            stop.wait(WATCH_S)
    finally:
        pause.set()
        for thread in threads:
            thread.join()
        if gateway is not None:
            gateway.stop()
    if failure:
        raise failure[0]


def _clock_keeper(
    settings: Settings, store: Store, plant: Plant, catalogue: Catalogue
) -> tuple[Source, Pump] | None:
    """The one simulator or replay of the plant, resumed, with its pump."""
    for source_id in plant.sources:
        started = start_source(source_id, plant, catalogue, settings.plant.parent)
        if started is None:
            continue
        source, speed = started
        until_us = _warm_until_us(source)
        if isinstance(source, Simulator):
            source = working_plant(store, source, plant, _seed(plant, source_id), until_us)
        resume(store, source)
        replays = isinstance(plant.sources[source_id], ReplaySource)
        intake = Intake(
            store,
            source_id,
            plant,
            catalogue,
            reorder_us=0 if replays else round(settings.reorder_s * 1e6),
            check_clock=not replays,
        )
        pump = Pump(
            store,
            source,
            intake,
            speed,
            round(settings.batch_ms * 1000),
            plant.plant.simulated,
            at_once_until_us=until_us,
        )
        return source, pump
    return None


def _warm_until_us(source: Source) -> int:
    """Plant time until which a simulation is not waited for: its warm-up, or what it missed."""
    return wall_us() if isinstance(source, Simulator) else 0


def _seed(plant: Plant, source_id: str) -> int:
    wanted = plant.sources[source_id]
    return wanted.seed if isinstance(wanted, SimulatorSource) else 0


def _start(pump: Pump, failure: list[BaseException], pause: Stop) -> threading.Thread:
    """Run a pump in a thread; what it raises is left for the feed to raise."""

    def guarded() -> None:
        try:
            pump.run(pause)
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=guarded, name="pump", daemon=True)
    thread.start()
    return thread


def _has_gateway(plant: Plant) -> bool:
    return any(isinstance(s, GatewaySource) for s in plant.sources.values())


def _heartbeat(
    store: Store, keeper: tuple[Source, Pump] | None, gateway: GatewayProcess | None
) -> None:
    sources = {}
    if keeper is not None:
        source, pump = keeper
        sources[source.source_id] = {**source.describe(), "ingest": pump.report()}
    state = {
        "time": wall_us(),
        "pid": os.getpid(),
        "state": "running",
        "rss_bytes": rss_bytes(),
        "sources": sources,
        "gateway": None if gateway is None else {"restarts": gateway.n_restarts},
    }
    store.heartbeat("feed", orjson.dumps(state))
