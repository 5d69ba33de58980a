"""Spare parts over time: when each piece is there, who of those planned has one, who would not.

The planner and the desk ask here, so that what a person may accept is what a plan may hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from twin.pipeline.services import HOUR_US, end_us
from twin.plant import Part, Plant

__all__ = ["Shortage", "allotted", "part_of", "pieces", "shortage"]

DAY_US = 24 * HOUR_US
Record = Mapping[str, Any]


class Shortage(NamedTuple):
    """A part that is not there when a service needs it, and from when on it could have one."""

    part: str
    first: int
    """µs UTC."""


def part_of(plant: Plant, machine_id: str) -> str | None:
    """The part that a planned service of a machine takes."""
    machine = next((m for m in plant.machines if m.id == machine_id), None)
    return None if machine is None else plant.class_of(machine).service.part


def pieces(
    plant: Plant, part: Part, served: Iterable[Record], n_ordered: int, now_us: int, order_us: int
) -> list[int]:
    """When one piece more of a part is there, µs UTC, rising; 0: it lies in the store.

    What lies there, what was ordered again for those that services took lately (served: done), and
    n_ordered that are ordered at order_us for services to come.
    """
    lead_us = round(part.lead_days * DAY_US)
    used = sorted(int(s["done"]) for s in served if part_of(plant, s["machine"]) == part.id)
    if part.reorder:
        used = [done for done in used if done + lead_us > now_us]
    in_store = max(0, part.stock - len(used))
    back = used[-part.stock :] if part.stock and part.reorder else []
    return [0] * in_store + sorted(
        [*(done + lead_us for done in back), *[order_us + lead_us] * n_ordered]
    )


def allotted(there: Sequence[int], starts: Sequence[int]) -> list[bool]:
    """Who has a piece of those that take one at these times, each after the other.

    there, starts: rising, in one unit. Who has none takes none: whoever planned it will have seen
    to it.
    """
    taken, found = 0, []
    for start in starts:
        has_one = taken < len(there) and there[taken] <= start
        taken += has_one
        found.append(has_one)
    return found


def shortage(
    plant: Plant, services: Sequence[Record], service: Record, now_us: int, order_us: int
) -> Shortage | None:
    """The part that a service would lack at its start, or would take from one planned before.

    services: all that the desk knows, this one not among them; one whose time is over and that
    nobody has said was done holds no piece, as in a plan. order_us: when a piece would be ordered
    for it. None: there is one, or it needs none.
    """
    part = next((p for p in plant.parts if p.id == part_of(plant, service["machine"])), None)
    if part is None:
        return None
    planned = [s for s in services if s["state"] == "planned" and end_us(s) > now_us]
    own = [int(s["start"]) for s in planned if part_of(plant, s["machine"]) == part.id]
    done = [s for s in services if s["state"] == "done"]
    there = pieces(plant, part, done, len(own) + 1, now_us, order_us)
    start = max(int(service["start"]), now_us)
    if _fits(there, own, start):
        return None
    later = (time for time in there if time > start)
    return Shortage(part.id, next(time for time in later if _fits(there, own, time)))


def _fits(there: Sequence[int], planned: Iterable[int], start: int) -> bool:
    """Whether one more that starts then has a piece, and nobody loses one by it."""
    before = sorted(planned)
    after = sorted([*before, start])
    return sum(allotted(there, after)) == sum(allotted(there, before)) + 1
