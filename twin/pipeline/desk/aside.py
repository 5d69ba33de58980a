"""What lies in the store and cannot be read is put aside, as it is, before the desk writes over it.

An order that somebody spoilt while the desk runs, one that is added anew under a spoilt one's
name, what people decided: each text goes, in the same transaction, to the kind <kind>_unreadable
as <name>-<position of the desk>, and is then counted and listed with its reason as any input is
that cannot be taken.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from twin.pipeline.orders.orders import KIND as ORDERS
from twin.pipeline.orders.written import parsed_order
from twin.pipeline.planning.written import KIND as SCHEDULE
from twin.pipeline.planning.written import parsed
from twin.pipeline.set_aside import set_aside
from twin.sources.base import Reject
from twin.stores.base import Documents, Store, stream_id

__all__ = ["KEPT_MAX", "Spoilt", "spoilt_under", "tell", "with_aside"]

KEPT_MAX = 200
"""Texts of a kind that are kept, the newest."""
ONE_BY_ONE = 20
"""Documents that are looked at one by one; of more the whole kind is read."""
SOURCE, REASON = "desk", "unreadable_document"
FAULT_OF: Mapping[str, Callable[[str, bytes], tuple[Any, str]]] = {
    ORDERS: parsed_order,
    SCHEDULE: parsed,
}


class Spoilt(NamedTuple):
    """A document that is about to be written over and cannot be read, and why."""

    kind: str
    name: str
    text: bytes
    fault: str


def spoilt_under(store: Store, documents: Mapping[str, Documents]) -> list[Spoilt]:
    """What cannot be read of what these documents would replace or remove. Raises StoreError."""
    return [
        Spoilt(kind, name, text, fault)
        for kind, fault_of in FAULT_OF.items()
        for name, text in _held(store, kind, documents.get(kind, {}))
        if (fault := fault_of(name, text)[1])
    ]


def _held(store: Store, kind: str, changed: Documents) -> Iterator[tuple[str, bytes]]:
    whole = store.documents(kind) if len(changed) > ONE_BY_ONE else None
    for name in changed:
        text = store.document(kind, name) if whole is None else whole.get(name)
        if text is not None:
            yield name, text


def with_aside(
    store: Store, documents: Mapping[str, Documents], found: list[Spoilt], position: bytes
) -> dict[str, Documents]:
    """The same documents, and those that keep what was found; of each kind the newest.

    position: stream id of what the desk has read last.
    """
    out = dict(documents)
    for kind in sorted({spoilt.kind for spoilt in found}):
        new = {f"{s.name}-{position.decode()}": s.text for s in found if s.kind == kind}
        held = {**store.documents(f"{kind}_unreadable"), **new}
        over = sorted(held, key=_put_aside_at)[:-KEPT_MAX]
        out[f"{kind}_unreadable"] = {**new, **dict.fromkeys(over)}
    return out


def tell(store: Store, found: list[Spoilt]) -> None:
    """Count and list them where people look for what was not taken."""
    rejects = [Reject(REASON, f"{s.kind}.{s.name}: {s.fault}", s.text) for s in found]
    set_aside(store, SOURCE, rejects)


def _put_aside_at(name: str) -> tuple[int, int]:
    """When a text was put aside, by its name; an older way of naming comes first."""
    try:
        return stream_id("-".join(name.rsplit("-", 2)[1:]).encode())
    except ValueError:
        return 0, 0
