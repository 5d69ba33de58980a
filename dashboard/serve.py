"""Run the dashboard under gunicorn: python -m dashboard.serve."""

import logging
import os
import sys
from dataclasses import replace
from typing import Any

from gunicorn.app.base import BaseApplication

from dashboard.app import create_app
from twin.config import Settings
from twin.errors import TwinError
from twin.pipeline.people import list_users
from twin.plant import load_plant
from twin.stores.embedded import open_store

__all__ = ["DashboardServer", "main", "options", "run_dashboard"]

N_WORKERS_MAX = 2


class DashboardServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with our options; every worker makes its own application after its fork."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Take our options; gunicorn's own files and variables stay out of it."""
        for key, value in options(self.settings).items():
            if key in self.cfg.settings:  # older versions have no control socket
                self.cfg.set(key, value)

    def load(self) -> Any:
        """The WSGI application of one worker."""
        return create_app(open_store(self.settings), self.settings).server


def options(settings: Settings) -> dict[str, Any]:
    """One thread a live screen, so threads and not an event loop; no preload, because the reader
    is a thread and threads do not survive a fork."""
    return {
        "bind": settings.address(settings.port),
        "worker_class": "gthread",
        "workers": min(N_WORKERS_MAX, os.cpu_count() or 1),
        "threads": settings.threads,
        "preload_app": False,
        "timeout": 60,
        "graceful_timeout": 3,
        "keepalive": 20,
        "loglevel": settings.log_level.lower(),
        "proc_name": "plant-twin-dashboard",
        "control_socket_disable": True,
    }


def run_dashboard(settings: Settings) -> None:
    """Serve until stopped. Raises SchemaError for a faulty plant file before anything starts."""
    load_plant(settings.plant)
    store = open_store(settings)  # an embedded server is this process's, not a worker's
    if not settings.is_local and not list_users(store):
        logging.getLogger(__name__).warning(
            "the dashboard listens on %s and has no users: it shows nothing until "
            "`twin user add NAME --role admin`",
            settings.host,
        )
    url = settings.redis_url or store.url
    try:
        DashboardServer(replace(settings, redis_url=url)).run()
    finally:
        store.close()


def main() -> int:
    """Settings from the environment; errors without a traceback."""
    try:
        settings = Settings.from_env()
        logging.basicConfig(level=settings.log_level)
        run_dashboard(settings)
    except TwinError as error:
        print(f"dashboard: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
