"""What every source of readings hands over, whatever its protocol.

A source is an iterator of batches; whoever runs it decides when the next one is taken, and so
slows it down. A batch says when, in plant time, it is due, and how far the source has been read
once it is stored: a source that is started again from that position sends what follows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.types import Event

__all__ = ["Batch", "Reject", "Source"]


class Reject(NamedTuple):
    """A sample or reading that cannot be taken, as it came."""

    reason: str
    """One of a few words, counted: unknown_machine, not_a_number, …"""
    detail: str
    """What was got and what is wanted."""
    payload: bytes
    place: int = -1
    """Its index in the batch it came in."""


class Batch(NamedTuple):
    """Rows of twin.core.rows by class, in the order in which they came."""

    rows: Mapping[str, NDArray[np.void]]
    events: Sequence[Event] = ()
    rejects: Sequence[Reject] = ()
    position: bytes | None = None
    """Resume after this; None: the source does not resume."""
    state: bytes | None = None
    """Now and then: what a position alone does not say. Kept at once with this batch and its
    position; any position from then on can be resumed from it."""
    due_us: int | None = None
    """Plant time at which it arrives; None: now."""
    more: Mapping[str, int] = {}
    """Reason → how many besides could not be taken, of which nothing but the number is kept."""

    @property
    def n_rows(self) -> int:
        return sum(len(rows) for rows in self.rows.values())


class Source(Protocol):
    """Readings from somewhere; iterate over it to get them."""

    source_id: str

    def resume(self, position: bytes, state: bytes | None) -> None:
        """Go on after this position. Raises DataError if it cannot be understood."""

    def batches(self) -> Iterator[Batch]:
        """Batches until the source is exhausted, which most never are."""

    def describe(self) -> Mapping[str, Any]:
        """What the data page shows: type, how far, of how much."""
