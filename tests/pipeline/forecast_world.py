"""Machines whose lives are known in law, and forecasts that say that law: a record's honest input.

A life is exponential with a rate of its own, which the forecasts know: so P(T ≤ h), which is
1 − e^(−rate h), is right by construction at every moment of the life, and 80 of 100 ranges hold.
"""

from functools import cache

import numpy as np

from twin.pipeline.scorer import Scorer
from twin.pipeline.scorer.heard import Heard
from twin.pipeline.scorer.summary import outcomes_of
from twin.stores.base import Commit
from twin.stores.memory import MemoryStore
from twin.stores.records import ISSUED, Issued, pack_issued
from twin.types import Event

HOUR = 3_600_000_000
T0 = 1_772_000_000_000_000 // HOUR * HOUR
HORIZONS = [8.0, 24.0, 168.0]
QUANTILES = np.array([0.1, 0.5, 0.9])


class World:
    """n machines over some hours; `flatter` says every probability on another scale of log-odds."""

    def __init__(
        self, n: int = 12, hours: int = 500, seed: int = 0, served: bool = True, flatter: float = 1
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.ids = tuple(f"m{i}" for i in range(n))
        self.hours, self.flatter = hours, flatter
        self.said = cache(self._said)
        self.events: list[Event] = []
        self.lives: list[tuple[int, float, float, float]] = []
        """machine, begin, end, rate in hours"""
        for machine in range(n):
            self._live(machine, served)
        self.events.sort(key=lambda e: e.time)

    def _live(self, machine: int, served: bool) -> None:
        begin = 0.0
        while begin < self.hours:
            rate = 1 / self.rng.choice([40.0, 120.0, 700.0])
            fails = begin + round(self.rng.exponential(1 / rate), 3)
            stops = begin + round(self.rng.exponential(200.0), 3) if served else np.inf
            end = min(fails, stops)
            self.lives.append((machine, begin, end, rate))
            if end < self.hours + 200:
                name, us = self.ids[machine], T0 + round(end * HOUR)
                if fails <= stops:
                    self.events.append(Event(us, "failure", name, {"mode": "bearing"}))
                self.events.append(Event(us + 60_000_000, "repair", name, {"planned": False}))
            begin = end + 0.1

    def rows(self, hour: int) -> np.ndarray:
        """What is said of every machine that runs at the hour."""
        found = []
        for machine, begin, end, rate in self.lives:
            if begin <= hour < end:
                found.append((machine, b"", T0 + hour * HOUR, *self.said(rate)))
        return np.array(found, dtype=ISSUED)

    def _said(self, rate: float) -> tuple[np.ndarray, ...]:
        p = 1 - np.exp(-rate * np.array(HORIZONS))
        odds = (p / (1 - p)) ** self.flatter
        life = -np.log(1 - QUANTILES) / rate
        return odds / (1 + odds), p * 0.9, np.minimum(p * 1.1, 1), life

    def heard(self, now_h: float) -> Heard:
        """Every machine was heard until now."""
        now = T0 + round(now_h * HOUR)
        return Heard(now, dict.fromkeys(self.ids, now), {"mill": self.ids}, {"mill": 1.0})


def issue(store: MemoryStore, lease, rows: np.ndarray, version: int = 1) -> None:
    record = pack_issued(Issued("mill", version, HORIZONS, rows))
    store.commit(lease, Commit(b"1-0", {}, [], [], forecasts=[record]))


def fill(store: MemoryStore, world: World, hours: range) -> None:
    """All forecasts of these hours, and all events up to their end."""
    lease = store.lease(0, "test", 10**9)
    first, last = T0 + hours.start * HOUR, T0 + hours.stop * HOUR
    if hours.stop == world.hours:
        last += 200 * HOUR
    for hour in hours:
        issue(store, lease, world.rows(hour))
    store.add_events([e for e in world.events if first <= e.time < last])
    store.release(lease)


def run(scorer: Scorer, heard: Heard) -> None:
    while scorer.step(heard):
        pass


def scored(world: World, partitions: int = 1) -> Scorer:
    """A scorer that has seen a whole world mature."""
    store = MemoryStore(partitions)
    fill(store, world, range(world.hours))
    scorer = Scorer(store)
    run(scorer, world.heard(world.hours + 200))
    return scorer


def said(p: float = 0.3, hour: float = 0.0, life=(10.0, 50.0, 90.0)) -> np.ndarray:
    """One machine's forecast: the same probability for every horizon."""
    row = (0, b"", T0 + round(hour * HOUR), [p] * 3, [p] * 3, [p] * 3, life)
    return np.array([row], dtype=ISSUED)


def at(hour: float, kind: str, **detail) -> Event:
    return Event(T0 + round(hour * HOUR), kind, "m0", detail)


def outcome(events: list[Event], now_h: float = 200.0, heard_h: float | None = None):
    """Counts (failed, served, ran) of one forecast at hour 0 for the day after, and the scorer."""
    store = MemoryStore(1)
    lease = store.lease(0, "test", 10**9)
    issue(store, lease, said())
    store.add_events(events)
    scorer = Scorer(store)
    heard = T0 + round((now_h if heard_h is None else heard_h) * HOUR)
    now = T0 + round(now_h * HOUR)
    by_machine = {"m0": heard, "m1": now}
    run(scorer, Heard(now, by_machine, {"mill": ("m0", "m1")}, {"mill": 1.0}))
    s = outcomes_of(scorer.sums, "mill", "day").scores
    return (s.n_failed, s.n_censored, s.n - s.n_failed - s.n_censored), scorer
