"""A small shop in memory: two mills, two presses, what is written, and what follows from events."""

from collections.abc import Iterable, Mapping
from typing import Any

from small_plant import plant_with

from twin.pipeline.orders.orders import PROGRESS_KINDS, new_order, report
from twin.sources.shop.board import Board
from twin.sources.shop.floor import ShopFloor
from twin.sources.shop.shop import Shop
from twin.types import Event

MINUTE, HOUR = 60_000_000, 3_600_000_000
MIDNIGHT = 1_772_492_400_000_000
"""Tuesday 2026-03-03 00:00 in Berlin: pauses at 01:30, 09:30 and 17:30 of half an hour each."""
WAY = 10 * MINUTE

PLANT, CATALOGUE = plant_with(
    {"mill": 2, "press": 2},
    product=[
        {
            "id": "shaft",
            "family": "shafts",
            "step": [
                {"class": "mill", "minutes": 2, "fixed_minutes": 10, "power_kw": 20},
                {"class": "press", "minutes": 1, "power_kw": 40},
                {"class": "mill", "minutes": 1.5, "power_kw": 10},
            ],
        },
        {
            "id": "pan",
            "family": "pans",
            "step": [
                {"class": "press", "minutes": 1.5, "fixed_minutes": 5, "power_kw": 20},
                {"class": "mill", "minutes": 1, "power_kw": 20},
            ],
        },
    ],
    changeover=[
        {"class": "mill", "minutes": 30},
        {"class": "press", "from": "pans", "to": "shafts", "minutes": 45},
        {"class": "press", "from": "shafts", "to": "pans", "minutes": 20},
    ],
)


class Office:
    """Orders as the desk keeps them, a plan, services: what the board shows."""

    def __init__(self, *orders: tuple[str, str, int, int, int]) -> None:
        """orders: id, product, quantity, and release and due in minutes after MIDNIGHT."""
        self.orders: dict[str, dict[str, Any]] = {}
        self.plan: dict[str, Any] | None = None
        self.services: list[dict[str, Any]] = []
        for order_id, product, quantity, release, due in orders:
            detail = {"product": product, "quantity": quantity, "priority": 3, "note": ""}
            detail |= {"release": MIDNIGHT + release * MINUTE, "due": MIDNIGHT + due * MINUTE}
            self.orders[order_id] = new_order(PLANT, detail, order_id, "Late Shift", MIDNIGHT)

    def fold(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.kind in PROGRESS_KINDS:
                order = self.orders[event.detail["order"]]
                report(order, event.kind, event.time, event.machine_id, event.detail)
            for service in self.services:
                if event.kind == "repair" and event.detail.get("service") == service["id"]:
                    service["state"] = "done"

    def planned(self, *operations: tuple[str, int, str, int], until: int = 10_000) -> None:
        """operations: order, step, machine, start in minutes after MIDNIGHT."""
        listed = [
            {
                "order": o,
                "step": n,
                "machine": m,
                "start": MIDNIGHT + t * MINUTE,
                "setup_start": None,
            }
            for o, n, m, t in operations
        ]
        self.plan = {"end": MIDNIGHT + until * MINUTE, "operations": listed, "left_out": []}

    def board(self) -> Board:
        return Board(self.orders, self.plan, self.services)


def floor() -> ShopFloor:
    return ShopFloor(PLANT, 5, MIDNIGHT)


def shop_at(office: Office, minute: int = 0) -> Shop:
    shop = Shop(floor(), MIDNIGHT + minute * MINUTE)
    shop.began -= HOUR
    shop.read(office.board())
    return shop


def run(
    shop: Shop,
    office: Office,
    until: int,
    happened: Iterable[Event] = (),
    every: int = 1,
    idle: bool = True,
) -> list[Event]:
    """Let the shop work until a minute after MIDNIGHT; the office learns of it every so many.

    idle: go on when all orders are done.
    """
    told: list[Event] = []
    waiting = sorted(happened, key=lambda e: e.time)
    while shop.time < MIDNIGHT + until * MINUTE:
        if not idle and all(order["state"] == "done" for order in office.orders.values()):
            break
        end = min(shop.time + every * MINUTE, MIDNIGHT + until * MINUTE)
        now = [e for e in waiting if shop.time < e.time <= end]
        events, _ = shop.advance(end, now)
        told += events
        office.fold([*events, *now])
        shop.read(office.board())
    return told


def times(events: Iterable[Event], kind: str) -> Mapping[tuple[str, int], int]:
    return {(e.detail["order"], e.detail["step"]): e.time for e in events if e.kind == kind}


def failure(machine: str, minute: int, hours: float) -> list[Event]:
    start = MIDNIGHT + minute * MINUTE
    mode = {"mode": None, "planned": False}
    return [
        Event(start, "failure", machine, mode),
        Event(start + int(hours * HOUR), "repair", machine, mode),
    ]
