"""All machines of one class, advanced a block of samples at a time."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.sources.physics import sensing, wear
from twin.sources.physics.commands import Command
from twin.sources.physics.demand import DemandState, demand, new_demand, plant_activity
from twin.sources.physics.sensing import SensorState
from twin.sources.physics.spec import ClassSpec
from twin.sources.physics.weather import Weather

__all__ = ["Block", "Fleet", "FleetState", "Stop"]

Floats = NDArray[np.float64]
SERVICES_PER_DAY = 1 / 75
OUTAGES_PER_DAY = 1 / 6
OUTAGE_MIN = (2.0, 25.0)
"""Now and then a machine's network is down: all of its samples are lost."""
P_LOST = 3e-4
UP = np.iinfo(np.int64).max
LATER = frozenset({"demand.asked_load", "demand.asked_speed", "driven"})
"""What states of the first release do not have."""


class Stop(NamedTuple):
    """Machine number, moment and mode of a stop, and when it runs again; mode -1: planned."""

    machine: int
    time: int
    mode: int
    back: int


class FleetState(NamedTuple):
    """Everything that one block hands to the next; arrays over machines (N, …)."""

    wear: Floats
    frail: Floats
    demand: DemandState
    sensors: SensorState
    down_from: NDArray[np.int64]
    """Moment of the present stop, UP if there is none."""
    down_until: NDArray[np.int64]
    cut_from: NDArray[np.int64]
    cut_until: NDArray[np.int64]


class Block(NamedTuple):
    """T sample times of N machines; L lanes."""

    times: NDArray[np.int64]
    """(T, N) µs UTC."""
    values: NDArray[np.float32]
    """(T, N, L) sensors, then inputs."""
    quality: NDArray[np.uint32]
    present: NDArray[np.bool_]
    """(T, N) False: the machine stands still with its control off, or the sample is lost."""
    resets: list[Stop]
    """Stops that end within this block: the machine starts anew at `back`."""
    stops: list[Stop]
    """Stops that begin within this block."""


class Fleet:
    """Machines of one class; the truth (wear) is in `state`, never in what it sends."""

    def __init__(
        self,
        spec: ClassSpec,
        n: int,
        period_s: float,
        zone: ZoneInfo,
        weather: Weather,
        seed: list[int],
        life_spread: float,
    ) -> None:
        self.spec, self.n, self.period_s = spec, n, period_s
        self._zone, self._weather = zone, weather
        self.rng = np.random.default_rng(seed)
        self.phase = (self.rng.random(n) * 0.2 * period_s * 1e3).astype(np.int64) * 1000
        frail = wear.frailty(self.rng, n, len(spec.rate))
        # Evenly spread through life, in no order: some are near their end from the first day.
        life = self.rng.permutation(np.linspace(0.0, life_spread, n)) if n > 1 else np.zeros(n)
        worn, self.age_s = wear.initial(spec, frail, life)
        never = np.full(n, UP)
        self.state = FleetState(
            worn,
            frail,
            new_demand(self.rng, n),
            sensing.new_sensors(self.rng, spec, n),
            *(never, never.copy(), never.copy(), never.copy()),
        )
        self._kind: dict[int, int] = {}
        self.driven = False
        """Serviced when asked, never by chance."""

    def obey(self, i: int, command: Command, start_us: int) -> Stop | None:
        """Do what is asked of machine i before a block from start_us on; its stop, if any."""
        s = self.state
        if command.kind == "ask":
            s.demand.asked_load[i], s.demand.asked_speed[i] = command.load, command.speed
        elif command.kind == "service":
            # Half a millisecond: never the time of a sample, which are whole ones.
            back = max(command.until, start_us + 1000) // 1000 * 1000 + 500
            s.down_from[i], s.down_until[i], self._kind[i] = start_us, back, -1
            return Stop(i, start_us, -1, back)
        elif command.kind == "mend":
            self._kind.pop(i, None)
            self._renew(np.array([i]))
        return None

    def block(self, start_us: int, n_times: int) -> Block:
        """The next n_times samples after start_us; the state moves on to their end."""
        spec, rng, period_us = self.spec, self.rng, round(self.period_s * 1e6)
        clock = start_us + period_us * np.arange(1, n_times + 1)
        resets = self._restart(int(clock[-1]))
        activity = plant_activity(clock, self._zone)
        asked, load, speed = demand(
            self.state.demand, rng, spec.profile, activity, clock, self.period_s
        )
        load = np.where(clock[:, None] >= self.state.down_from, 0.0, load)
        speed = np.where(clock[:, None] >= self.state.down_from, 0.0, speed)
        warm, last_heat = sensing.heat(self.state.sensors.heat, load, self.period_s)
        before = self.state.wear
        worn = wear.grow(spec, before, self.state.frail, load, self.period_s, rng)
        ambient = np.broadcast_to(self._weather.hall_degc(clock)[:, None] - 20.0, load.shape)
        drives = np.stack([np.ones_like(load), load, speed, warm, ambient, load * speed], axis=2)
        sensors, z = sensing.respond(
            self.state.sensors,
            spec,
            drives,
            (self._effect(before), self._effect(worn)),
            self.period_s,
            rng,
        )
        sensors, quality = sensing.faulty(sensors, spec, z, clock, self.period_s, rng)
        self.state = self.state._replace(
            wear=worn, demand=asked, sensors=sensors._replace(heat=last_heat)
        )
        stops = self._stop(before, worn, start_us, n_times)
        times = clock[:, None] - self.phase
        lanes = np.concatenate([z, self._inputs(drives)], axis=2)
        present = self._present(times, start_us)
        for stop in resets:
            present[times[:, stop.machine] < stop.back, stop.machine] = False
        return Block(times, lanes, quality, present, resets, stops)

    def _effect(self, worn: Floats) -> Floats:
        """What wear (N, M) adds to each sensor (N, m)."""
        return np.asarray(worn**self.spec.power @ self.spec.effect)

    def _inputs(self, drives: Floats) -> NDArray[np.float32]:
        spec = self.spec
        shown = spec.input_offset + spec.input_factor * drives[:, :, spec.input_drive]
        return np.asarray(shown, dtype=np.float32)

    def _present(self, times: NDArray[np.int64], start_us: int) -> NDArray[np.bool_]:
        """Where a sample is sent: machine up, network up, packet not lost."""
        s, rng, n_times = self.state, self.rng, len(times)
        length_s = n_times * self.period_s
        cut = rng.random(self.n) < OUTAGES_PER_DAY * length_s / 86_400
        begin = start_us + (rng.random(self.n) * length_s * 1e6).astype(np.int64)
        until = begin + (rng.uniform(*OUTAGE_MIN, self.n) * 60e6).astype(np.int64)
        free = cut & ((s.cut_until == UP) | (s.cut_until <= start_us))
        s = s._replace(
            cut_from=np.where(free, begin, s.cut_from), cut_until=np.where(free, until, s.cut_until)
        )
        self.state = s
        down = (times >= s.down_from) & (times < s.down_until)
        dark = (times >= s.cut_from) & (times < s.cut_until)
        return np.asarray(~down & ~dark & (rng.random(times.shape) >= P_LOST))

    def _stop(self, before: Floats, worn: Floats, start_us: int, n_times: int) -> list[Stop]:
        """Failures and planned services that begin in the block; downtime outlasts the block."""
        rng, s = self.rng, self.state
        block_s = n_times * self.period_s
        running = s.down_from == UP
        failures = wear.draw_failures(before, worn, block_s / 3600, running, rng)
        stops = [
            self._begin(int(i), start_us + int(f * block_s * 1e6), int(mode), block_s)
            for i, f, mode in zip(*failures, strict=True)
        ]
        running[failures.machine] = False
        served = rng.random(self.n) < SERVICES_PER_DAY * block_s / 86_400
        moments = rng.random(self.n)
        served &= not self.driven
        return stops + [
            self._begin(int(i), start_us + int(moments[i] * block_s * 1e6), -1, block_s)
            for i in np.flatnonzero(served & running)
        ]

    def _begin(self, i: int, time: int, mode: int, block_s: float) -> Stop:
        planned = self.spec.planned_s if mode < 0 else self.spec.unplanned_s
        length_s = max(planned * float(np.exp(self.rng.normal(0.0, 0.25))), 1.01 * block_s)
        # Half a millisecond: never the time of a sample, which are whole ones.
        stop = Stop(i, time, mode, (time + int(length_s * 1e6)) // 1000 * 1000 + 500)
        self.state.down_from[i], self.state.down_until[i] = stop.time, stop.back
        self._kind[i] = mode
        return stop

    def _restart(self, end_us: int) -> list[Stop]:
        """Renew the machines whose stop ends before end_us: no wear, another frailty."""
        s = self.state
        back = np.flatnonzero(s.down_until <= end_us)
        resets = [
            Stop(int(i), int(s.down_from[i]), self._kind.pop(int(i)), int(s.down_until[i]))
            for i in back
        ]
        if resets:
            self._renew(back)
        return resets

    def _renew(self, who: NDArray[np.int64]) -> None:
        s = self.state
        s.wear[who] = 0.0
        s.frail[who] = wear.frailty(self.rng, len(who), len(self.spec.rate))
        s.down_from[who] = s.down_until[who] = UP
        if self.driven:  # what the old part did to its sensors is over with it
            s.sensors.settled[who] = np.nan

    # --- resuming -------------------------------------------------------------------------------
    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything that `restore` needs to go on exactly from here, by name; arrays (N, …)."""
        kind = np.array([self._kind.get(i, -1) for i in range(self.n)])
        return {name: value.copy() for name, value in _flat(self.state)} | {
            "phase": self.phase,
            "kind": kind,
            "driven": np.full(self.n, self.driven),
        }

    def restore(self, saved: dict[str, NDArray[Any]], here: list[int], there: list[int]) -> bool:
        """Machines `here` take over the saved state of machines `there`; others stay new.

        False, and nothing done, where the class has other sensors or modes by now.
        """
        mine = self.snapshot()
        known = [name for name in mine if name in saved or name not in LATER]
        if any(saved[name].shape[1:] != mine[name].shape[1:] for name in known):
            return False
        for name in known:
            mine[name][here] = saved[name][there]
        self.state, self.phase = _unflat(self.state, mine), mine["phase"]
        self.driven = bool(mine["driven"][here].any())
        stopped = np.flatnonzero(self.state.down_from != UP)
        self._kind = {int(i): int(mine["kind"][i]) for i in stopped}
        return True


def _flat(state: Any, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """Arrays of nested NamedTuples by dotted name."""
    for name, value in state._asdict().items():
        if isinstance(value, tuple):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _unflat(like: Any, arrays: dict[str, NDArray[Any]], prefix: str = "") -> Any:
    return type(like)(
        **{
            name: _unflat(value, arrays, f"{prefix}{name}.")
            if isinstance(value, tuple)
            else arrays[prefix + name]
            for name, value in like._asdict().items()
        }
    )
