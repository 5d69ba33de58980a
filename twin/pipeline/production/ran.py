"""What machines ran and when, from the orders that are written: the actual times of ISO 22400-2.

APT   actual production time: between an operation's actual start and end
PRI · PQ   its planned run time: what its quantity should take on that machine
AUST  actual unit setup time: from where setting up for it began to where it ended, or else to where
      the operation, or anything else on that machine, began
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from twin.pipeline.orders.written import read_written_orders
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


class _SetUp(NamedTuple):
    """Setting up for one step as its order says it, times µs UTC."""

    start: int
    end: int | None
    """As it was told."""
    over: int | None
    """When it was over at the latest: the step began, or the order was closed."""


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
        """Whether anybody reports what the machine does, if only that it is set up."""
        return machine in self._runs or machine in self._setups

    def of(self, machine: str) -> Sequence[Run]:
        """Runs of a machine in order of start."""
        return self._runs.get(machine, ())

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
    setups: dict[str, list[_SetUp]] = {}
    for order in read_written_orders(store).values():
        for n, step in enumerate(order["steps"]):
            # One that was called off under way ended when it was.
            end = step["end"] or (order.get("closed") if order["state"] != "open" else None)
            told = step.get("setup") or {}
            if told.get("start") is not None:
                setups.setdefault(told["machine"], []).append(_set_up(order, step))
            if step["start"] is None or not step["machine"]:
                continue
            planned_s = _planned_s(plant, order, n, step["machine"])
            run = Run(order["id"], n, int(step["start"]), end, planned_s)
            runs.setdefault(step["machine"], []).append(run)
    spans = {m: _spans(own, [run.start for run in runs.get(m, ())]) for m, own in setups.items()}
    return Ran(runs, spans)


def _set_up(order: Mapping[str, Any], step: Mapping[str, Any]) -> _SetUp:
    start, end = int(step["setup"]["start"]), step["setup"]["end"]
    overs = [int(x) for x in (step["start"], order.get("closed")) if x is not None and x >= start]
    return _SetUp(start, None if end is None or end < start else int(end), min(overs, default=None))


def _spans(setups: Sequence[_SetUp], begun: Sequence[int]) -> list[Span]:
    """From when to when one machine was set up; begun: starts of its runs. Where no end was told,
    the first thing that begins there ends it: the step itself may have gone elsewhere, or never
    begin."""
    works, others = sorted(begun), sorted({s.start for s in setups})
    found: list[Span] = []
    for start, end, over in setups:
        nexts = [*_first(works, start), *_first(others, start + 1)]
        nexts += [] if over is None else [over]
        found.append((start, min(nexts, default=None) if end is None else end))
    return found


def _first(times: Sequence[int], least: int) -> Sequence[int]:
    """The first of rising times that is not before another, if there is one."""
    n = bisect_left(times, least)
    return times[n : n + 1]


def _planned_s(plant: Plant, order: Mapping[str, Any], n: int, machine: str) -> float:
    """Planned run time; of a product that is no longer made 0: nothing is known."""
    product = plant.product(order["product"])
    if product is None or n >= len(product.steps):
        return 0.0
    return product.steps[n].minutes_for(float(order["quantity"]), machine) * 60.0
