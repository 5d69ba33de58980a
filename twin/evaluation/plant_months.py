"""Months of the simulated plant under one policy, by the machines' lives and the crews' shifts.

Every four hours the policy says which machines should be serviced and what each start would cost
by what it believes; the services are planned, and what would start within the notice is booked and
stays. A booked service is done unless the machine fails before. A failed machine is repaired at
once (stand-by, as in the simulated plant) and begins its next life.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_backlog import Backlog
from twin.evaluation.plant_crews import Ask, Crews
from twin.evaluation.plant_lives import EPOCH_H, Lives
from twin.evaluation.plant_orders import Orders
from twin.plant import Machine, Plant

__all__ = ["NOTICE_H", "Asked", "Months", "Policy", "Tally", "run_months"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
NOTICE_H = 8.0
"""A service is asked for a shift ahead."""
REPAIR_SD = 0.25
"""Of the logarithm of a repair's length, as in the simulated plant."""


class Asked(NamedTuple):
    """What a policy wants of N machines."""

    who: NDArray[np.bool_]
    cost: Array
    """(N, LOOK_H) money by hour of start, from now."""


class Tally(NamedTuple):
    """What happened, by machine (N,)."""

    cost: Array
    """Services, repairs and the output lost meanwhile."""
    failures: Array
    services: Array
    down_h: Array
    used: Array
    """Sum over ended lives of the share that was used."""
    lives: Array
    """Lives that ended."""


class Months:
    """Where the plant stands; what a policy may know of it is up to the policy."""

    def __init__(self, plant: Plant, lives: Mapping[str, Lives], hours: float, seed: int) -> None:
        self.plant, self.hours, self.now_h = plant, hours, 0.0
        self.classes = [c for c in sorted(plant.classes) if plant.machines_of(c)]
        self.machines = [m for c in self.classes for m in plant.machines_of(c)]
        self.class_of = np.array([self.classes.index(m.class_id) for m in self.machines])
        self.lives = [lives[c] for c in self.classes]
        self._first = np.searchsorted(self.class_of, np.arange(len(self.classes)))
        self._sizes = np.bincount(self.class_of)
        self._many = np.array([len(own.length_h) for own in self.lives]) // self._sizes
        n = len(self.machines)
        rng = np.random.default_rng([seed, 0x4E9A])
        self._jitter = np.exp(rng.normal(0.0, REPAIR_SD, (n, 64)))
        self.begun_h = np.zeros(n)
        self.life = np.zeros(n, np.int64)
        self.crews = Crews(plant, hours)
        self.orders = Orders(plant, self.machines, hours, seed)
        self.backlog = Backlog(self.orders, n)
        self.service_h = np.array([self._service_h(m) for m in self.machines])
        costs = [plant.costs_of(m) for m in self.machines]
        self.planned, self.failure, self.per_h, self.repair_h = (
            np.array([getattr(cost, name) for cost in costs])
            for name in ("planned", "unplanned", "output_per_h", "unplanned_h")
        )
        self.planned_cost = self.planned + self.service_h * self.per_h
        """(N,) of a service, the output lost meanwhile included."""
        self.failure_cost = self.failure + self.repair_h * self.per_h
        """(N,) of a failure likewise."""
        self.down: list[tuple[int, float, float]] = []
        """Machine, from, until, in hours."""
        self.tally = Tally(*(np.zeros(n) for _ in range(6)))

    def of_life(self, name: str) -> Array:
        """(N,) a figure of each machine's present life."""
        rows = [getattr(self.lives[c], name)[self._place(c)] for c in range(len(self.classes))]
        return np.concatenate(rows)

    def at_look(self, name: str) -> Array:
        """(N, …) what was kept of each present life at its last look; zeros before the first."""
        found = []
        for c, lives in enumerate(self.lives):
            rows = getattr(lives, name)
            mine = self.class_of == c
            look = np.maximum(0, (self.now_h - self.begun_h[mine]) // EPOCH_H).astype(np.int64)
            found.append(rows[np.minimum(look, len(rows) - 1), self._place(c)])
        return np.concatenate(found).astype(np.float64)

    def by_class(self, values: Mapping[str, float]) -> Array:
        """(N,) a figure of each machine's class."""
        return np.array([values[self.classes[c]] for c in self.class_of])

    @property
    def age_h(self) -> Array:
        return self.now_h - self.begun_h + self.of_life("offset_h")

    @property
    def left_h(self) -> Array:
        """(N,) until each fails, if nobody services it: for the oracle alone."""
        return self.begun_h + self.of_life("length_h") - self.now_h

    def _place(self, c: int) -> Ints:
        return np.asarray(self.numbers(self.life)[self.class_of == c])

    def numbers(self, life: Ints) -> Ints:
        """(N,) numbers among its class's lives of each machine's life (N,); after the last come the
        first again, but those that began before the months are not lived again."""
        size, k = self._sizes[self.class_of], self._many[self.class_of]
        turn = np.where(life < k, life, 1 + (life - 1) % (k - 1))
        return np.asarray(turn * size + np.arange(len(life)) - self._first[self.class_of])

    def plan(self, asked: Asked) -> None:
        """Plan the services asked for; book those that would start within the notice."""
        asks = [self._ask(i, asked) for i in np.flatnonzero(asked.who & self.is_free).tolist()]
        for booking in self.crews.place(self.now_h, asks, NOTICE_H):
            if booking.start_h < self.now_h + NOTICE_H + EPOCH_H:
                self.crews.book(booking)

    @property
    def is_free(self) -> NDArray[np.bool_]:
        """(N,) neither standing nor booked."""
        free = self.begun_h <= self.now_h
        free[list(self.crews.booked)] = False
        return free

    def _service_h(self, machine: Machine) -> float:
        hours = self.plant.classes[machine.class_id].service.hours
        return self.plant.costs_of(machine).planned_h if hours is None else hours

    def _ask(self, i: int, asked: Asked) -> Ask:
        machine = self.machines[i]
        skill = self.plant.classes[machine.class_id].service.skill or ""
        site = self.crews.site_of[machine.line]
        number = self.crews.skills.index(skill)
        return Ask(i, site, number, float(self.service_h[i]), asked.cost[i])

    def pass_epoch(self) -> None:
        """What happens until the next look: failures, and the services booked."""
        until = self.now_h + EPOCH_H
        fails = self.begun_h + self.of_life("length_h")
        starts = np.full(len(self.machines), np.inf)
        for i, booked in self.crews.booked.items():
            starts[i] = booked.start_h
        for i in np.flatnonzero(np.minimum(fails, starts) < until).tolist():
            booking = self.crews.release(i)
            if booking is None or fails[i] <= starts[i]:
                self._fail(i, float(fails[i]))
            else:
                self._serve(i, booking.start_h, booking.end_h)
        self.now_h = until

    def _fail(self, i: int, time_h: float) -> None:
        length_h = self.repair_h[i] * self._jitter[i, self.life[i] % 64]
        self.tally.failures[i] += 1
        self._renew(i, time_h, time_h + length_h, float(self.failure[i]), 1.0)

    def _serve(self, i: int, start_h: float, end_h: float) -> None:
        offset, length = self.of_life("offset_h")[i], self.of_life("length_h")[i]
        self.tally.services[i] += 1
        used = (start_h - self.begun_h[i] + offset) / (length + offset)
        self._renew(i, start_h, end_h, float(self.planned[i]), float(used))

    def _renew(self, i: int, start_h: float, end_h: float, money: float, used: float) -> None:
        tally = self.tally
        tally.cost[i] += money + (end_h - start_h) * self.per_h[i]
        tally.down_h[i] += end_h - start_h
        tally.used[i] += used
        tally.lives[i] += 1
        self.down.append((i, start_h, end_h))
        self.begun_h[i] = end_h
        self.life[i] += 1


class Policy:
    """Says every four hours what should be serviced. The base class asks for nothing."""

    def asked(self, _months: Months, /) -> Asked | None:
        return None


def run_months(
    plant: Plant, lives: Mapping[str, Lives], hours: float, seed: int, policy: Policy
) -> Months:
    """The months under one policy, passed."""
    months = Months(plant, lives, hours, seed)
    while months.now_h < hours:
        asked = policy.asked(months)
        if asked is not None:
            months.plan(asked)
        months.pass_epoch()
    return months
