"""Refusals are counted in the store, beside what sources sent in vain."""

import logging

from twin.errors import StoreError
from twin.stores.base import Store

__all__ = ["count_refusal"]

log = logging.getLogger(__name__)


def count_refusal(store: Store, code: str) -> None:
    """One more `refused:{code}`; a store that is silent costs the count, not the answer."""
    try:
        store.append({}, None, {f"refused:{code}": 1})
    except StoreError as error:
        log.warning("a refusal is not counted: %s", error)
