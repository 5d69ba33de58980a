"""From a store to a snapshot: everything that all screens share, in one go."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from dashboard.snapshot import Slots, Snapshot
from twin.catalogue import Catalogue
from twin.core.view import NEVER, view_dtype
from twin.plant import MachineClass, Plant
from twin.stores.base import Store

__all__ = ["decode_views", "read_snapshot"]

N_KPIS = 24 * 60
N_EVENTS = 200

log = logging.getLogger(__name__)


def decode_views(
    blobs: Mapping[tuple[int, str], bytes], classes: Mapping[str, MachineClass], n_partitions: int
) -> dict[str, NDArray[np.void]]:
    """Partitions' packed rows as one array a class, by slot = local · n_partitions + partition.

    A blob that is no whole number of rows was written under another list of lanes: left out.
    """
    views = {}
    for class_id, machine_class in classes.items():
        dtype = view_dtype(len(machine_class.sensors), len(machine_class.inputs))
        parts = {p: blobs.get((p, class_id), b"") for p in range(n_partitions)}
        whole = {
            p: np.frombuffer(b, dtype) for p, b in parts.items() if len(b) % dtype.itemsize == 0
        }
        n_local = max((len(rows) for rows in whole.values()), default=0)
        rows = np.zeros((n_local, n_partitions), dtype)
        rows["time"] = NEVER
        for p, part in whole.items():
            rows[: len(part), p] = part
        views[class_id] = rows.reshape(-1)
    return views


def read_snapshot(store: Store, plant: Plant, seq: int, wall_us: int) -> Snapshot:
    """Everything that screens show, as the store holds it now. Raises StoreError."""
    partitions = range(store.partitions)
    blobs = store.views(partitions, list(plant.classes))
    clock = store.clock()
    return Snapshot(
        seq=seq,
        wall_us=wall_us,
        plant_us=clock.plant_now(wall_us),
        clock=clock,
        plant=plant,
        slots=_slots(store.catalogue(), plant),
        views=decode_views(blobs, plant.classes, store.partitions),
        plan=_document(store.plan()),
        kpis=[_document(text) for _, text in store.kpis(N_KPIS)],
        events=[event for _, event in store.last_events(N_EVENTS)],
        parts={name: _document(text) for name, text in store.heartbeats().items()},
        counters=store.counters(),
    )


def _slots(text: bytes | None, plant: Plant) -> Slots:
    catalogue = Catalogue.from_json(text) if text else Catalogue().update(plant)
    return {machine_id: (place[0], place[1]) for machine_id, place in catalogue.places().items()}


def _document(text: bytes | None) -> dict[str, Any]:
    try:
        found = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError:
        log.warning("store: a document is not JSON, shown as absent")
        return {}
    return found if isinstance(found, dict) else {}
