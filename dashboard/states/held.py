"""How many of the last forecasts of a machine's class held, as the track record counts them."""

from collections.abc import Mapping
from typing import Any

from dashboard.snapshot import Snapshot
from twin.plant import Machine

__all__ = ["held_of"]


def held_of(snapshot: Snapshot, machine: Machine) -> Mapping[str, Any] | None:
    """{"held", "of"}; None while no such forecast has come to its end."""
    found = (snapshot.record.get("held") or {}).get(machine.class_id)
    return found if found and found.get("of") else None
