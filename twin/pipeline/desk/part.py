"""The desk as a thread of the planner's process: five steps a second, seen to be alive."""

import os
import sys
import threading
import time

import orjson

from twin.config import Settings
from twin.errors import TwinError
from twin.pipeline.desk.desk import Desk
from twin.pipeline.site import prepare
from twin.stores.base import Store

__all__ = ["run_desk", "start_desk"]

STEP_S = 0.2
BEAT_S = 2.0


def start_desk(
    store: Store, settings: Settings, stop: threading.Event, changed: threading.Event
) -> threading.Thread:
    """Run the desk in a thread until stop is set; `changed`: the plant file was."""
    job = threading.Thread(target=run_desk, args=(store, settings, stop, changed), name="desk")
    job.daemon = True
    job.start()
    return job


def run_desk(
    store: Store,
    settings: Settings,
    stop: threading.Event,
    changed: threading.Event | None = None,
) -> None:
    """Fold until told to stop. A store that is away is waited for; the streams keep what came."""
    desk, next_beat, told = Desk(store, prepare(store, settings)), 0.0, ""
    while not stop.wait(STEP_S):
        try:
            if changed is not None and changed.is_set():
                changed.clear()
                desk.change_site(prepare(store, settings))
            n = desk.step()
            if n or time.monotonic() >= next_beat:
                next_beat = time.monotonic() + BEAT_S
                _beat(store, desk)
            told = ""
        except TwinError as error:
            if str(error) != told:
                print(f"desk: {error}", file=sys.stderr, flush=True)
            told = str(error)


def _beat(store: Store, desk: Desk) -> None:
    state = {"time": time.time_ns() // 1000, "pid": os.getpid(), "state": "running"}
    store.heartbeat("desk", orjson.dumps(state | {"folded": desk.n_folded}))
