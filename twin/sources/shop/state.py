"""How far the shop floor is: what each machine is at, what is done and not yet written down."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from twin.sources.shop.board import Board, Record
from twin.sources.shop.floor import ShopFloor

__all__ = ["Choice", "Held", "ShopState"]

_OVER: Record = {"state": "done", "machine": "", "end": 0}
"""A step that the board does not know (any more)."""


@dataclass
class Held:
    """What a machine is at: set up for it, waiting for its piece, or working; µs of open time."""

    order: str
    step: int
    product: str
    quantity: int
    setup_left: int
    left: int
    not_before: int
    started: bool = False

    @property
    def under_way(self) -> int:
        """Open time until something ends by itself: the setup or the work; 0: it waits."""
        return self.setup_left or (self.left if self.started else 0)


class Choice(NamedTuple):
    """An operation that a machine could take, the setup that it needs, when it may start."""

    order: str
    step: int
    setup: int
    not_before: int = 0


class ShopState:
    """What is known at `time`, µs UTC; `board` is what is written."""

    def __init__(self, floor: ShopFloor, time: int) -> None:
        self.floor, self.time, self.board = floor, time, Board()
        self.began = time
        self.held: dict[str, Held] = {}
        self.family: dict[str, str] = {}
        """What machines are set up for."""
        self.down: dict[str, str] = {}
        """Machines that stand, and why."""
        self.done: dict[str, dict[int, tuple[str, int]]] = {}
        """Order → step → machine and end, of what the board does not say yet."""
        self.begun: list[str] = []
        """Services that were begun and that the board still has as planned."""

    def read(self, board: Board) -> None:
        """Take up what is written now, and drop what somebody took away."""
        self.board = board
        for order_id, known in list(self.done.items()):
            left = {n: end for n, end in known.items() if not self._is_written(order_id, n)}
            self.done[order_id] = left
            if not left:
                del self.done[order_id]
        self.held = {m: held for m, held in self.held.items() if not self._is_over(m, held)}
        planned = {service.id for service in board.services}
        self.begun = [i for i in self.begun if i in planned]

    def is_done(self, order_id: str, n: int) -> bool:
        return n in self.done.get(order_id, ()) or self._is_written(order_id, n)

    def is_free(self, order_id: str, n: int) -> bool:
        """Whether nobody has begun a step; one on a machine that has left is begun anew."""
        known = self.board.step(order_id, n)
        if known is None or self.is_done(order_id, n):
            return False
        if any((h.order, h.step) == (order_id, n) for h in self.held.values()):
            return False
        return known["state"] == "waiting" or known["machine"] not in self.floor.machines

    def ready_at(self, order_id: str, n: int, machine: str) -> int | None:
        """When the piece is there: at its release, or brought from the step before, which ends
        when it will if nothing happens; None: nobody knows."""
        if n == 0:
            return int(self.board.orders[order_id]["release"])
        if self.is_done(order_id, n - 1):
            before, end = self._ended(order_id, n - 1)
            return end + self.floor.way(before, machine)
        for where, held in self.held.items():
            if (held.order, held.step) == (order_id, n - 1):
                end_ = self.end_of(where) if held.started else None
                return None if end_ is None else end_ + self.floor.way(where, machine)
        return None

    def end_of(self, machine: str) -> int | None:
        """When the setup or the work under way ends if nothing happens; None: nobody knows."""
        left = self.held[machine].under_way
        if not left or machine in self.down:
            return None
        return self.floor.open_of(machine).done_at(self.time, left)

    def ends(self) -> Iterator[int]:
        """All of these that are known."""
        return (end for machine in self.held if (end := self.end_of(machine)) is not None)

    def _ended(self, order_id: str, n: int) -> tuple[str, int]:
        """Machine and end of a step that is done; of one that nobody saw end, long ago."""
        if n in self.done.get(order_id, ()):
            return self.done[order_id][n]
        step = self.board.step(order_id, n) or _OVER
        return str(step["machine"]), int(step["end"] or 0)

    def _is_written(self, order_id: str, n: int) -> bool:
        return bool((self.board.step(order_id, n) or _OVER)["state"] == "done")

    def _is_over(self, machine: str, held: Held) -> bool:
        """Whether somebody took away what a machine is at, or the machine itself, or began it on
        another machine."""
        step = self.board.step(held.order, held.step)
        elsewhere = step["machine"] if step and step["state"] == "running" else machine
        if elsewhere != machine and elsewhere in self.floor.machines:
            return True
        gone = machine not in self.floor.machines or self._is_written(held.order, held.step)
        return gone or self.floor.step(held.product, held.step) is None

    # --- going on later -------------------------------------------------------------------------
    def to_json(self) -> dict[str, Any]:
        """All that `restore` needs besides the board, for orjson."""
        return {
            "time": self.time,
            "began": self.began,
            "held": {m: asdict(held) for m, held in self.held.items()},
            "family": self.family,
            "down": self.down,
            "done": [[o, n, *end] for o, ends in self.done.items() for n, end in ends.items()],
            "begun": self.begun,
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what to_json gave."""
        self.time, self.began = kept["time"], kept["began"]
        self.held = {m: Held(**held) for m, held in kept["held"].items()}
        self.family, self.down, self.begun = kept["family"], kept["down"], kept["begun"]
        self.done = {}
        for order_id, n, machine, end in kept["done"]:
            self.done.setdefault(order_id, {})[n] = (machine, end)
