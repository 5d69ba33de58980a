"""Who sends orders and reports of operations, how many, and when last: a source that sends nothing
else is not silent.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

import orjson

from twin.errors import StoreError
from twin.stores.base import Store

__all__ = ["SENT", "Sent", "last_sent", "note_sent", "sent_counter"]

KIND = "senders"
"""Documents: source → what it sends → when last, µs UTC of the clock on the wall."""
Sent = Literal["orders", "operations"]
SENT: tuple[Sent, ...] = ("orders", "operations")


def sent_counter(source_id: str, what: Sent) -> str:
    """The counter of what was taken of a source."""
    return f"{what}:{source_id}"


def note_sent(store: Store, source_id: str, what: Sent, n: int, wall_us: int) -> None:
    """So many were taken now. A store that is away hears nothing of it: they stay taken."""
    with suppress(StoreError):
        held = last_sent(store).get(source_id, {})
        store.append({}, None, {sent_counter(source_id, what): n})
        store.set_documents(KIND, {source_id: orjson.dumps({**held, what: wall_us})})


def last_sent(store: Store) -> dict[str, Mapping[str, int]]:
    """Source → what it sends → when last. Raises StoreError."""
    found: dict[str, Mapping[str, int]] = {}
    for source_id, text in store.documents(KIND).items():
        with suppress(orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
            times = orjson.loads(text).items()
            found[source_id] = {str(what): int(time) for what, time in times}
    return found
