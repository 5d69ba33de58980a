"""Orders as they are read from the store, by whoever reads them: what is no order counts as none
and is named, so that a slip of whoever wrote it stops nobody. It stays in the store as it is.
"""

from collections.abc import Mapping
from functools import lru_cache

import orjson

from twin.pipeline.orders.orders import KIND, OPEN_MAX, Order
from twin.pipeline.orders.shape import ORDER
from twin.pipeline.shapes import shape_fault
from twin.stores.base import Store

__all__ = ["order_faults", "orders_of", "parsed_order", "read_written_orders"]

TEXTS_KEPT = 2 * OPEN_MAX
"""More than a plant has orders: what was looked at once is not looked at again."""


def read_written_orders(store: Store) -> dict[str, Order]:
    """Orders by id, of nobody else's: they may be changed. Raises StoreError."""
    return orders_of(store.documents(KIND))


def orders_of(texts: Mapping[str, bytes]) -> dict[str, Order]:
    """Documents of the kind that are orders, by id."""
    return {i: orjson.loads(text) for i, text in sorted(texts.items()) if not _fault(i, text)}


def parsed_order(name: str, text: bytes) -> tuple[Order | None, str]:
    """An order, None where it is none; and why not, "" if nothing is wrong with it."""
    fault = _fault(name, text)
    return (None if fault else orjson.loads(text)), fault


def order_faults(texts: Mapping[str, bytes]) -> dict[str, str]:
    """Documents that count as none, as "orders.<name>", and why."""
    faults = {f"{KIND}.{name}": _fault(name, text) for name, text in texts.items()}
    return {name: fault for name, fault in faults.items() if fault}


@lru_cache(TEXTS_KEPT)
def _fault(name: str, text: bytes) -> str:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return f"got no JSON: {error}"
    fault = shape_fault(ORDER, found)
    if not fault and found["id"] != name:
        return f"id: got {found['id']!r:.60}, want {name!r}, the document's name"
    return fault
