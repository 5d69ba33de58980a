"""Which machines stand failed: failures among the store's events that no repair has followed and
nobody has taken back."""

from collections.abc import Iterable, Sequence

from twin.core.view import NEVER
from twin.pipeline.services import HOUR_US
from twin.stores.base import FIRST_ID, READ_MAX, Store
from twin.types import Event

__all__ = ["Failures", "stands_failed"]

REPAIRS_KEPT = 50
"""Of each machine, the newest."""


def stands_failed(failed_us: int | None, born_us: int) -> bool:
    """Whether a failure at failed_us (µs UTC; None: none) still holds for a machine that was last
    begun anew, by commissioning or repair, at born_us."""
    return failed_us is not None and failed_us >= born_us


class Failures:
    """Follows the events of a store from the oldest that it keeps."""

    def __init__(self) -> None:
        self._after = FIRST_ID
        self._failed_us: dict[str, int] = {}
        self._repairs_h: dict[str, list[float]] = {}

    def follow(self, store: Store) -> None:
        """Take up what has come since the last call. Raises StoreError."""
        while found := store.events(self._after, READ_MAX):
            self._after = found[-1][0]
            self.take(event for _, event in found)

    def take(self, events: Iterable[Event]) -> None:
        """Events, oldest first."""
        for event in events:
            if event.kind == "failure":
                self._failed_us[event.machine_id] = event.time
            elif event.kind == "repair":
                self._repaired(event, self._failed_us.pop(event.machine_id, None))
            elif self._is_taken_back(event):
                self._failed_us.pop(event.machine_id, None)

    def _repaired(self, event: Event, failed_us: int | None) -> None:
        """How long it took, unless it was no failure that was repaired."""
        if failed_us is not None and event.time > failed_us:
            known = self._repairs_h.setdefault(event.machine_id, [])
            known.append((event.time - failed_us) / HOUR_US)
            del known[:-REPAIRS_KEPT]

    def _is_taken_back(self, event: Event) -> bool:
        """Whether a person says that the failure that holds was none."""
        held = self._failed_us.get(event.machine_id)
        return event.kind == "failure_retracted" and held == event.detail.get("failure")

    def holds(self, machine_id: str, born_us: int = NEVER) -> bool:
        """Whether the machine has failed and was not begun anew since."""
        return stands_failed(self._failed_us.get(machine_id), born_us)

    def since(self, machine_id: str) -> int | None:
        """When the failure that stands happened, µs UTC; None: there is none."""
        return self._failed_us.get(machine_id)

    def repairs_h(self, machine_id: str) -> Sequence[float]:
        """Hours from each failure of the machine to its repair, the newest last."""
        return self._repairs_h.get(machine_id, ())
