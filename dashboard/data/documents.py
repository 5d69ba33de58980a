"""Documents of the store as values, parsed again only when their text has changed."""

import logging
from typing import Any

import orjson

from twin.pipeline.orders.orders import KIND as ORDERS
from twin.pipeline.orders.written import parsed_order
from twin.pipeline.planning.written import KIND, parsed
from twin.stores.base import Store

__all__ = ["Documents"]

log = logging.getLogger(__name__)


class Documents:
    """Reads kinds of documents, tick after tick. What it gives is shared: not to be changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, dict[str, tuple[bytes, Any]]] = {}

    def read(self, kind: str) -> dict[str, Any]:
        """Name → value of every document of the kind; what is no order is left out.

        Raises StoreError.
        """
        known = self._known.get(kind, {})
        texts = self._store.documents(kind)
        now = {
            name: known[name]
            if name in known and known[name][0] == text
            else (text, _value(kind, name, text))
            for name, text in texts.items()
        }
        self._known[kind] = now
        return {n: value for n, (_, value) in now.items() if kind != ORDERS or value is not None}


def _value(kind: str, name: str, text: bytes) -> Any:
    if kind == KIND:
        found, fault = parsed(name, text)
        if fault:
            log.warning("store: of the plan's document %s this is shown as absent: %s", name, fault)
        return found
    if kind == ORDERS:
        order, fault = parsed_order(name, text)
        if fault:
            log.warning("store: of the orders %s is shown as absent: %s", name, fault)
        return order
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        log.warning("store: a document is not JSON, shown as absent")
        return None
