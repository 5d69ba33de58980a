"""One class of the simulated plant as a queue: blocks of physics in, samples out as they arrive.

Here samples become late and come twice; and here is all that a resumed simulation needs.
"""

import io
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.rows import RESET, row_dtype
from twin.plant import Plant
from twin.sources.physics.commands import Command
from twin.sources.physics.fleet import Block, Fleet, Stop
from twin.sources.physics.spec import class_spec
from twin.sources.physics.weather import Weather
from twin.types import Event

__all__ = ["ClassFeed"]

Rows = NDArray[np.void]
BLOCK_S = 3600.0
BLOCK_MAX_S = 4 * 3600.0
"""Long sample periods get longer blocks, so that a block has samples to be fast with."""
BLOCK_SAMPLES = 24
BLOCK_CELLS = 400_000
"""Samples of all machines in a block at most: the memory that it takes."""
DRIVEN_S = 60.0
"""A block's length once somebody drives the machines: nobody waits longer to be obeyed."""
SAVE_US = 3_600_000_000
"""Time between two states that are kept of short blocks."""
P_LATE = 1e-3
LATE_PERIODS = (1.2, 4.0)
P_TWICE = 4e-4


class ClassFeed:
    """Samples of one class in the order in which they arrive; `saved` is the state before the
    block under way."""

    def __init__(
        self,
        plant: Plant,
        catalogue: Catalogue,
        class_id: str,
        weather: Weather,
        seed: int,
        start_us: int,
        period_s: float | None,
        life_spread: float,
    ) -> None:
        machine_class = plant.classes[class_id]
        places = catalogue.places()
        self.class_id = class_id
        self.ids = [m.id for m in plant.machines_of(class_id)]
        self.slots = np.array([places[i].slot for i in self.ids], dtype=np.uint32)
        self.spec = class_spec(class_id, machine_class)
        period = machine_class.period_s if period_s is None else period_s
        self.period_us = round(period * 1e6)
        self.dtype = row_dtype(len(machine_class.lane_ids))
        spread = [seed, crc32(class_id.encode())]
        self.fleet = Fleet(
            self.spec, len(self.ids), period, plant.zone, weather, spread, life_spread
        )
        self.post = np.random.default_rng([*spread, 1])
        self.n_times = _block_length(period, len(self.ids))
        self.n_driven = min(self.n_times, max(1, round(DRIVEN_S / period)))
        self._commands: list[Command] = []
        self._places = {i: n for n, i in enumerate(self.ids)}
        self.start_us = self.block_us = self.next_us = start_us
        self.next_us += self.period_us
        self.failures: list[tuple[int, str, str]] = []
        births = self.births(start_us)
        self._queue, self._arrival = births, np.full(len(births), start_us)
        self._events: list[Event] = []
        self.saved, self.saved_us, self._is_new = b"", 0, False

    def tell(self, commands: Iterable[Command]) -> None:
        """Commands for this class's machines and for all; each is obeyed once a block begins at or
        after its time."""
        self._commands += [c for c in commands if not c.machine or c.machine in self._places]

    def births(self, start_us: int) -> Rows:
        """Resets (N,) before the start: the machines' last overhauls, as long ago as they ran."""
        rows = np.zeros(len(self.ids), dtype=self.dtype)
        rows["slot"] = self.slots | RESET
        rows["time"] = start_us - (self.fleet.age_s * 1e6).astype(np.int64)
        rows["value"] = np.nan
        return rows[np.argsort(rows["time"], kind="stable")]

    def next_block(self) -> tuple[Rows, list[Event]]:
        """The next block's rows in order of time, and what happens in it."""
        n_times = self.n_driven if self.fleet.driven else self.n_times
        block = self.fleet.block(self.block_us, n_times)
        self.block_us += n_times * self.period_us
        rows = np.concatenate([self._samples(block), self._resets(block.resets)])
        events = [e for stop in block.stops for e in self._events_of(stop)]
        self.failures += [
            (s.time, self.ids[s.machine], self.spec.mode_ids[s.mode])
            for s in block.stops
            if s.mode >= 0
        ]
        return rows[np.argsort(rows["time"], kind="stable")], events

    def take(self) -> tuple[Rows, list[Event]]:
        """Rows that have arrived by next_us, and events; next_us moves on by a period."""
        while self.block_us < self.next_us:
            self._refill()
        n = int(np.searchsorted(self._arrival, self.next_us, side="right"))
        rows, self._queue, self._arrival = self._queue[:n], self._queue[n:], self._arrival[n:]
        happened = [e for e in self._events if e.time <= self.next_us]
        self._events = [e for e in self._events if e.time > self.next_us]
        self.next_us += self.period_us
        return rows, happened

    def keep(self) -> None:
        """Save the state before the block that comes next."""
        self.saved, self.saved_us, self._is_new = self._save(), self.block_us, True

    def took_state(self) -> bool:
        """Whether `saved` is new since the last call."""
        new, self._is_new = self._is_new, False
        return new

    def _refill(self) -> None:
        self._obey()
        if not self.fleet.driven or not self.saved or self.block_us - self.saved_us >= SAVE_US:
            self.keep()
        rows, events = self.next_block()
        arrival = -(-(rows["time"] - self.start_us) // self.period_us) * self.period_us
        arrival += self.start_us
        twice = self.post.random(len(rows)) < P_TWICE
        late = self.post.random(len(rows)) < P_LATE
        delay = self.post.uniform(*LATE_PERIODS, len(rows)) * self.period_us
        arrival = np.where(late & (rows["slot"] < RESET), arrival + delay.astype(np.int64), arrival)
        rows = np.concatenate([self._queue, rows, rows[twice]])
        arrival = np.concatenate([self._arrival, arrival, arrival[twice] + self.period_us // 2])
        order = np.argsort(arrival, kind="stable")
        self._queue, self._arrival = rows[order], arrival[order]
        self._events += events

    def _obey(self) -> None:
        """Do what was asked until the block that begins now."""
        due = [c for c in self._commands if c.time <= self.block_us]
        self._commands = [c for c in self._commands if c.time > self.block_us]
        for command in due:
            if command.kind == "drive":
                self.fleet.driven = True
                continue
            if command.kind in {"mend", "service"}:  # what was to end the stop under way
                self._events = [
                    e
                    for e in self._events
                    if e.machine_id != command.machine or e.time <= self.block_us
                ]
            stop = self.fleet.obey(self._places[command.machine], command, self.block_us)
            if stop is not None:
                self._events += self._events_of(stop, service=command.note)

    def _samples(self, block: Block) -> Rows:
        rows = np.empty(int(block.present.sum()), dtype=self.dtype)
        rows["slot"] = np.broadcast_to(self.slots, block.present.shape)[block.present]
        rows["quality"] = block.quality[block.present]
        rows["time"] = block.times[block.present]
        per_unit = self.spec.per_unit
        rows["value"] = np.rint(block.values[block.present] * per_unit) / per_unit
        return rows

    def _resets(self, stops: list[Stop]) -> Rows:
        rows = np.zeros(len(stops), dtype=self.dtype)
        rows["slot"] = self.slots[[s.machine for s in stops]] | RESET
        rows["time"] = [s.back for s in stops]
        rows["value"] = np.nan
        return rows

    def _events_of(self, stop: Stop, **more: str) -> list[Event]:
        machine_id = self.ids[stop.machine]
        mode = self.spec.mode_ids[stop.mode] if stop.mode >= 0 else None
        repair = Event(
            stop.back, "repair", machine_id, {"mode": mode, "planned": mode is None} | more
        )
        if mode is None:
            return [repair]
        return [Event(stop.time, "failure", machine_id, {"mode": mode}), repair]

    # --- resuming -------------------------------------------------------------------------------
    def _save(self) -> bytes:
        """State before the next block, with what is still under way."""
        generators = [_rng_words(self.fleet.rng), _rng_words(self.post)]
        file = io.BytesIO()
        np.savez(
            file,
            class_id=np.array(self.class_id),
            ids=np.array(self.ids),
            block_us=np.array([self.start_us, self.block_us]),
            rng=np.array(generators),
            queue=np.frombuffer(self._queue.tobytes(), np.uint8),
            row_bytes=np.array(self.dtype.itemsize),
            arrival=self._arrival,
            events=np.frombuffer(orjson.dumps([list(e) for e in self._events]), np.uint8),
            **{f"fleet.{k}": v for k, v in self.fleet.snapshot().items()},  # type: ignore[arg-type]
        )
        return file.getvalue()

    def restore(self, saved: dict[str, NDArray[Any]] | None, now_us: int) -> None:
        """Take over what `_save` kept and drop what had arrived by now_us.

        Machines and whole classes that were not there then begin at now_us.
        """
        self.start_us = self.block_us = now_us
        self.saved = b""
        new = np.ones(len(self.ids), dtype=bool)
        self._queue, self._arrival = self._queue[:0], self._arrival[:0]
        if saved is not None and self._restore_fleet(saved, new):
            self.start_us, self.block_us = (int(v) for v in saved["block_us"])
            self._restore_queue(saved)
        self.next_us = now_us + self.period_us - (now_us - self.start_us) % self.period_us
        while self.block_us < now_us:
            self._refill()
        n = int(np.searchsorted(self._arrival, now_us, side="right"))
        births = self.births(now_us)
        births = births[np.isin(births["slot"] & ~RESET, self.slots[new])]
        self._queue = np.concatenate([births, self._queue[n:]])
        self._arrival = np.concatenate([np.full(len(births), now_us), self._arrival[n:]])
        self._events = [e for e in self._events if e.time > now_us]

    def _restore_fleet(self, saved: dict[str, NDArray[Any]], new: NDArray[np.bool_]) -> bool:
        """Machines that are in both; clears their marks in new (N,)."""
        there = {str(i): n for n, i in enumerate(saved["ids"])}
        here = [n for n, i in enumerate(self.ids) if i in there]
        fleet = {k.removeprefix("fleet."): v for k, v in saved.items() if k.startswith("fleet.")}
        if not self.fleet.restore(fleet, here, [there[self.ids[n]] for n in here]):
            return False
        for generator, words in zip((self.fleet.rng, self.post), saved["rng"], strict=True):
            _set_rng_words(generator, words)
        new[here] = False
        return True

    def _restore_queue(self, saved: dict[str, NDArray[Any]]) -> None:
        if int(saved["row_bytes"]) != self.dtype.itemsize:
            return
        self._queue = saved["queue"].view(self.dtype)
        self._arrival = saved["arrival"]
        if saved["events"].dtype == np.uint8:
            self._events = [Event(*e) for e in orjson.loads(saved["events"].tobytes())]
        else:  # as the first release kept them
            self._events = [
                Event(int(time), str(kind), str(machine_id), {"mode": str(mode) or None})
                for time, kind, machine_id, mode in saved["events"]
            ]


def _block_length(period_s: float, n: int) -> int:
    """Samples a block: an hour, more where samples are rare, fewer where machines are many."""
    wanted = max(BLOCK_S / period_s, min(BLOCK_SAMPLES, BLOCK_MAX_S / period_s))
    return max(1, min(round(wanted), BLOCK_CELLS // n))


def _rng_words(generator: np.random.Generator) -> list[str]:
    state = generator.bit_generator.state
    inner = state["state"]
    return [str(v) for v in (inner["state"], inner["inc"], state["has_uint32"], state["uinteger"])]


def _set_rng_words(generator: np.random.Generator, words: NDArray[Any]) -> None:
    state, inc, has, integer = (int(w) for w in words)
    kind = generator.bit_generator.state["bit_generator"]
    generator.bit_generator.state = {
        "bit_generator": kind,
        "state": {"state": state, "inc": inc},
        "has_uint32": has,
        "uinteger": integer,
    }
