"""What the feed looks after besides its sources: the plant file, and the gateway's process."""

import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from twin.config import Settings
from twin.pipeline.feed.pump import wall_us
from twin.plant import check_plant
from twin.stores.base import Store
from twin.types import Event

__all__ = ["GatewayProcess", "PlantWatch"]

log = logging.getLogger(__name__)
RESTART_S = 2.0
STOP_S = 10.0


class PlantWatch:
    """Says when the plant file is another one without faults."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()

    def changed(self, store: Store) -> bool:
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        found = check_plant(self._path)
        if not found:
            return True
        for fault in found:
            log.error("changed plant file not taken up: %s", fault)
        now = store.clock().plant_now(wall_us())
        store.add_events([Event(now, "plant_file", "", {"faults": found[:50]})])
        return False

    def _stamp(self) -> tuple[int, int] | None:
        with suppress(OSError):
            stat = self._path.stat()
            return stat.st_mtime_ns, stat.st_size
        return None


class GatewayProcess:
    """The gateway under gunicorn, started again when it dies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before_us = 0
        self.n_restarts = -1

    def keep_running(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        if wall_us() < self._not_before_us:
            return
        self._not_before_us = wall_us() + int(RESTART_S * 1e6)
        self.n_restarts += 1
        self._process = subprocess.Popen(
            [sys.executable, "-m", "twin.pipeline.gateway.gateway"],
            env=os.environ | self._settings.to_env(),
        )

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
