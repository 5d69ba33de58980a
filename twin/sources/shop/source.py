"""The simulated plant with people in it: customers order, the shop floor runs the plan in force.

A source around the simulator. What it decides at a step is told to the simulator and goes along
with the batch's position, so that what was decided is decided once: a source that resumes from a
position knows what every machine is at, and gives the simulator the same commands again.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from twin.errors import DataError
from twin.plant import Plant
from twin.sources.base import Batch
from twin.sources.physics.commands import Command
from twin.sources.shop.board import Board
from twin.sources.shop.floor import ShopFloor
from twin.sources.shop.orders import Customers, NewOrder
from twin.sources.shop.shop import Shop
from twin.sources.simulator import Simulator
from twin.types import Event

__all__ = ["Look", "WorkingPlant"]

TIME_BYTES = 8


class Look(NamedTuple):
    """What is new at the board."""

    board: Board | None
    """None: as it was."""
    reports: Sequence[Event]
    """Failures and repairs that people have reported since `after` was given."""
    after: str
    """How far reports are read."""


class WorkingPlant:
    """look: given how far reports were read (None: skip those there are), what is new.
    place: have orders taken; placed twice, an order counts once. begin_us: before this plant time
    machines follow their own demand, as a simulation's warm-up does.
    """

    def __init__(
        self,
        simulator: Simulator,
        plant: Plant,
        seed: int,
        look: Callable[[str | None], Look],
        place: Callable[[Sequence[NewOrder], int], None],
        begin_us: int = 0,
    ) -> None:
        self.source_id = simulator.source_id
        self.simulator = simulator
        self._floor = ShopFloor(plant, seed, simulator.start_us)
        self._customers = Customers(self._floor)
        self._look, self._place, self._begin_us = look, place, begin_us
        self.shop: Shop | None = None
        """None: not begun yet."""
        self._after: str | None = None
        self._placed_us = 0
        self._asked: dict[str, tuple[float, float]] = {}
        self._is_told = False

    @property
    def now_us(self) -> int:
        return self.simulator.now_us

    def batches(self) -> Iterator[Batch]:
        while True:
            yield self.step()

    def step(self) -> Batch:
        """What arrives until the next sample time, and what people do until then."""
        if self.shop is None and self.now_us < self._begin_us:
            return self.simulator.step()
        shop = self.shop or self._begin()
        self._read(shop)
        batch = self.simulator.step()
        happened = [self._with_service(shop, event) for event in batch.events]
        events, services = shop.advance(self.now_us, happened)
        self.simulator.tell(service._replace(time=self.now_us) for service in services)
        self._ask(shop)
        self._order()
        events = sorted([*happened, *events], key=lambda e: e.time)
        return batch._replace(events=events, position=self._position(shop))

    def _begin(self) -> Shop:
        """Take the plant over from its own demand, with what is written as running."""
        self.shop = Shop(self._floor, self.now_us)
        look = self._look(None)
        self._after = look.after
        if look.board is not None:
            self.shop.read(look.board)
        self.shop.adopt()
        return self.shop

    def _read(self, shop: Shop) -> None:
        """What people wrote and reported; a repair by hand mends the simulated machine too."""
        if not self._is_told:  # a class that is new is driven too
            self.simulator.tell([Command(self.now_us, "drive")])
            self._is_told = True
        look = self._look(self._after)
        self._after = look.after
        for event in look.reports:
            shop.happen(event)
            if event.kind == "repair":
                self.simulator.tell([Command(self.now_us, "mend", event.machine_id)])
        if look.board is not None:
            shop.read(look.board)

    def _with_service(self, shop: Shop, event: Event) -> Event:
        """A repair of a machine that was to be serviced by then was its service."""
        if event.kind != "repair" or event.detail.get("service"):
            return event
        service = shop.overtaken(event.machine_id, event.time)
        if service is None:
            return event
        return event._replace(detail=event.detail | {"service": service})

    def _ask(self, shop: Shop) -> None:
        asked = shop.asked()
        self.simulator.tell(
            Command(self.now_us, "ask", machine, *wanted)
            for machine, wanted in asked.items()
            if self._asked.get(machine) != wanted
        )
        self._asked = asked

    def _order(self) -> None:
        """Orders that are placed by now; at first all that such a plant has."""
        if not self._floor.products:
            return
        now = self.now_us
        new = (
            self._customers.placed(self._placed_us, now)
            if self._placed_us
            else self._customers.at_first(now)
        )
        if new:
            self._place(new, now)
        self._placed_us = now

    # --- resuming -------------------------------------------------------------------------------
    def _position(self, shop: Shop) -> bytes:
        kept = {
            "commands": self.simulator.told(),
            "shop": shop.to_json(),
            "after": self._after,
            "placed": self._placed_us,
        }
        time = self.now_us.to_bytes(TIME_BYTES, "little", signed=True)
        return time + zlib.compress(orjson.dumps(kept), 1)

    def resume(self, position: bytes, state: bytes | None) -> None:
        """Go on after position, exactly. One of a plant in which nobody worked yet will do."""
        rest = position[TIME_BYTES:]
        try:
            kept = orjson.loads(zlib.decompress(rest)) if rest[:1] not in {b"", b"["} else None
            inner = position if kept is None else orjson.dumps(kept["commands"])
        except (ValueError, KeyError, zlib.error) as error:
            raise DataError(f"{self.source_id}: position is not a plant's: {error}") from error
        if kept is not None:
            inner = position[:TIME_BYTES] + inner
        self.simulator.resume(inner, state)
        if kept is not None:
            self._restore(kept)

    def _restore(self, kept: Mapping[str, Any]) -> None:
        """Take up what the shop floor kept; of another release it begins with what is written."""
        shop = Shop(self._floor, self.now_us)
        self._after, self._placed_us = kept.get("after"), kept.get("placed", 0)
        try:
            shop.restore(dict(kept["shop"]))
        except (KeyError, TypeError, ValueError):
            return
        self.shop = shop

    def describe(self) -> Mapping[str, Any]:
        at_work = len(self.shop.held) if self.shop is not None else 0
        return {**self.simulator.describe(), "at_work": at_work}
