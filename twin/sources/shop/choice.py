"""What a machine that is free does next.

Of the plan in force it takes, in the order of planned starts, the first operation whose time has
come and whose piece is there when it is set up. What no plan knows is run in gaps that are long
enough: what is due within a day first, then what needs least setting up, then what is due soonest.
"""

from twin.sources.shop.floor import MINUTE_US
from twin.sources.shop.state import Choice, ShopState

__all__ = ["next_choice", "unplanned"]

URGENT_US = 24 * 60 * MINUTE_US
SOON_US = 12 * 60 * MINUTE_US
"""No machine is set up for longer than this before its piece is there."""
PATIENCE_US = 20 * MINUTE_US
"""For so long after it began the shop waits for a first plan."""
Operation = tuple[str, int]
"""Order and step."""


def next_choice(shop: ShopState, machine: str, free: list[Operation]) -> Choice | None:
    """What the machine is to be set up for now, None: nothing. free: of no plan."""
    return _planned(shop, machine) or _filling(shop, machine, free)


def unplanned(shop: ShopState) -> list[Operation]:
    """The next step of every order that the plan in force does not know; what it leaves out, as
    long as it reaches, is left out. While a first plan is to be expected, nothing."""
    if shop.board.plan_end == 0 and shop.time < shop.began + PATIENCE_US:
        return []
    left_out = shop.board.left_out if shop.time < shop.board.plan_end else ()
    found = []
    for order_id, order in shop.board.orders.items():
        n = next((n for n in range(len(order["steps"])) if not shop.is_done(order_id, n)), None)
        if n is None or order_id in left_out:
            continue
        if shop.board.planned_on.get((order_id, n)) in shop.floor.machines:
            continue
        if n == 0 and int(order["release"]) > shop.time + SOON_US:
            continue
        if shop.is_free(order_id, n) and shop.floor.step(order["product"], n) is not None:
            found.append((order_id, n))
    return found


def _planned(shop: ShopState, machine: str) -> Choice | None:
    for operation in shop.board.planned.get(machine, ()):
        if operation.setup_start > shop.time:
            continue
        choice = _choice(shop, operation.order, operation.step, machine)
        if choice is not None and _comes_in_time(shop, choice, machine):
            return choice._replace(not_before=operation.start)
    return None


def _filling(shop: ShopState, machine: str, free: list[Operation]) -> Choice | None:
    found = []
    for order_id, n in free:
        order = shop.board.orders[order_id]
        if machine not in shop.floor.able[order["product"], n]:
            continue
        choice = _choice(shop, order_id, n, machine)
        if choice is not None and _comes_in_time(shop, choice, machine):
            calm = int(order["due"]) - shop.time > URGENT_US
            found.append((calm, choice.setup if calm else 0, int(order["due"]), choice))
    limit = _committed(shop, machine) if found else None
    fitting = (c for *_, c in sorted(found) if limit is None or _done_by(shop, c, machine, limit))
    return next(fitting, None)


def _committed(shop: ShopState, machine: str) -> int | None:
    """When the machine is to do something else, planned or serviced; None: nobody knows."""
    times = [s.start for s in shop.board.services if s.machine == machine]
    for operation in shop.board.planned.get(machine, ()):
        choice = _choice(shop, operation.order, operation.step, machine)
        if choice is None:
            continue
        ready = shop.ready_at(choice.order, choice.step, machine)
        times.append(max(operation.setup_start, (ready or 0) - choice.setup))
    return min((t for t in times if t > shop.time), default=None)


def _choice(shop: ShopState, order_id: str, n: int, machine: str) -> Choice | None:
    """An operation with its setup; None where it is begun already or cannot be."""
    order = shop.board.orders.get(order_id)
    if order is None or shop.floor.step(order["product"], n) is None:
        return None
    if not shop.is_free(order_id, n):
        return None
    return Choice(
        order_id, n, shop.floor.setup(machine, shop.family.get(machine), order["product"])
    )


def _comes_in_time(shop: ShopState, choice: Choice, machine: str) -> bool:
    ready = shop.ready_at(choice.order, choice.step, machine)
    return ready is not None and ready <= shop.time + choice.setup


def _done_by(shop: ShopState, choice: Choice, machine: str, limit: int) -> bool:
    order = shop.board.orders[choice.order]
    work = shop.floor.work(order["product"], choice.step, order["quantity"], machine)
    end = shop.floor.open_of(machine).done_at(shop.time, choice.setup + work)
    return end is not None and end <= limit
