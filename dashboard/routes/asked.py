"""The machine that an address asks about."""

from flask import abort

from dashboard.data import Reader
from dashboard.snapshot import Snapshot, machine_of
from twin.plant import Machine

__all__ = ["asked_machine"]


def asked_machine(reader: Reader, machine_id: str) -> tuple[Snapshot, Machine]:
    """The plant as last read, and the machine; 503 before the first tick, 404 for no machine."""
    snapshot = reader.latest
    if snapshot is None:
        abort(503)
    machine = machine_of(snapshot, machine_id)
    if machine is None or machine_id not in snapshot.slots:
        abort(404)
    return snapshot, machine
