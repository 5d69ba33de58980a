"""`twin up`: every part as a process of its own, kept alive, stopped together.

A part that dies is started again after a pause that doubles with every death in a row; it is said
on the console and in the heartbeats. Parts end with us, however we end (Linux: parent-death
signal). The embedded server alone outlives a kill, and is adopted by the next `twin up`.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO

import orjson

from twin.config import Settings
from twin.errors import StoreError
from twin.pipeline.gauge import rss_bytes
from twin.pipeline.site import Site, prepare
from twin.stores.base import Store
from twin.stores.embedded import EmbeddedServer
from twin.stores.parent import die_with_parent
from twin.stores.redis import RedisStore

__all__ = ["Part", "only_one", "parts_of", "run_up", "supervise"]

TICK_S = 0.2
HEARTBEAT_S = 2.0
BACKOFF_S = (0.5, 30.0)
SOUND_S = 60.0
"""A part that has lived this long is sound again: its next death counts as the first."""
STOP_S = 8.0
MACHINES_A_WORKER = 2000


class Part:
    """One child process that is to run."""

    def __init__(self, name: str, command: list[str], env: dict[str, str]) -> None:
        self.name, self.command, self.env = name, command, env
        self.process: subprocess.Popen[bytes] | None = None
        self.n_deaths = self.n_restarts = 0
        self.state = "waiting"
        self._since = self._again = 0.0

    def tick(self) -> None:
        """Start it when it is due, and notice its end."""
        now = time.monotonic()
        if self.state == "running":
            self._look(now)
        elif self.state == "waiting" and now >= self._again:
            self._start(now)

    def terminate(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, until: float) -> None:
        """Wait for its end; past `until` (monotonic) it and its children are killed."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            _say(f"{self.name}: does not stop, killed")
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _start(self, now: float) -> None:
        self.process = subprocess.Popen(
            self.command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (only this thread forks)
        )
        self.n_restarts += self.n_deaths > 0
        self.state, self._since = "running", now

    def _look(self, now: float) -> None:
        assert self.process is not None
        status = self.process.poll()
        if status is None:
            return
        self.n_deaths = 1 if now - self._since > SOUND_S else self.n_deaths + 1
        pause = min(BACKOFF_S[0] * 2 ** (self.n_deaths - 1), BACKOFF_S[1])
        self.state, self._again = "waiting", now + pause
        how = f"killed by signal {-status}" if status < 0 else f"ended with status {status}"
        _say(f"{self.name}: {how}; starts again in {pause:g} s")


def run_up(settings: Settings) -> int:
    """Run everything until SIGINT or SIGTERM. Raises TwinError where it cannot start."""
    stop = threading.Event()
    with only_one(settings):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with _server(settings) as (server, url):
            _run(replace(settings, redis_url=url), server, stop)
    return 0


def _run(settings: Settings, server: EmbeddedServer | None, stop: threading.Event) -> None:
    store = RedisStore(settings.redis_url, settings.partitions)
    try:
        site = prepare(store, settings)
        _greet(settings, site)
        supervise(parts_of(settings, site), store, server, stop)
    finally:
        store.close()


def supervise(
    parts: list[Part], store: Store, server: EmbeddedServer | None, stop: threading.Event
) -> None:
    """Keep parts, and our server, alive until told to stop; then stop the parts."""
    next_beat = 0.0
    try:
        while not stop.is_set():
            if server is not None:
                _revive(server)
            for part in parts:
                part.tick()
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + HEARTBEAT_S
                _beat(store, parts)
            stop.wait(TICK_S)
    finally:
        until = time.monotonic() + STOP_S
        for part in parts:
            part.terminate()
        for part in parts:
            part.finish(until)


def parts_of(settings: Settings, site: Site) -> list[Part]:
    """The parts of a plant, each a `twin` command; settings name the store by URL."""
    n_workers = 1
    if len(site.plant.machines) > MACHINES_A_WORKER:
        n_workers = max(1, min(settings.partitions, (os.cpu_count() or 2) // 2))
    env = {**os.environ, **settings.to_env()}
    verbs = {"feed": ["feed"], "planner": ["planner"], "dashboard": ["dashboard"]}
    for n in range(n_workers):
        own = ",".join(str(p) for p in range(n, settings.partitions, n_workers))
        verbs[f"worker-{n}"] = ["worker", "--partitions", own]
    return [
        Part(name, [sys.executable, "-m", "twin.cli", *verb], env) for name, verb in verbs.items()
    ]


@contextmanager
def only_one(settings: Settings) -> Iterator[IO[str]]:
    """Hold the data directory; two supervisors on it would run every part twice."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "up.pid"
    with path.open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.seek(0)
            raise StoreError(
                f"{settings.data_dir}: `twin up` runs here already, process {held.read().strip()}; "
                "stop it first, or set another TWIN_DATA_DIR"
            ) from error
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
        yield held


@contextmanager
def _server(settings: Settings) -> Iterator[tuple[EmbeddedServer | None, str]]:
    """The store's URL, and our server if it is ours to run."""
    if settings.redis_url:
        yield None, settings.redis_url
        return
    server = EmbeddedServer(settings.data_dir)
    if not server.start():
        _say("store: adopted the one that was still running")
    try:
        yield server, server.url
    finally:
        server.shutdown()


def _revive(server: EmbeddedServer) -> None:
    """Start our server again if it has died; it reads its file and goes on."""
    if server.process is None or server.process.poll() is None:
        return
    _say(f"store: ended with status {server.process.returncode}; starting it again")
    server.start()


def _beat(store: Store, parts: list[Part]) -> None:
    shown = {
        part.name: {
            "state": part.state,
            "pid": part.process.pid if part.process else None,
            "restarts": part.n_restarts,
            "rss_bytes": rss_bytes(part.process.pid) if part.process else None,
        }
        for part in parts
    }
    state = {"time": time.time_ns() // 1000, "pid": os.getpid(), "state": "running"}
    try:
        store.heartbeat("up", orjson.dumps({**state, "parts": shown}))
    except StoreError as error:
        _say(f"up: {error}")


def _greet(settings: Settings, site: Site) -> None:
    plant = site.plant
    _say(f"{len(plant.machines)} machines of {len(plant.classes)} classes: {settings.plant}")
    _say(f"screens: http://{settings.address(settings.port)}/  (Ctrl-C stops everything)")
    if not settings.is_local:
        _say(f"TWIN_HOST={settings.host}: others on the network can reach it, there is no sign-in")


def _say(line: str) -> None:
    print(f"twin: {line}", file=sys.stderr, flush=True)
