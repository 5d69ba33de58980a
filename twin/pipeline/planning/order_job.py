"""One order on its way to a job: what is left of it, on which machines, how long, how dear."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from twin.pipeline.planning.horizon import Horizon
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.work_left import ticks_left
from twin.plant import Machine as PlantMachine
from twin.plant import Product
from twin.scheduling.problem import Alternative, Calendar, Job, Machine, Operation, Pin
from twin.scheduling.working_time import WorkingTime

__all__ = ["Floor", "OrderJob"]

LATE_BEYOND_H = 72.0
"""Hours of lateness beyond the horizon that leaving an order out counts as."""
WAITS_H = 1.0
"""The same for an order that is due after the horizon."""


class Floor(NamedTuple):
    """The machines as the problem numbers them."""

    machines: Sequence[Machine]
    calendars: Sequence[Calendar]
    number: Mapping[str, int]
    """Machine id → its number."""
    transport: Any
    """(K, K) ticks between sites."""


class OrderJob:
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
