"""What machines ran and when, from the orders that are written: the actual times of ISO 22400-2.

APT   actual production time: between an operation's actual start and end
PRI · PQ   its planned run time: what its quantity should take on that machine
AUST  actual unit setup time: from where setting up for it began to where it ended, or else to where
      the operation began
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from twin.pipeline.orders import KIND
from twin.plant import Plant
from twin.stores.base import Store

__all__ = ["NOTHING", "Ran", "Run", "read_runs"]


Span = tuple[int, int | None]


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
    """Runs by machine; a machine without any is one whose operations nobody reports.

    setups: spans by machine in which it was set up, µs UTC; end None: it still is.
    """

    def __init__(
        self, runs: Mapping[str, Iterable[Run]], setups: Mapping[str, Iterable[Span]] | None = None
    ) -> None:
        self._runs = {machine: sorted(own, key=lambda r: r.start) for machine, own in runs.items()}
        self._setups = {machine: list(own) for machine, own in (setups or {}).items()}

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

    def set_up_s(self, machine: str, start: int, end: int) -> float:
        """Seconds of [start, end) in which the machine was set up."""
        spans = self._setups.get(machine, ())
        us = (min(end, end if b is None else b) - max(start, a) for a, b in spans)
        return sum(x for x in us if x > 0) / 1e6

    def ended(self, machine: str, time: int) -> list[Run]:
        """Runs that had ended by a time."""
        own = self._runs.get(machine, ())
        return [run for run in own if run.end is not None and run.end <= time]


NOTHING = Ran({})


def read_runs(store: Store, plant: Plant) -> Ran:
    """Runs of all orders that the store holds. Raises StoreError."""
    runs: dict[str, list[Run]] = {}
    setups: dict[str, list[Span]] = {}
    for text in store.documents(KIND).values():
        order = orjson.loads(text)
        for n, step in enumerate(order["steps"]):
            # One that was called off under way ended when it was.
            end = step["end"] or (order.get("closed") if order["state"] != "open" else None)
            if (step.get("setup") or {}).get("start") is not None:
                setups.setdefault(step["setup"]["machine"], []).append(_set_up(order, step))
            if step["start"] is None or not step["machine"]:
                continue
            planned_s = _planned_s(plant, order, n, step["machine"])
            run = Run(order["id"], n, int(step["start"]), end, planned_s)
            runs.setdefault(step["machine"], []).append(run)
    return Ran(runs, setups)


def _set_up(order: Mapping[str, Any], step: Mapping[str, Any]) -> Span:
    """From when to when the machine was set up for a step."""
    told = step["setup"]
    ends = [told["end"], step["start"], order.get("closed")]
    end = next((int(x) for x in ends if x is not None and x >= told["start"]), None)
    return int(told["start"]), end


def _planned_s(plant: Plant, order: Mapping[str, Any], n: int, machine: str) -> float:
    """Planned run time; of a product that is no longer made 0: nothing is known."""
    product = plant.product(order["product"])
    if product is None or n >= len(product.steps):
        return 0.0
    return product.steps[n].minutes_for(float(order["quantity"]), machine) * 60.0
