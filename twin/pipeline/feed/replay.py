"""`twin replay`: a file of readings through store, worker and screens, with a progress bar.

Where `twin up` runs on this store already, or TWIN_REDIS_URL names one, the readings are sent
there; else every part but the feed is started for as long as the replay takes.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.errors import StoreError
from twin.pipeline.feed.feed import resume
from twin.pipeline.feed.ingest import Intake
from twin.pipeline.feed.pump import Pump
from twin.pipeline.site import prepare
from twin.pipeline.supervisor import only_one, parts_of, supervise
from twin.plant import Plant, ReplaySource
from twin.sources.base import Source
from twin.sources.replay import replay_file
from twin.stores.base import Store
from twin.stores.embedded import EmbeddedServer, open_store
from twin.stores.redis import RedisStore

__all__ = ["drain", "run_replay", "served", "stay", "stream"]

DRAIN_S = 120.0
POLL_S = 0.05


def run_replay(settings: Settings, file: Path, speed: float | None, stop: threading.Event) -> None:
    """Replay one file for the plant of `settings`, from where it was left; then wait until the
    twin has applied it. speed None: the plant file's.

    The mapping is that of the plant file's replay source: the one that names this file, or the
    only one, or columns named as in the plant file.
    """
    with served(settings) as store:
        site = prepare(store, settings)
        mapping = replay_mapping(site.plant, file)
        if speed is not None:
            mapping = mapping.model_copy(update={"speed": speed})
        source = replay_file(
            f"replay.{file.name}", mapping, site.plant, site.catalogue, progress=True
        )
        stream(store, site.plant, site.catalogue, source, mapping.speed, settings, stop)
        drain(store, stop)
        stay(stop)


def replay_mapping(plant: Plant, file: Path) -> ReplaySource:
    """How the file's columns are to be read."""
    known = [s for s in plant.sources.values() if isinstance(s, ReplaySource)]
    named = [s for s in known if Path(s.path).name == file.name]
    if named or len(known) == 1:
        return (named or known)[0].model_copy(update={"path": str(file.resolve())})
    return ReplaySource(type="replay", path=str(file.resolve()))


def stream(
    store: Store,
    plant: Plant,
    catalogue: Catalogue,
    source: Source,
    speed: float,
    settings: Settings,
    stop: threading.Event,
) -> bool:
    """Send a replay from where it was left until its end (True) or until told to stop (False)."""
    resume(store, source)
    intake = Intake(store, source.source_id, plant, catalogue, check_clock=False)
    batch_us = round(settings.batch_ms * 1000)
    return Pump(store, source, intake, speed, batch_us, plant.plant.simulated).run(stop)


def drain(store: Store, stop: threading.Event) -> None:
    """Wait until all that was sent is applied. Raises StoreError if that does not come to pass."""
    until = time.monotonic() + DRAIN_S
    while any(store.lag(p).entries for p in range(store.partitions)):
        if stop.wait(POLL_S):
            return
        if time.monotonic() > until:
            raise StoreError(
                f"replay: sent, but not applied within {DRAIN_S:.0f} s; does a worker run?"
            )


def stay(stop: threading.Event) -> None:
    """Keep the screens up for somebody at a terminal until Ctrl-C; for a script, do not."""
    if stop.is_set():
        return
    if not sys.stdout.isatty():
        print("replayed; not at a terminal, so this ends here", file=sys.stderr)
        return
    print("replayed; the screens stay up until Ctrl-C", file=sys.stderr)
    stop.wait()


@contextmanager
def served(settings: Settings) -> Iterator[Store]:
    """The store of `settings`, with a worker, planner and dashboard behind it."""
    with ExitStack() as held:
        if settings.redis_url or not _takes(settings, held):
            yield held.enter_context(closing(open_store(settings)))
        else:
            yield held.enter_context(_own_parts(settings))


def _takes(settings: Settings, held: ExitStack) -> bool:
    """Hold the data directory, unless a `twin up` does: then that keeps the parts. A server that
    outlived its `twin up` says nothing; it is adopted."""
    try:
        held.enter_context(only_one(settings))
    except StoreError:
        return False
    return True


@contextmanager
def _own_parts(settings: Settings) -> Iterator[Store]:
    server = EmbeddedServer(settings.data_dir)
    server.start()
    store = RedisStore(server.url, settings.partitions)
    stop = threading.Event()
    try:
        site = prepare(store, settings)
        parts = [
            p for p in parts_of(replace(settings, redis_url=server.url), site) if p.name != "feed"
        ]
        keeper = _in_thread(lambda: supervise(parts, store, server, stop))
        print(f"screens: http://{settings.host}:{settings.port}/", file=sys.stderr)
        try:
            yield store
        finally:
            stop.set()
            keeper.join()
    finally:
        store.close()
        server.shutdown()


def _in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="supervise", daemon=True)
    thread.start()
    return thread
