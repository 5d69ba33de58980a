"""What cannot be taken is kept with its reason, as it came, and counted by source and reason.

The data page and the line of status read it; readings, orders and reports of operations alike.
"""

import reprlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from twin.errors import StoreError
from twin.sources.base import Reject
from twin.stores.base import Store

__all__ = ["counter_of", "fields_of", "set_aside", "shallow"]

PAYLOAD_MAX = 4096
"""Bytes kept of what was rejected."""
AT_ONCE_MAX = 50
"""Kept of one request; all are counted. A wrong file must not push out what others sent."""


def counter_of(source_id: str, reason: str) -> str:
    """The counter of what a source sent that could not be taken for this reason."""
    return f"rejected:{source_id}:{reason}"


def fields_of(source_id: str, reject: Reject) -> Mapping[str, bytes]:
    """A reject as the store keeps it."""
    return {
        "source": source_id.encode(),
        "reason": reject.reason.encode(),
        "detail": reject.detail.encode(errors="replace"),
        "payload": reject.payload[:PAYLOAD_MAX],
    }


def shallow(given: Any) -> Any:
    """What came as JSON, as it is; nested deeper than orjson writes (254), a short text of it, so
    that the one who sent it can be told, and it can be kept, as anything else that is wrong."""
    try:
        orjson.dumps(given)
    except TypeError:
        return reprlib.repr(given)
    return given


def set_aside(store: Store, source_id: str, rejects: Sequence[Reject]) -> None:
    """Count and keep what a request held that could not be taken. A store that is away hears
    nothing of it: what was taken must not look refused for that."""
    counts = Counter(counter_of(source_id, reject.reason) for reject in rejects)
    kept = [fields_of(source_id, reject) for reject in rejects[:AT_ONCE_MAX]]
    if kept:
        with suppress(StoreError):
            store.append({}, None, counts, kept)
