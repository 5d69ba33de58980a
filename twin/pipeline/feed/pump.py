"""Runs one source that has a clock of its own: takes its batches when they are due.

The plant's clock is a line through (wall, plant) with the source's speed. It is drawn anew when
the source begins, when the twin is so far behind that the source had to wait, and when the source
ends: then it stands still, so that a finished replay does not look like a dead plant.
"""

import time
from collections.abc import Callable
from threading import Event as Stop
from typing import Any

from twin.pipeline.feed.ingest import Intake, congested
from twin.sources.base import Batch, Source
from twin.stores.base import Store
from twin.types import Clock

__all__ = ["Pump", "wall_us"]

BEHIND_US = 1_000_000
"""Wall time behind its clock from which a source's clock is drawn anew."""
CONGESTED_WAIT_S = 0.05
LOOK_US = 50_000
"""How often the worker's backlog is looked at while the source is running."""
STANDS = 1e-6
"""Speed of a clock that is moved on by hand, or stands: not 0, because ages are divided by it."""
SLEEP_S = 0.1
"""Longest wait without looking whether to stop."""
ROWS_MAX = 50_000
"""Samples gathered at most before they are stored."""


def wall_us() -> int:
    """Wall clock, µs UTC."""
    return time.time_ns() // 1000


class Pump:
    """speed: seconds of plant time in a second, 0: as fast as the twin follows.

    at_once_until_us: what is due before this plant time is not waited for.
    """

    def __init__(
        self,
        store: Store,
        source: Source,
        intake: Intake,
        speed: float,
        batch_us: int,
        simulated: bool,
        wall: Callable[[], int] = wall_us,
        *,
        at_once_until_us: int = 0,
    ) -> None:
        self._store, self._source, self._intake = store, source, intake
        self._speed, self._batch_us, self._simulated = speed, batch_us, simulated
        self._wall, self._at_once_until_us = wall, at_once_until_us
        self._clock = Clock(0, 0, speed, simulated)
        self._gathered_since: int | None = None
        self._n_gathered = 0
        self._looked_us = 0

    def report(self) -> dict[str, Any]:
        """What came in of late; may be called by another thread."""
        return self._intake.gauge.report(self._wall())

    def run(self, stop: Stop) -> bool:
        """Until the source is exhausted (True) or stop is set (False). All taken is stored."""
        last: Batch | None = None
        for batch in self._source.batches():
            if not self._wait_until_due(batch, stop) or not self._wait_for_worker(stop):
                break
            last = batch
            now = self._wall()
            self._intake.offer(batch, now, self._plant_us(batch, now))
            self._n_gathered += batch.n_rows
            self._gathered_since = self._gathered_since or now
            if now - self._gathered_since >= self._batch_us or self._n_gathered >= ROWS_MAX:
                self._flush(batch)
        else:
            self._finish(last)
            return True
        self._finish(last)
        return False

    def _plant_us(self, batch: Batch, now: int) -> int:
        """Plant time at which a batch comes. Before the clock is drawn, while what has long been is
        taken at once, that is when the batch is due: else all of it would seem to come late."""
        if batch.due_us is None:
            return self._clock.plant_now(now)
        is_drawn = self._clock.wall_us != 0
        return max(batch.due_us, self._clock.plant_now(now)) if is_drawn else batch.due_us

    def _wait_until_due(self, batch: Batch, stop: Stop) -> bool:
        """Sleep until the batch is due, storing meanwhile what is ready; False: told to stop."""
        if batch.due_us is None:
            return not stop.is_set()
        if batch.due_us <= self._at_once_until_us:
            return not stop.is_set()
        if self._clock.wall_us == 0:
            self._draw_clock(batch.due_us)  # speed 0: never waited for, moved on by each flush
        while not stop.is_set() and self._speed > 0:
            now = self._wall()
            ahead_us = (batch.due_us - self._clock.plant_us) / self._speed - (
                now - self._clock.wall_us
            )
            if ahead_us <= 0:
                if ahead_us < -BEHIND_US:
                    self._draw_clock(batch.due_us)
                break
            ready_us = self._next_flush_us(now)
            if ready_us <= 0:
                self._flush(None)
            else:
                stop.wait(min(ahead_us / 1e6, ready_us / 1e6, SLEEP_S))
        return not stop.is_set()

    def _wait_for_worker(self, stop: Stop) -> bool:
        """Hold the source back while the worker is too far behind; False: told to stop."""
        now = self._wall()
        if now - self._looked_us < LOOK_US:
            return not stop.is_set()
        while congested(self._store):
            if stop.wait(CONGESTED_WAIT_S):
                return False
            self._flush(None)
        self._looked_us = now
        return not stop.is_set()

    def _next_flush_us(self, now: int) -> int:
        """Wall time until something gathered or held should be stored."""
        times = [self._intake.deadline_us]
        if self._gathered_since is not None:
            times.append(self._gathered_since + self._batch_us)
        return min((t - now for t in times if t is not None), default=1_000_000)

    def _flush(self, batch: Batch | None) -> None:
        self._intake.flush(self._wall())
        self._gathered_since, self._n_gathered = None, 0
        if batch is None or batch.due_us is None:
            return
        if self._speed == 0 or batch.due_us <= self._at_once_until_us:
            self._store.set_clock(Clock(self._wall(), batch.due_us, STANDS, self._simulated))

    def _finish(self, last: Batch | None) -> None:
        """Store what is left, held samples too, and let the clock stand."""
        self._intake.flush(2**62)
        if last is not None and last.due_us is not None:
            self._store.set_clock(Clock(self._wall(), last.due_us, STANDS, self._simulated))

    def _draw_clock(self, plant_us: int) -> None:
        speed = self._speed or STANDS
        self._clock = Clock(self._wall(), plant_us, speed, self._simulated)
        self._store.set_clock(self._clock)
