"""The plant file as the shop floor sees it: who can do what in how long, when lines are open."""

from bisect import bisect_right
from zlib import crc32

import numpy as np

from twin.plant import Machine, Plant, Step, line_spans

__all__ = ["MINUTE_US", "OpenTime", "ShopFloor"]

MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
AHEAD_US = 14 * DAY_US
NOISE_SD = 0.05
"""Of the logarithm: work takes a little more or less than planned."""
NOISE_MAX = 0.15
LOAD = (0.45, 0.95)
"""Load of a machine that works at no and at the greatest power of its class."""
USUAL_POWER = 0.7
"""Share of it where the plant file says no power."""
SPEED = (0.4, 0.9)
Span = tuple[int, int]


class OpenTime:
    """A line's open times, µs UTC, from start_us on; worked out as far as they are asked for."""

    def __init__(self, plant: Plant, line_id: str, start_us: int) -> None:
        self._plant, self._line_id = plant, line_id
        self._until_us = start_us - DAY_US
        self._spans: list[Span] = []
        self._before = [0]
        """Open time before each span, and in the end all."""

    def is_open(self, time: int) -> bool:
        self._extend(time)
        i = bisect_right(self._spans, (time, self._until_us)) - 1
        return i >= 0 and time < self._spans[i][1]

    def worked(self, start: int, end: int) -> int:
        """Open time within [start, end)."""
        return self._open_before(end) - self._open_before(start)

    def done_at(self, start: int, work: int) -> int | None:
        """When work begun at `start` is done; None: not within the next two weeks."""
        self._extend(start + AHEAD_US)
        wanted = self._open_before(start) + work
        if wanted > self._before[-1]:
            return None
        if work == 0:
            return start
        i = bisect_right(self._before, wanted - 1) - 1
        return self._spans[i][0] + wanted - self._before[i]

    def _open_before(self, time: int) -> int:
        self._extend(time)
        i = bisect_right(self._spans, (time, -1)) - 1
        if i < 0:
            return 0
        return self._before[i] + min(time, self._spans[i][1]) - self._spans[i][0]

    def _extend(self, time: int) -> None:
        while self._until_us <= time:
            start, end = self._until_us, self._until_us + AHEAD_US
            self._until_us = end
            for span in self._open(start, end):
                self._spans.append(span)
                self._before.append(self._before[-1] + span[1] - span[0])

    def _open(self, start: int, end: int) -> list[Span]:
        """Open times within [start, end), as a plan sees them."""
        return line_spans(self._plant, self._line_id, start, end)


class ShopFloor:
    """Machines, products and ways of a plant, with the noise of the world from a seed."""

    def __init__(self, plant: Plant, seed: int, start_us: int) -> None:
        self.plant, self.seed = plant, seed
        self.machines: dict[str, Machine] = {m.id: m for m in plant.machines}
        self.products = {p.id: p for p in plant.products}
        self.able = {
            (p.id, n): [m.id for m in plant.alternatives(step)]
            for p in plant.products
            for n, step in enumerate(p.steps)
        }
        """Product and step → machines that can do it."""
        self.working = sorted({m for ids in self.able.values() for m in ids})
        """Machines that orders can be run on."""
        self._open = {line.id: OpenTime(plant, line.id, start_us) for line in plant.lines}
        self._site = {line.id: line.site or "" for line in plant.lines}
        self._ways = {
            pair: round(way.minutes * MINUTE_US)
            for way in plant.transports
            for pair in ((way.start, way.end), (way.end, way.start))
        }
        self._setups: dict[tuple[str, str, str], int] = {}
        self._power = self._greatest_power()

    def open_of(self, machine_id: str) -> OpenTime:
        return self._open[self.machines[machine_id].line]

    def step(self, product_id: str, n: int) -> Step | None:
        """A step of a product; None: there is none such by now."""
        product = self.products.get(product_id)
        return product.steps[n] if product is not None and n < len(product.steps) else None

    def work(self, product_id: str, n: int, quantity: float, machine_id: str) -> int:
        """Planned work in µs, setting up left out."""
        minutes = self.products[product_id].steps[n].minutes_for(quantity, machine_id)
        return max(MINUTE_US, round(minutes * MINUTE_US))

    def noise(self, order_id: str, n: int) -> float:
        """Factor on the work of an order's step: the same whoever asks, and when."""
        rng = np.random.default_rng([self.seed, crc32(f"{order_id}/{n}".encode())])
        return float(np.exp(np.clip(rng.normal(0.0, NOISE_SD), -NOISE_MAX, NOISE_MAX)))

    def setup(self, machine_id: str, before: str | None, product_id: str) -> int:
        """Time to set a machine up, µs; before: the family that it is set up for, if any."""
        if before is None:
            return 0
        key = (self.machines[machine_id].class_id, before, self.products[product_id].family)
        if key not in self._setups:
            self._setups[key] = round(self.plant.changeover_minutes(*key) * MINUTE_US)
        return self._setups[key]

    def way(self, start: str, end: str) -> int:
        """Transport between two machines, µs; a machine that has left is near."""
        if start not in self.machines or end not in self.machines:
            return 0
        sites = [self._site[self.machines[m].line] for m in (start, end)]
        return self._ways.get((sites[0], sites[1]), 0)

    def load(self, product_id: str, n: int, machine_id: str) -> tuple[float, float]:
        """Load and speed of a machine that does a step, fractions of its rating."""
        power = self.products[product_id].steps[n].power_on(machine_id)
        most = self._power.get(self.machines[machine_id].class_id, 0.0)
        share = power / most if power and most else USUAL_POWER
        fast = crc32(f"{product_id}/{n}".encode()) / 2**32
        return LOAD[0] + (LOAD[1] - LOAD[0]) * share, SPEED[0] + (SPEED[1] - SPEED[0]) * fast

    def _greatest_power(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for (product_id, n), ids in self.able.items():
            step = self.products[product_id].steps[n]
            for machine_id in ids:
                class_id = self.machines[machine_id].class_id
                found[class_id] = max(found.get(class_id, 0.0), step.power_on(machine_id))
        return found
