"""Services that come upon work in progress: the work waits, and goes on after them.

A planned service keeps its time whatever runs by then. Work and service cannot both be blocks of
one machine then, so the service's time is taken out of the machine's calendar, and of its crew's.
"""

from collections.abc import Mapping

from twin.pipeline.planning.horizon import Horizon, line_calendar
from twin.pipeline.planning.jobs import Key
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.work_left import ticks_left
from twin.pipeline.services import HOUR_US, Service
from twin.scheduling.working_time import WorkingTime

__all__ = ["overlaid_services", "ticks_of"]


def overlaid_services(
    situation: Situation, horizon: Horizon, closed: Mapping[str, tuple[int, int]]
) -> list[Service]:
    """Planned services that come upon work in progress: the work waits meanwhile, machine and crew
    are closed to all else."""
    found = []
    for service in situation.services:
        running = situation.running.get(service["machine"])
        if running is not None and ticks_of(service, horizon)[0] < _work_until(
            situation, horizon, closed, service["machine"], running
        ):
            found.append(service)
    return found


def ticks_of(service: Service, horizon: Horizon) -> tuple[int, int]:
    """From and until when a service takes its machine, within the horizon."""
    end = horizon.ceil(int(service["start"] + service["duration_h"] * HOUR_US))
    return max(horizon.first, horizon.ceil(int(service["start"]))), min(max(0, end), horizon.ticks)


def _work_until(
    situation: Situation,
    horizon: Horizon,
    closed: Mapping[str, tuple[int, int]],
    machine_id: str,
    running: Key,
) -> int:
    """Tick by which work in progress is done if nothing comes between."""
    order, step = situation.orders[running[0]], running[1]
    product = situation.plant.product(order["product"])
    machine = next((m for m in situation.plant.machines if m.id == machine_id), None)
    if product is None or machine is None or len(product.steps) != len(order["steps"]):
        return 0
    calendar = line_calendar(situation.plant, machine.line, horizon)
    repaired = horizon.ceil(closed[machine_id][1]) if machine_id in closed else 0
    left = ticks_left(situation, order, product, step)
    end = WorkingTime(calendar).end(repaired, left)
    return horizon.ticks if end is None else end
