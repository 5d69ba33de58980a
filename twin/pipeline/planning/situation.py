"""All that a plan is made from, read from the store at one moment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from twin.pipeline.failures import Failures
from twin.pipeline.machines_now import machines_now
from twin.pipeline.orders.written import read_written_orders
from twin.pipeline.planning.written import KIND, read_written
from twin.pipeline.services import Service, end_us, services_of
from twin.pipeline.site import Site
from twin.pipeline.view_rows import read_rows
from twin.pipeline.worklist import MachineNow
from twin.plant import Plant
from twin.stores.base import Store

__all__ = [
    "KIND",
    "Decisions",
    "ExtraShift",
    "Situation",
    "loaded",
    "read_situation",
    "situation_of",
]

Record = Mapping[str, Any]


class Decisions(NamedTuple):
    """What people have decided about the plan, as the desk keeps it."""

    vetoes: Sequence[Record] = ()
    locks: Sequence[Record] = ()
    accepted: Sequence[Record] = ()

    def vetoed_until(self, machine_id: str, now_us: int) -> int | None:
        """Until when nobody wants a service of the machine to be suggested, µs; None: no veto."""
        until = [int(v["until"]) for v in self.vetoes if v["machine"] == machine_id]
        return max((time for time in until if time > now_us), default=None)


class ExtraShift(NamedTuple):
    """Times are µs UTC."""

    line: str
    start: int
    end: int


class Situation(NamedTuple):
    """A plant at one moment. Times are µs UTC of the plant."""

    plant: Plant
    now_us: int
    speed: float = 1.0
    """Plant seconds in a second."""
    machines: Sequence[MachineNow] = ()
    failed_us: Mapping[str, int] = {}
    """Machines that stand failed, and since when."""
    orders: Mapping[str, Record] = {}
    services: Sequence[Service] = ()
    """Those that are planned, soonest first."""
    served: Sequence[Service] = ()
    """Those that were done."""
    decisions: Decisions = Decisions()
    in_force: Record | None = None
    repairs_h: Mapping[str, Sequence[float]] = {}
    """Class → what repairs of its machines took, as far as the store remembers."""
    down_until: Mapping[str, int] = {}
    """What if: machines that stand until then."""
    extra_shifts: Sequence[ExtraShift] = ()
    """What if: times at which a line works besides its shifts."""

    @property
    def running(self) -> dict[str, tuple[str, int]]:
        """Machine → order and step under way on it; of several the one that began last."""
        found: dict[str, tuple[int, str, int]] = {}
        for order in self.orders.values():
            for n, step in enumerate(order["steps"] if order["state"] == "open" else ()):
                if step["state"] == "running" and step["machine"]:
                    begun = (int(step["start"]), str(order["id"]), n)
                    found[step["machine"]] = max(found.get(step["machine"], begun), begun)
        return {machine: (order, n) for machine, (_, order, n) in found.items()}


def read_situation(
    store: Store, site: Site, failures: Failures, now_us: int, speed: float
) -> Situation:
    """The plant as the store holds it at plant time now_us. Raises StoreError."""
    failures.follow(store)
    found = machines_now(site, read_rows(store, site), now_us, speed, failures)
    failed = {m.machine.id: failures.since(m.machine.id) for m in found if m.is_failed}
    return situation_of(
        site.plant,
        now_us,
        speed,
        machines=found,
        failed_us={m: since for m, since in failed.items() if since is not None},
        orders=read_written_orders(store),
        services=loaded(store.document("desk", "services"), []),
        schedule={name: read_written(store, name) for name in ("decisions", "in_force")},
    )._replace(repairs_h=_repairs(site.plant, failures))


def situation_of(
    plant: Plant,
    now_us: int,
    speed: float = 1.0,
    *,
    machines: Sequence[MachineNow] = (),
    failed_us: Mapping[str, int] | None = None,
    orders: Mapping[str, Record] | None = None,
    services: Iterable[Record] = (),
    schedule: Mapping[str, Any] | None = None,
) -> Situation:
    """The same from documents that were read already, as a screen's snapshot holds them."""
    held = schedule or {}
    said = held.get("decisions") or {}
    all_services = [s for s in services if isinstance(s, dict)]
    return Situation(
        plant,
        now_us,
        speed,
        machines,
        failed_us or {},
        orders or {},
        [s for s in services_of(all_services) if end_us(s) > now_us],
        [s for s in all_services if s.get("state") == "done"],
        Decisions(*(said.get(name, ()) for name in Decisions._fields)),
        held.get("in_force"),
    )


def _repairs(plant: Plant, failures: Failures) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for machine in plant.machines:
        found.setdefault(machine.class_id, []).extend(failures.repairs_h(machine.id))
    return found


def loaded(text: bytes | None, default: Any) -> Any:
    """A document's content, the default where there is none."""
    return orjson.loads(text) if text else default
