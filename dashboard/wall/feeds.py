"""Feeds of wall displays: one for each list of areas, whatever the number of displays on it."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import orjson

from dashboard.data import Reader
from dashboard.snapshot import Snapshot
from dashboard.stream import Feed
from dashboard.wall.state import Shared, shared, wall_state
from twin.kiosk import Kiosk

__all__ = ["WallFeeds"]


class WallFeeds:
    """Gives every display its feed; two that show the same share one."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shared: Shared | None = None

    def feed(self, kiosk: Kiosk) -> Feed | None:
        """The feed of the display's areas, filled at once."""
        areas = kiosk.areas
        name = f"wall/{sha256(orjson.dumps(areas)).hexdigest()[:16]}"
        self._reader.add_feed(name, lambda snapshot: self._state(snapshot, areas), False)
        return self._reader.feed(name)

    def _state(self, snapshot: Snapshot, areas: Sequence[Sequence[str]]) -> dict[str, Any]:
        known = self._shared
        if known is None or known.snapshot is not snapshot:
            known = self._shared = shared(snapshot)
        return wall_state(known, areas)
