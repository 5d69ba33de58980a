"""Customers of the simulated plant: what they order, when, by when; the same for the same seed.

A day's orders are drawn until the machines that are shortest would be busy for a share of their
open time; most are known a week before work on them may begin, some are wanted at once.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from twin.plant import Product
from twin.sources.shop.floor import MINUTE_US, ShopFloor

__all__ = ["Customers", "NewOrder"]

HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
BUSY = (0.88, 1.0)
"""Share of a day's open time that its orders take of the machines that are shortest."""
KNOWN_DAYS = (5.0, 8.0)
"""Before work on an order may begin."""
SENT_US = 12 * HOUR_US
"""Customers send what they want twice a day, together; a rush order comes at once."""
P_RUSH = 0.1
LONGEST_H = (4.0, 9.0)
"""Work of an order's longest step; that of a rush order is half of it."""
SLACK_H = (2.0, 40.0)
RUSH_SLACK_H = (2.0, 8.0)
QUEUE = 1.25
"""An order takes about this many times its work, for it waits for machines."""
PRIORITIES, CHANCES = (2, 3, 4), (0.2, 0.6, 0.2)
ORDERS_MAX = 200
"""A day."""
DAYS_KEPT = 32


class NewOrder(NamedTuple):
    """Times µs UTC; `placed`: when the plant hears of it."""

    placed: int
    id: str
    product: str
    quantity: int
    release: int
    due: int
    priority: int


class Customers:
    """`placed` within any time; days are reckoned in UTC."""

    def __init__(self, floor: ShopFloor) -> None:
        self._floor = floor
        self._made = [
            p
            for p in floor.products.values()
            if all(floor.able[p.id, n] for n in range(len(p.steps)))
        ]
        self.of_day = lru_cache(DAYS_KEPT)(self._of_day)

    def placed(self, after: int, until: int) -> list[NewOrder]:
        """Orders that are placed in (after, until]."""
        days = range(after // DAY_US, (until + int(KNOWN_DAYS[1] * DAY_US)) // DAY_US + 1)
        return sorted(o for day in days for o in self.of_day(day) if after < o.placed <= until)

    def at_first(self, now: int) -> list[NewOrder]:
        """Orders that a plant has at `now`, when it begins: of today and later."""
        today = now // DAY_US * DAY_US
        known = self.placed(today - int(KNOWN_DAYS[1] * DAY_US), now)
        return [order for order in known if order.release >= today]

    def _of_day(self, day: int) -> list[NewOrder]:
        rng = np.random.default_rng([self._floor.seed, 0x0D, day])
        share = rng.uniform(*BUSY)
        room = {
            m: share * max(0, self._floor.open_of(m).worked(day * DAY_US, (day + 1) * DAY_US))
            for m in self._floor.working
        }
        return list(self._drawn(rng, room, day))

    def _drawn(
        self, rng: np.random.Generator, room: dict[str, float], day: int
    ) -> Iterator[NewOrder]:
        used = dict.fromkeys(room, 0.0)
        for n in range(ORDERS_MAX if self._made else 0):
            rush = bool(rng.random() < P_RUSH)
            fill = [self._filled(p, used, room, rng) for p in self._made]
            fitting = [found for found in fill if found[0] <= 1.0]
            if not fitting:
                return
            least = np.array([1.05 - found[0] for found in fitting]) ** 2  # who has room gets more
            _, product, quantity, takes = fitting[rng.choice(len(fitting), p=least / least.sum())]
            for machine, work in takes.items():
                used[machine] += work
            yield self._order(rng, product, quantity, rush, day, n)

    def _filled(
        self,
        product: Product,
        used: dict[str, float],
        room: dict[str, float],
        rng: np.random.Generator,
    ) -> tuple[float, Product, int, dict[str, float]]:
        """How full the fullest machine would be with an order of the product, with its quantity
        and its work by machine: in equal parts on all that can do a step, setups counted half."""
        quantity = self._quantity(product, rng)
        takes: dict[str, float] = {}
        for n in range(len(product.steps)):
            able = self._floor.able[product.id, n]
            for machine in able:
                setup = self._floor.setup(machine, "", product.id) / 2
                work = self._floor.work(product.id, n, quantity, machine) + setup
                takes[machine] = takes.get(machine, 0.0) + work / len(able)
        full = max((used[m] + w) / max(room[m], 1.0) for m, w in takes.items())
        return full, product, quantity, takes

    def _quantity(self, product: Product, rng: np.random.Generator) -> int:
        """Such that the longest step takes some hours; a round number."""
        minutes = max(step.minutes for step in product.steps)
        pieces = 60.0 * float(rng.uniform(*LONGEST_H)) / minutes
        digits = 10 ** max(0, int(np.log10(pieces)) - 1)
        return max(1, int(pieces // (5 * digits) * 5 * digits) or int(pieces))

    def _order(
        self,
        rng: np.random.Generator,
        product: Product,
        quantity: int,
        rush: bool,
        day: int,
        n: int,
    ) -> NewOrder:
        quantity = max(1, quantity // 2) if rush else quantity
        release = day * DAY_US + int(rng.integers(0, 24 * 60)) * MINUTE_US
        steps = range(len(product.steps))
        first = [self._floor.able[product.id, k][0] for k in steps]
        work = sum(self._floor.work(product.id, k, quantity, first[k]) for k in steps)
        slack = float(rng.uniform(*(RUSH_SLACK_H if rush else SLACK_H))) * HOUR_US
        due = release + int((1.2 if rush else QUEUE) * work + slack) // MINUTE_US * MINUTE_US
        known = release - int(rng.uniform(*KNOWN_DAYS) * DAY_US)
        placed = release if rush else -(-known // SENT_US) * SENT_US
        priority = 1 if rush else int(rng.choice(PRIORITIES, p=CHANCES))
        name = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%y%m%d")
        order_id = f"C{name}-{n + 1:02d}"
        return NewOrder(placed, order_id, product.id, quantity, release, due, priority)
