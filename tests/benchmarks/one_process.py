"""One web process of the dashboard that notes when each of its ticks began.

one_process.py STORE_URL PLANT PORT LOG: lines "seq, µs at its begin, µs at its end" in LOG.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.data import reader
from dashboard.serve import DashboardServer
from twin.config import Settings

__all__ = ["OneProcess"]


class OneProcess(DashboardServer):
    """The dashboard under a single worker."""

    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("workers", 1)


def main(url: str, plant: str, port: int, log: Path) -> None:
    file = log.open("w", buffering=1)
    tick = reader.Reader.tick

    def noted(self: Any) -> None:
        began = time.time_ns() // 1000
        tick(self)
        file.write(f"{self.latest.seq},{began},{time.time_ns() // 1000}\n")

    reader.Reader.tick = noted  # type: ignore[method-assign]
    settings = Settings.from_env()
    threads = max(settings.threads, 256)
    OneProcess(
        replace(settings, redis_url=url, plant=Path(plant), port=port, threads=threads)
    ).run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
