"""Every machine's view row, out of the partitions' packed views."""

import numpy as np

from twin.core.view import view_dtype
from twin.pipeline.site import Site
from twin.stores.base import Store

__all__ = ["Rows", "read_rows"]

Rows = dict[str, np.void]
"""Machine id → its view row."""


def read_rows(store: Store, site: Site) -> Rows:
    """Every machine's view row; machines whose view is not there yet are left out."""
    blobs = store.views(range(store.partitions), list(site.plant.classes))
    out: Rows = {}
    for class_id, machine_class in site.plant.classes.items():
        dtype = view_dtype(len(machine_class.sensors), len(machine_class.inputs))
        machines = site.catalogue.machines(class_id)
        for p in range(store.partitions):
            blob = blobs.get((p, class_id), b"")
            if len(blob) % dtype.itemsize:
                continue  # of a lane list that is being replaced just now
            rows = np.frombuffer(blob, dtype)
            for row, machine_id in zip(rows, machines[p :: store.partitions], strict=False):
                if machine_id is not None:
                    out[machine_id] = row
    return out
