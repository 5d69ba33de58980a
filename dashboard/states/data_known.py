"""What the data page shows besides the snapshot, as it was read: backlog, memory, refused readings.

`dashboard.data.intake` reads it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from twin.stores.base import Info, Lag

__all__ = ["Known", "Refused"]


class Refused(NamedTuple):
    """One reading that was not taken, as it came."""

    id: str
    time_us: int
    """When it came, µs UTC of the clock on the wall."""
    source: str
    reason: str
    detail: str
    payload: str


class Known(NamedTuple):
    """As the store had it at wall_us."""

    wall_us: int
    lags: dict[int, Lag]
    info: Info
    refused: list[Refused]
    """Newest first."""
    oldest_us: int | None
    """Source time of the oldest sample that history holds, as far as one machine a class tells."""
    sent: Mapping[str, Mapping[str, int]] = {}
    """Source → orders or operations → when it sent them last, µs UTC of the clock on the wall."""
