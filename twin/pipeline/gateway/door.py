"""The gateway's way to the orders: what is sent becomes an action, and the desk's word is awaited.

The desk alone writes orders. An action bears a token of its sender's key, so that the same key
twice is the same action, whichever process is asked and whatever died in between.
"""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, NamedTuple

import orjson

from twin.actions import Action, pack_action
from twin.details import ORDERS_MAX
from twin.pipeline.desk.kept import DESK, POSITION
from twin.pipeline.feed.ingest import congested
from twin.pipeline.gateway.senders import note_sent
from twin.pipeline.orders.orders import Order
from twin.pipeline.orders.rows import Known
from twin.pipeline.orders.written import read_written_orders
from twin.pipeline.set_aside import set_aside
from twin.plant import Plant
from twin.sources.base import Reject
from twin.stores.base import Store, stream_id

__all__ = ["OrdersDoor", "Said", "is_of_key"]

WAIT_S = 3.0
"""Longest wait for the desk; what it has not folded by then it will fold later."""
POLL_S = 0.05
Detail = dict[str, Any]
"""Of order.add."""


class Said(NamedTuple):
    """What the desk has said of an action."""

    folded: bool
    orders: list[Order]
    """Those that the action brought in or is about, as they are now."""
    refused: Mapping[str, str]
    """Order → why not, a code."""


class OrdersDoor:
    """Orders of one store, for many threads. Everything here raises StoreError."""

    def __init__(
        self,
        store: Store,
        plant: Plant,
        wall_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        wait_s: float = WAIT_S,
    ) -> None:
        self.plant = plant
        self._store, self._wall_us, self._wait_s = store, wall_us, wait_s

    def known(self) -> Known:
        """What new orders are held against."""
        return Known(self.plant, self.orders(), self._store.clock().plant_now(self._wall_us()))

    def orders(self) -> dict[str, Order]:
        """All that the store holds, by id."""
        return read_written_orders(self._store)

    def is_busy(self) -> bool:
        """Whether sources have to wait."""
        return congested(self._store)

    def set_aside(self, source: str, rejects: Sequence[Reject]) -> None:
        """Keep what cannot be taken, where people look for it."""
        set_aside(self._store, source, rejects)

    def note(self, source: str, n: int) -> None:
        """So many orders were taken of a source, or told anew."""
        note_sent(self._store, source, "orders", n, self._wall_us())

    def sent_before(self, source: str, key: str) -> list[Order]:
        """Orders that came with this key already."""
        return self._of_tokens({_token(source, key, n) for n in range(self._n_parts)}, source)

    def add(self, source: str, key: str, details: Sequence[Detail]) -> Said:
        """Bring orders in, ORDERS_MAX an action; those that came with the key already do not come
        again, those of a request that was broken off do."""
        parts = _parts(source, key, details)
        came = {order["token"] for order in self.sent_before(source, key)}
        ids = [
            self._act("order.import", {"orders": list(part)}, source, token)
            for token, part in parts.items()
            if token not in came
        ]
        if ids and not self._wait(ids[-1]):
            return Said(False, [], {})
        return Said(True, self._of_tokens(parts.keys(), source), self._refused(ids))

    def change(self, source: str, detail: dict[str, Any]) -> Said:
        """Change an order as a detail of order.change says."""
        return self._about("order.change", detail, source)

    def cancel(self, source: str, order_id: str, reason: str) -> Said:
        """Call an order off."""
        return self._about("order.cancel", {"order": order_id, "reason": reason}, source)

    def _about(self, verb: str, detail: dict[str, Any], source: str) -> Said:
        order_id = detail["order"]
        action_id = self._act(verb, detail, source, secrets.token_hex(16))
        if not self._wait(action_id):
            return Said(False, [], {})
        found = self.orders().get(order_id)
        return Said(True, [found] if found else [], self._refused([action_id]))

    _n_parts = 5
    """Actions that one request may need: orders.file.ROWS_MAX / ORDERS_MAX."""

    def _act(self, verb: str, detail: dict[str, Any], source: str, token: str) -> bytes:
        wall = self._wall_us()
        now = self._store.clock().plant_now(wall)
        action = Action(verb, None, now, wall, source, "manager", detail, token)
        return self._store.add_action(pack_action(action))

    def _wait(self, action_id: bytes) -> bool:
        """Whether the desk has come past the action in time."""
        end = time.monotonic() + self._wait_s
        while True:
            position = orjson.loads(self._store.documents(DESK).get(POSITION) or b"{}")
            if stream_id(position.get("actions", "0-0").encode()) >= stream_id(action_id):
                return True
            if time.monotonic() >= end:
                return False
            time.sleep(POLL_S)

    def _of_tokens(self, wanted: Set[str], source: str) -> list[Order]:
        found = self.orders().values()
        return [o for o in found if o.get("token") in wanted and o["who"] == source]

    def _refused(self, action_ids: Sequence[bytes]) -> dict[str, str]:
        ids = {i.decode() for i in action_ids}
        journal = orjson.loads(self._store.documents(DESK).get("journal") or b"[]")
        found: dict[str, str] = {}
        for line in journal:
            if line["id"] in ids:
                named = line["note"].get("not_done") or {}
                own = {line["note"].get("order") or "": line["reason"]} if line["reason"] else {}
                found |= named or own
        return found


def is_of_key(
    source: str,
    key: str,
    details: Sequence[Detail],
    before: Sequence[Order],
    known: Mapping[str, Order],
) -> bool:
    """Whether these details are what came with the key before, as far as orders still tell: each
    that is named is an order, and each of the others became one of its product. known: all orders.
    """
    parts = _parts(source, key, details)
    if {order["token"] for order in before} - parts.keys():
        return False
    for token, part in parts.items():
        own = [order for order in before if order["token"] == token]
        named = {d["id"] for d in part if d["id"] is not None}
        products = Counter(order["product"] for order in own if order["id"] not in named)
        wanted = Counter(d["product"] for d in part if d["id"] is None)
        if own and (named - known.keys() or wanted - products):
            return False
    return True


def _parts(source: str, key: str, details: Sequence[Detail]) -> dict[str, Sequence[Detail]]:
    """Token → details of an action each."""
    starts = range(0, len(details), ORDERS_MAX)
    return {
        _token(source, key, n): details[start : start + ORDERS_MAX]
        for n, start in enumerate(starts)
    }


def _token(source: str, key: str, part: int) -> str:
    return hashlib.sha256(f"orders\0{source}\0{key}\0{part}".encode()).hexdigest()[:32]
