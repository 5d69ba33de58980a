"""The simulated plant as a source of readings: late, twice, broken and all.

Deterministic: the same plant, seed, start and commands give the same bytes, whether read step by
step or as a history, interrupted or not. The position holds the commands that the newest state does
not know of.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.errors import DataError
from twin.plant import Plant
from twin.sources.base import Batch
from twin.sources.class_feed import ClassFeed
from twin.sources.physics.commands import Command, as_json, from_json
from twin.sources.physics.weather import Weather
from twin.types import Event

__all__ = ["DAY_US", "Simulator", "Truth"]

Rows = NDArray[np.void]
DAY_US = 86_400_000_000


class Truth(NamedTuple):
    """What no machine sends: wear (N, M) by class, and every failure so far."""

    wear: dict[str, NDArray[np.float64]]
    failures: list[tuple[int, str, str]]
    """Time µs, machine id, mode id."""


class Simulator:
    """All machines of a plant, from start_us (µs UTC) on.

    period_s takes the place of the classes' sample period, for a coarser history.
    """

    def __init__(
        self,
        plant: Plant,
        catalogue: Catalogue,
        seed: int = 1,
        start_us: int = 0,
        *,
        period_s: float | None = None,
        life_spread: float = 0.95,
        source_id: str = "simulator",
    ) -> None:
        self.source_id = source_id
        self.start_us = self.now_us = start_us
        self._weather = Weather(seed, start_us)
        self._journal: list[Command] = []
        self._classes = [
            ClassFeed(plant, catalogue, c, self._weather, seed, start_us, period_s, life_spread)
            for c in sorted(plant.classes)
            if plant.machines_of(c)
        ]

    def tell(self, commands: Iterable[Command]) -> None:
        """Have commands obeyed; times not before now_us."""
        told = list(commands)
        assert all(c.time >= self.now_us for c in told)
        self._journal += told
        for feed in self._classes:
            feed.tell(told)

    def told(self) -> list[list[Any]]:
        """The commands that the newest state does not know of, as a position has them."""
        return as_json(self._journal)

    def step(self) -> Batch:
        """What arrives until the next sample time: rows, failures and repairs, and the position.

        The state comes along whenever a block was begun.
        """
        self.now_us = min(feed.next_us for feed in self._classes)
        rows: dict[str, Rows] = {}
        events: list[Event] = []
        for feed in self._classes:
            if feed.next_us == self.now_us:
                arrived, happened = feed.take()
                events += happened
                if len(arrived):
                    rows[feed.class_id] = arrived
        refreshed = [feed.took_state() for feed in self._classes]
        state = self._state() if any(refreshed) else None
        known_us = min(feed.saved_us for feed in self._classes)
        self._journal = [c for c in self._journal if c.time > known_us]
        position = self.now_us.to_bytes(8, "little", signed=True)
        if self._journal:
            position += orjson.dumps(self.told())
        return Batch(rows, sorted(events, key=lambda e: e.time), (), position, state, self.now_us)

    def batches(self) -> Iterator[Batch]:
        while True:
            yield self.step()

    def history_blocks(self, days: float) -> Iterator[tuple[str, Rows, list[Event]]]:
        """Days of history, a class's block at a time: class id, rows in order of time, events.

        Nothing late and nothing twice: what an archive would hold. Use either this or `step`.
        """
        end_us = self.start_us + int(days * DAY_US)
        for feed in self._classes:
            yield feed.class_id, feed.births(self.start_us), []
        while any(feed.block_us < end_us for feed in self._classes):
            feed = min(self._classes, key=lambda f: f.block_us)
            yield (feed.class_id, *feed.next_block())

    def history(self, days: float) -> tuple[dict[str, Rows], list[Event]]:
        """All of history_blocks at once: rows by class in order of time, events likewise."""
        parts: dict[str, list[Rows]] = {feed.class_id: [] for feed in self._classes}
        events: list[Event] = []
        for class_id, rows, happened in self.history_blocks(days):
            parts[class_id].append(rows)
            events += happened
        events = sorted((e for e in events if e.time <= self.generated_us), key=lambda e: e.time)
        return {c: np.concatenate(p) for c, p in parts.items()}, events

    @property
    def generated_us(self) -> int:
        """Plant time up to which all classes have been generated."""
        return min(feed.block_us for feed in self._classes)

    def truth(self) -> Truth:
        """For tests only: wear as of the last block generated, and the failures until then."""
        wear = {feed.class_id: feed.fleet.state.wear.copy() for feed in self._classes}
        failures = sorted(f for feed in self._classes for f in feed.failures)
        return Truth(wear, failures)

    # --- resuming -------------------------------------------------------------------------------
    def _state(self) -> bytes:
        """State before the block under way of every class: its length, then a file of arrays."""
        for feed in self._classes:
            if not feed.saved:  # a class that samples seldom has begun no block yet
                feed.keep()
        return b"".join(
            len(feed.saved).to_bytes(4, "little") + feed.saved for feed in self._classes
        )

    def resume(self, position: bytes, state: bytes | None) -> None:
        """Go on after position, exactly. Machines that are new since then begin now."""
        try:
            self.now_us = int.from_bytes(position[:8], "little", signed=True)
            self._journal = from_json(orjson.loads(position[8:] or b"[]"))
            saved: dict[str, dict[str, Any]] = {}
            rest = state or b""
            while rest:
                size = int.from_bytes(rest[:4], "little")
                arrays = dict(np.load(io.BytesIO(rest[4 : 4 + size])))
                saved[str(arrays["class_id"])] = arrays
                rest = rest[4 + size :]
        except (ValueError, TypeError, OSError, KeyError, EOFError) as error:
            raise DataError(f"{self.source_id}: state is not a simulator's: {error}") from error
        began = [int(arrays["block_us"][0]) for arrays in saved.values()]
        self.start_us = min(began, default=self.now_us)
        self._weather.restart(self.start_us)
        for feed in self._classes:
            held = saved.get(feed.class_id)
            known_us = self.now_us if held is None else int(held["block_us"][1])
            feed.tell(c for c in self._journal if c.time > known_us)
            feed.restore(held, self.now_us)

    def describe(self) -> Mapping[str, Any]:
        return {"type": "simulator", "from": self.start_us, "to": self.now_us}
