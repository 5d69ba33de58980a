"""What is written at the shop floor's board: open orders, the plan in force, planned services."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Board", "Planned", "Record", "Service"]

Record = Mapping[str, Any]
HOUR_US = 3_600_000_000


class Planned(NamedTuple):
    """An operation in the plan in force, times µs UTC."""

    start: int
    setup_start: int
    order: str
    step: int


class Service(NamedTuple):
    start: int
    end: int
    machine: str
    id: str


class Board:
    """Read anew whenever somebody writes; ways to look things up, nothing that changes."""

    def __init__(
        self,
        orders: Mapping[str, Record] | None = None,
        plan: Record | None = None,
        services: Iterable[Record] = (),
    ) -> None:
        self.orders = {i: o for i, o in sorted((orders or {}).items()) if o["state"] == "open"}
        self.services = sorted(
            Service(int(s["start"]), int(s["start"] + s["duration_h"] * HOUR_US), *_whose(s))
            for s in services
            if s["state"] == "planned"
        )
        self.plan_end = int(plan["end"]) if plan else 0
        self.left_out = {str(x["order"]) for x in plan["left_out"]} if plan else set()
        self.running = self._running()
        """Machine → start, order and step of what is written as under way on it, the first one
        first."""
        self.planned: dict[str, list[Planned]] = {}
        self.planned_on: dict[tuple[str, int], str] = {}
        """Order and step → machine."""
        for operation in plan["operations"] if plan else ():
            self._put(operation)
        for operations in self.planned.values():
            operations.sort()

    def _running(self) -> dict[str, list[tuple[int, str, int]]]:
        found: dict[str, list[tuple[int, str, int]]] = {}
        for order_id, order in self.orders.items():
            for n, step in enumerate(order["steps"]):
                if step["state"] == "running" and step["machine"]:
                    own = found.setdefault(str(step["machine"]), [])
                    own.append((int(step["start"]), order_id, n))
        return {machine: sorted(own) for machine, own in found.items()}

    def _put(self, operation: Record) -> None:
        order, step = str(operation["order"]), int(operation["step"])
        if not self.is_waiting(order, step):
            return
        start = int(operation["start"])
        begin = int(operation.get("setup_start") or start)
        machine = str(operation["machine"])
        self.planned.setdefault(machine, []).append(Planned(start, begin, order, step))
        self.planned_on[order, step] = machine

    def step(self, order_id: str, n: int) -> Record | None:
        """What is known of a step of an open order."""
        order = self.orders.get(order_id)
        steps: Sequence[Record] = order["steps"] if order is not None else ()
        return steps[n] if n < len(steps) else None

    def is_waiting(self, order_id: str, n: int) -> bool:
        step = self.step(order_id, n)
        return step is not None and step["state"] == "waiting"


def _whose(service: Record) -> tuple[str, str]:
    return str(service["machine"]), str(service["id"])
