"""The simulated shop floor's eyes and mouth: what is written in the store, and orders placed."""

import time
from collections.abc import Sequence
from typing import Any

import orjson

from twin.actions import Action, pack_action
from twin.pipeline.feed.pump import wall_us
from twin.pipeline.orders.written import parsed_order
from twin.pipeline.planning.written import parsed
from twin.pipeline.services import services_of
from twin.plant import Plant
from twin.sources.shop.board import Board
from twin.sources.shop.orders import NewOrder
from twin.sources.shop.source import Look, WorkingPlant
from twin.sources.simulator import Simulator
from twin.stores.base import FIRST_ID, Store
from twin.types import Event

__all__ = ["CUSTOMERS", "BoardReader", "place_orders", "working_plant"]

CUSTOMERS = "Simulated customers"
LOOK_S = 0.4
"""Wall time between two looks at the store."""
READ_MAX = 1000
REPORTS = frozenset({"failure", "failure_retracted", "repair"})


def working_plant(
    store: Store, simulator: Simulator, plant: Plant, seed: int, begin_us: int
) -> WorkingPlant:
    """The simulator with customers and a shop floor around it, from plant time begin_us on."""
    reader = BoardReader(store)

    def place(orders: Sequence[NewOrder], now_us: int) -> None:
        place_orders(store, orders, now_us)

    return WorkingPlant(simulator, plant, seed, reader.look, place, begin_us)


class BoardReader:
    """`look` at the store, at most every LOOK_S; documents are parsed once for every change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._texts: dict[str, bytes | None] | None = None
        self._orders: dict[str, tuple[bytes, Any]] = {}
        self._next_look = 0.0

    def look(self, after: str | None) -> Look:
        """What is new; after: how far reports were read, None: they begin now."""
        if after is None:
            newest = self._store.last_events(1)
            return Look(self._board(), (), (newest[0][0] if newest else FIRST_ID).decode())
        if time.monotonic() < self._next_look:
            return Look(None, (), after)
        self._next_look = time.monotonic() + LOOK_S
        reports, last = self._reports(after)
        return Look(self._board(), reports, last)

    def _reports(self, after: str) -> tuple[list[Event], str]:
        """Failures and repairs that people reported, and the id up to which there is nothing."""
        found: list[Event] = []
        while True:
            read = self._store.events(after.encode(), READ_MAX)
            found += [e for _, e in read if e.kind in REPORTS and "action" in e.detail]
            after = read[-1][0].decode() if read else after
            if len(read) < READ_MAX:
                return found, after

    def _board(self) -> Board | None:
        """The board if anything on it has changed."""
        orders = self._store.documents("orders")
        services = self._store.document("desk", "services")
        plan = self._store.document("schedule", "in_force")
        texts = {**orders, "": plan, " services": services}
        if texts == self._texts:
            return None
        self._texts = texts
        known = self._orders
        self._orders = {
            i: known[i] if i in known and known[i][0] == text else (text, parsed_order(i, text)[0])
            for i, text in orders.items()
        }
        return Board(
            {i: order for i, (_, order) in self._orders.items() if order is not None},
            parsed("in_force", plan)[0],
            services_of(orjson.loads(services)) if services else (),
        )


def place_orders(store: Store, orders: Sequence[NewOrder], now_us: int) -> None:
    """Ask the desk to take orders in. Asked again it takes none twice: ids are the orders' own."""
    details = [_detail(order) for order in orders]
    is_one = len(details) == 1
    action = Action(
        "order.add" if is_one else "order.import",
        None,
        now_us,
        wall_us(),
        CUSTOMERS,
        "manager",
        details[0] if is_one else {"orders": details},
        orders[0].id if is_one else f"{orders[0].id}…{orders[-1].id}",
    )
    store.add_action(pack_action(action))


def _detail(order: NewOrder) -> dict[str, Any]:
    return {name: value for name, value in order._asdict().items() if name != "placed"}
