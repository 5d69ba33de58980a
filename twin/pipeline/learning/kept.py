"""What a running installation has kept, in the form that `twin fit` learns from.

Readings from the sealed history and the streams, failures and repairs from the list of what
happened; a failure that somebody has taken back is no label. A plant refitted on what its own
people reported learns from its own lives.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.errors import DataError
from twin.pipeline.history.history import history
from twin.plant import Plant
from twin.sources.history import History, reset_rows
from twin.stores.base import FIRST_ID, READ_MAX, Store
from twin.types import Event

__all__ = ["kept_history", "labels_of"]

FAR_US = 1 << 53


def kept_history(store: Store, plant: Plant, catalogue: Catalogue) -> History:
    """All rows and labels, slots as `catalogue` numbers them. Raises StoreError, DataError."""
    held = store.catalogue()
    known = Catalogue().update(plant) if held is None else Catalogue.from_json(held)
    events = labels_of(_all_events(store))
    resets = reset_rows(events, plant, catalogue)
    rows = {}
    for class_id in plant.classes:
        parts = [
            _placed(history(store, known, m.id, 0, FAR_US), catalogue.slot(m.id).slot)
            for m in plant.machines_of(class_id)
        ]
        if sum(map(len, parts)):
            joined = np.concatenate([*parts, resets[class_id]])
            rows[class_id] = joined[np.argsort(joined["time"], kind="stable")]
    if not rows:
        raise DataError("store: got no readings of the plant's machines, want some")
    return History(rows, events)


def labels_of(events: Iterable[Event]) -> list[Event]:
    """Failures and repairs in the order of their times, without failures taken back."""
    kept: list[Event] = []
    for event in events:
        if event.kind in {"failure", "repair"}:
            kept.append(event)
        elif event.kind == "failure_retracted":
            about = ("failure", event.machine_id, event.detail.get("failure"))
            kept = [e for e in kept if (e.kind, e.machine_id, e.time) != about]
    return sorted(kept, key=lambda e: e.time)


def _all_events(store: Store) -> Iterable[Event]:
    after = FIRST_ID
    while found := store.events(after, READ_MAX):
        after = found[-1][0]
        yield from (event for _, event in found)


def _placed(rows: NDArray[np.void], slot: int) -> NDArray[np.void]:
    """The same rows under another slot."""
    out = rows.copy()
    out["slot"] = slot
    return out
