"""Orders as jobs: what is left of them, on which machines, how long, how dear it is to be late.

A step that is done is no operation any more; one that runs is pinned to its machine with the work
that remains. An order that cannot end within the horizon, or for which no machine is open, is no
job: it is named with the reason, unless it is due after the horizon and simply waits.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from twin.pipeline.planning.horizon import TICK_US, Horizon, line_spans
from twin.pipeline.planning.situation import Situation
from twin.plant import Machine as PlantMachine
from twin.plant import Plant, Product
from twin.scheduling.problem import Alternative, Calendar, Job, Machine, Operation, Pin
from twin.scheduling.working_time import WorkingTime

__all__ = [
    "OPERATIONS_MAX",
    "Floor",
    "Key",
    "LeftOut",
    "Work",
    "families_of",
    "jobs_of",
    "ticks_left",
]

OPERATIONS_MAX = 3000
"""More are not planned at once: the orders that are due last wait."""
LATE_BEYOND_H = 72.0
"""Hours of lateness beyond the horizon that leaving an order out counts as."""
WAITS_H = 1.0
"""The same for an order that is due after the horizon."""
DAY_US = 86_400_000_000
BACK_LEAST_US, BACK_MOST_US = 30 * DAY_US, 400 * DAY_US
WEEK_PER_SHIFT = 21
"""How far back the work of a step under way is counted: its own time on a line that is open eight
hours a week."""
Key = tuple[str, int]
"""Order id and number of the step."""


class Floor(NamedTuple):
    """The machines as the problem numbers them."""

    machines: Sequence[Machine]
    calendars: Sequence[Calendar]
    number: Mapping[str, int]
    """Machine id → its number."""
    transport: Any
    """(K, K) ticks between sites."""


class LeftOut(NamedTuple):
    """An order that is not planned, why (a code), and what it is about."""

    order: str
    reason: str
    by: str | None = None


class Work(NamedTuple):
    """Jobs, and the order and step that each operation stands for."""

    jobs: tuple[Job, ...]
    keys: tuple[Key, ...]
    left_out: tuple[LeftOut, ...]
    waiting: tuple[LeftOut, ...]
    """Orders that a later plan will place: later (due after the horizon), not_released."""


def families_of(plant: Plant) -> list[str]:
    """Setup families in the order of their numbers."""
    return sorted({product.family for product in plant.products})


def jobs_of(situation: Situation, horizon: Horizon, floor: Floor, earliest: int) -> Work:
    """Open orders as jobs; nothing new starts before the tick `earliest`."""
    families = families_of(situation.plant)
    times = [WorkingTime(calendar) for calendar in floor.calendars]
    jobs: list[Job] = []
    keys: list[Key] = []
    left_out: list[LeftOut] = []
    waiting: list[LeftOut] = []
    for order in _in_turn(situation.orders):
        product = situation.plant.product(order["product"])
        if horizon.tick(int(order["release"])) >= horizon.ticks:
            waiting.append(LeftOut(order["id"], "not_released"))
            continue
        if product is None or len(product.steps) != len(order["steps"]):
            left_out.append(LeftOut(order["id"], "unknown_product", order["product"]))
            continue
        made = _Order(situation, horizon, floor, times, order, product, earliest)
        job = made.job(families.index(product.family))
        if job is None and made.fault == "later":
            waiting.append(LeftOut(order["id"], "later"))
            continue
        if job is None or len(keys) + len(job.operations) > OPERATIONS_MAX:
            left_out.append(LeftOut(order["id"], made.fault or "too_many"))
            continue
        jobs.append(job)
        keys += [(order["id"], step) for step in made.steps]
    return Work(tuple(jobs), tuple(keys), tuple(left_out), tuple(waiting))


def _in_turn(orders: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Open orders that have something left to do, those that run and the most urgent first."""
    left = [
        o
        for o in orders.values()
        if o["state"] == "open" and any(s["state"] != "done" for s in o["steps"])
    ]
    return sorted(left, key=lambda o: (not _runs(o), o["due"], -o["late_cost_h"], o["id"]))


def _runs(order: Mapping[str, Any]) -> bool:
    return any(step["state"] == "running" for step in order["steps"])


def ticks_left(situation: Situation, order: Mapping[str, Any], product: Product, n: int) -> int:
    """Work that is left of a step under way: by the pieces done where they are told, else by the
    open time since it began in which its machine did not stand failed."""
    state, step, quantity = order["steps"][n], product.steps[n], float(order["quantity"])
    whole = step.minutes_for(quantity, state["machine"])
    if state.get("quantity_done"):
        done = min(quantity, float(state["quantity_done"]))
        fixed = step.minutes_for(0.0, state["machine"])
        return max(1, ceil((whole - fixed) * (1.0 - done / quantity)))
    machine = next(x for x in situation.plant.machines if x.id == state["machine"])
    until = min(situation.now_us, situation.failed_us.get(machine.id, situation.now_us))
    # Nothing can need to be looked at further back: it has long been worked through by now.
    back_us = min(BACK_MOST_US, max(BACK_LEAST_US, ceil(whole) * TICK_US * WEEK_PER_SHIFT))
    start = max(int(state["start"]), until - back_us)
    spans = line_spans(situation.plant, machine.line, start, until) if start < until else []
    worked = sum(b - a for a, b in spans) // TICK_US
    return max(1, ceil(whole) - worked)


class _Order:
    """One order on its way to a job."""

    def __init__(
        self,
        situation: Situation,
        horizon: Horizon,
        floor: Floor,
        times: Sequence[WorkingTime],
        order: Mapping[str, Any],
        product: Product,
        earliest: int,
    ) -> None:
        self.situation, self.horizon, self.floor = situation, horizon, floor
        self.times, self.order, self.product, self.earliest = times, order, product, earliest
        self.steps = [n for n, s in enumerate(order["steps"]) if s["state"] != "done"]
        self.fault = ""

    def job(self, family: int) -> Job | None:
        """The job; None where it cannot be, `fault` says why."""
        operations = [self._operation(n, family) for n in self.steps]
        if not all(op.alternatives for op in operations):
            self.fault = "no_machine"
            return None
        release = self._release(operations[0])
        due = self.horizon.tick(int(self.order["due"]))
        if self._ends_at(operations, release) > self.horizon.ticks:
            self.fault = "later" if due > self.horizon.ticks else "too_long"
            return None
        late_cost_h = float(self.order["late_cost_h"])
        left_out = self._left_out_cost(operations, due, late_cost_h)
        return Job(self.order["id"], tuple(operations), release, due, late_cost_h, left_out)

    def _operation(self, n: int, family: int) -> Operation:
        state = self.order["steps"][n]
        if state["state"] == "running" and state["machine"] in self.floor.number:
            return self._running(n, family, state)
        machines = self.situation.plant.alternatives(self.product.steps[n])
        found = [self._alternative(n, m) for m in machines if self._is_open(m)]
        return Operation(tuple(found), family)

    def _alternative(self, n: int, machine: PlantMachine) -> Alternative:
        step, quantity = self.product.steps[n], float(self.order["quantity"])
        minutes = step.minutes_for(quantity, machine.id)
        return Alternative(
            self.floor.number[machine.id], max(1, ceil(minutes)), step.power_on(machine.id)
        )

    def _running(self, n: int, family: int, state: Mapping[str, Any]) -> Operation:
        """Work in progress: what is left of it, on its machine, at once."""
        m = self.floor.number[state["machine"]]
        start = self.times[self.floor.machines[m].calendar].next_open(0)
        if start is None:
            return Operation((), family)
        step = self.product.steps[n]
        left = ticks_left(self.situation, self.order, self.product, n)
        alternative = Alternative(m, left, step.power_on(state["machine"]))
        is_last = self.situation.running.get(state["machine"]) == (self.order["id"], n)
        return Operation((alternative,), family, Pin(m, start if is_last else None))

    def _is_open(self, machine: PlantMachine) -> bool:
        m = self.floor.number[machine.id]
        return self.times[self.floor.machines[m].calendar].total > 0

    def _release(self, first: Operation) -> int:
        """When the first operation may start: not before the order's release and what was done
        before has arrived; work in progress has begun."""
        if first.pin is not None:
            return 0
        release = max(self.earliest, self.horizon.ceil(int(self.order["release"])))
        done = [s for s in self.order["steps"][: self.steps[0]] if s["machine"] is not None]
        if done and done[-1]["machine"] in self.floor.number and done[-1]["end"] is not None:
            site = self.floor.machines[self.floor.number[done[-1]["machine"]]].site
            sites = [self.floor.machines[a.machine].site for a in first.alternatives]
            way = max(int(self.floor.transport[site, to]) for to in sites)
            release = max(release, self.horizon.ceil(int(done[-1]["end"])) + way)
        return release

    def _ends_at(self, operations: Sequence[Operation], release: int) -> int:
        """Earliest end with every machine free; beyond the horizon where there is none."""
        time = release
        for operation in operations:
            ends = [self._end(a, time, operation.pin) for a in operation.alternatives]
            time = min(end if end is not None else self.horizon.ticks + 1 for end in ends)
        return time

    def _end(self, alternative: Alternative, time: int, pin: Pin | None) -> int | None:
        working = self.times[self.floor.machines[alternative.machine].calendar]
        start = working.next_open(time if pin is None or pin.start is None else pin.start)
        return None if start is None else working.end(start, alternative.duration)

    def _left_out_cost(
        self, operations: Sequence[Operation], due: int, late_cost_h: float
    ) -> float:
        """What not planning it counts as: late by days beyond the horizon, or little where it is
        due after it and can still be planned; and dearer than any energy it would take."""
        beyond_h = (self.horizon.ticks - due) / 60.0
        late_h = beyond_h + LATE_BEYOND_H if beyond_h >= 0.0 else WAITS_H
        kwh = sum(max(a.duration * a.power_kw for a in op.alternatives) / 60 for op in operations)
        energy = self.situation.plant.energy
        dearest = max([energy.price, *(t.price for t in energy.tariffs)]) if energy else 0.0
        return max(late_cost_h, 1.0) * late_h + 2.0 * kwh * dearest
