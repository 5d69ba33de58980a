"""What the plan in force holds for a stretch of time: for the wall, for paper, for calendars.

Everything in no language; times stay µs UTC until a screen asks for the plant's.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dashboard.snapshot import Snapshot
from twin.pipeline.services import HOUR_US
from twin.plant import Plant, shift_began

__all__ = [
    "ShiftPlan",
    "begun_services",
    "kept_up_plan",
    "open_suggestions",
    "plan_between",
    "plan_now",
    "shift_plan",
    "shift_span",
]

Line = Mapping[str, Any]


class ShiftPlan(NamedTuple):
    """A stretch of the plan in force. start, end: µs UTC."""

    start: int
    end: int
    operations: list[Line]
    """That overlap it, in order of start, each with `state`: waiting, running or done."""
    services: list[Line]

    @property
    def n_done(self) -> int:
        return sum(operation["state"] == "done" for operation in self.operations)

    @property
    def late_orders(self) -> set[str]:
        """Orders at work in it that missed their due time, or that the plan expects to miss it."""
        return {o["order"] for o in self.operations if o.get("late")}


def plan_now(snapshot: Snapshot) -> Line | None:
    """The plan in force as the planner keeps it up with what happens; None: none is in force."""
    return kept_up_plan(snapshot.schedule)


def kept_up_plan(schedule: Mapping[str, Any]) -> Line | None:
    """The same, of the planner's documents."""
    in_force, kept_up = schedule.get("in_force"), schedule.get("in_force_now")
    if in_force and kept_up and kept_up.get("version") == in_force.get("version"):
        found: Line = kept_up
        return found
    return in_force or None


def shift_span(plant: Plant, now_us: int, ahead: int = 0) -> tuple[int, int]:
    """Start and end, µs UTC, of the shift under way, or of the one so many shifts ahead."""
    head = plant.plant
    start = shift_began(head.shift_start, head.shift_h, plant.zone, now_us)
    for _ in range(ahead):
        later = start + int(head.shift_h * HOUR_US) + HOUR_US // 2
        start = shift_began(head.shift_start, head.shift_h, plant.zone, later)
    return start, start + int(head.shift_h * HOUR_US)


def shift_plan(snapshot: Snapshot, ahead: int = 0) -> ShiftPlan:
    """The shift under way, or one ahead."""
    return plan_between(snapshot, *shift_span(snapshot.plant, snapshot.plant_us, ahead))


def plan_between(snapshot: Snapshot, start_us: int, end_us: int) -> ShiftPlan:
    """What overlaps [start_us, end_us); nothing where no plan is in force."""
    plan = plan_now(snapshot)
    if plan is None:
        return ShiftPlan(start_us, end_us, [], [])
    known = [*plan["operations"], *_done(snapshot, plan)]
    operations = _overlapping(known, start_us, end_us)
    services = _overlapping(begun_services(snapshot, plan["services"]), start_us, end_us)
    stated = [{**o, "state": _state(snapshot, o)} for o in operations]
    return ShiftPlan(start_us, end_us, stated, services)


def _done(snapshot: Snapshot, plan: Line) -> Iterator[Line]:
    """Steps that orders say were done: a plan that is kept up speaks of them no more."""
    planned = {(o["order"], o["step"]) for o in plan["operations"]}
    late = {x["order"] for x in plan.get("late") or ()}
    for order_id, order in snapshot.orders.items():
        is_late = order_id in late or _came_late(order)
        for n, step in enumerate(order.get("steps") or ()):
            is_told = step["state"] == "done" and step.get("start") and step.get("end")
            if is_told and (order_id, n) not in planned:
                where = {k: step[k] for k in ("machine", "start", "end")}
                yield {"order": order_id, "step": n, "late": is_late, **where}


def _came_late(order: Line) -> bool:
    """Whether it is done, and was so after its due time."""
    ends = [int(step.get("end") or 0) for step in order.get("steps") or ()]
    is_done = order.get("state") == "done" and order.get("due") is not None
    return bool(is_done and max(ends, default=0) > int(order["due"]))


def begun_services(snapshot: Snapshot, services: Iterable[Line]) -> Iterator[Line]:
    """Services, those under way since they began: a plan has what is left of them begin now."""
    starts = {s["id"]: int(s["start"]) for s in snapshot.desk.get("services") or ()}
    for s in services:
        is_running = s.get("pin") == "running"
        yield {**s, "start": starts.get(s["id"], s["start"])} if is_running else s


def open_suggestions(snapshot: Snapshot) -> list[Line]:
    """Services that are suggested and undecided, what saves most first."""
    found = snapshot.schedule.get("suggestions") or []
    waiting = [s for s in found if s.get("state") == "open" and s.get("kind") == "service"]
    return sorted(waiting, key=lambda s: -float(s.get("saves") or 0.0))


def _overlapping(lines: Iterable[Line], start_us: int, end_us: int) -> list[Line]:
    here = [x for x in lines if x["start"] < end_us and x["end"] > start_us]
    return sorted(here, key=lambda x: int(x["start"]))


def _state(snapshot: Snapshot, operation: Line) -> str:
    """How far the operation is, as its order says."""
    steps = (snapshot.orders.get(operation["order"]) or {}).get("steps", [])
    n = int(operation["step"])
    return str(steps[n]["state"]) if n < len(steps) else "waiting"
