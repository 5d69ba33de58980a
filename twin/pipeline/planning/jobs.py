"""Orders as jobs: what is left of them, on which machines, how long, how dear it is to be late.

A step that is done is no operation any more; one that runs is pinned to its machine with the work
that remains. An order that cannot end within the horizon, or for which no machine is open, is no
job: it is named with the reason, unless it is due after the horizon and simply waits.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from twin.pipeline.planning.horizon import Horizon
from twin.pipeline.planning.order_job import Floor, OrderJob
from twin.pipeline.planning.situation import Situation
from twin.plant import Plant
from twin.scheduling.problem import Job
from twin.scheduling.working_time import WorkingTime

__all__ = [
    "OPERATIONS_MAX",
    "Key",
    "LeftOut",
    "Work",
    "families_of",
    "jobs_of",
]

OPERATIONS_MAX = 3000
"""More are not planned at once: the orders that are due last wait."""
Key = tuple[str, int]
"""Order id and number of the step."""


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
        made = OrderJob(situation, horizon, floor, times, order, product, earliest)
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
