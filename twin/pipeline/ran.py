"""What machines ran and when, from the orders that are written: the actual times of ISO 22400-2.

APT   actual production time: between an operation's actual start and end
PRI · PQ   its planned run time: what its quantity should take on that machine
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from twin.pipeline.orders import KIND
from twin.plant import Plant
from twin.stores.base import Store

__all__ = ["NOTHING", "Ran", "Run", "read_runs"]


class Run(NamedTuple):
    """One operation on one machine, times µs UTC; end None: it still runs."""

    order: str
    step: int
    start: int
    end: int | None
    planned_s: float

    @property
    def key(self) -> str:
        return f"{self.order}/{self.step}"


class Ran:
    """Runs by machine; a machine without any is one whose operations nobody reports."""

    def __init__(self, runs: Mapping[str, Iterable[Run]]) -> None:
        self._runs = {machine: sorted(own, key=lambda r: r.start) for machine, own in runs.items()}

    def knows(self, machine: str) -> bool:
        return machine in self._runs

    def within(self, machine: str, start: int, end: int) -> list[tuple[Run, float]]:
        """Runs that overlap [start, end) and for how many seconds."""
        found = []
        for run in self._runs.get(machine, ()):
            until = end if run.end is None else min(end, run.end)
            seconds = (until - max(start, run.start)) / 1e6
            if seconds > 0:
                found.append((run, seconds))
        return found

    def ended(self, machine: str, time: int) -> list[Run]:
        """Runs that had ended by a time."""
        own = self._runs.get(machine, ())
        return [run for run in own if run.end is not None and run.end <= time]


NOTHING = Ran({})


def read_runs(store: Store, plant: Plant) -> Ran:
    """Runs of all orders that the store holds. Raises StoreError."""
    runs: dict[str, list[Run]] = {}
    for text in store.documents(KIND).values():
        order = orjson.loads(text)
        for n, step in enumerate(order["steps"]):
            # One that was called off under way ended when it was.
            end = step["end"] or (order.get("closed") if order["state"] != "open" else None)
            if step["start"] is None or not step["machine"]:
                continue
            planned_s = _planned_s(plant, order, n, step["machine"])
            run = Run(order["id"], n, int(step["start"]), end, planned_s)
            runs.setdefault(step["machine"], []).append(run)
    return Ran(runs)


def _planned_s(plant: Plant, order: Mapping[str, Any], n: int, machine: str) -> float:
    """Planned run time; of a product that is no longer made 0: nothing is known."""
    product = plant.product(order["product"])
    if product is None or n >= len(product.steps):
        return 0.0
    return product.steps[n].minutes_for(float(order["quantity"]), machine) * 60.0
