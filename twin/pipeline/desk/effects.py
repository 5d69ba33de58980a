"""What a handler of actions is given, and what it gives back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from twin.actions import Action
from twin.pipeline.desk.state import DeskState
from twin.pipeline.site import Site
from twin.stores.base import Documents, Store, WireEntry
from twin.types import Event

__all__ = ["AHEAD_US", "Context", "Effects", "Handler", "Undoer", "refused"]

AHEAD_US = 300_000_000
"""What is said to have happened later than now by more than this is a slip."""


class Context(NamedTuple):
    """The plant around an action."""

    store: Store
    """To read. Whatever is written goes by Effects, or a crash would do it twice."""
    site: Site
    now_us: int
    """Plant time, µs UTC."""
    action_id: str
    pending: Mapping[str, Documents] = {}
    """Kind → what actions before this one have changed and no commit has written yet."""

    def documents(self, kind: str) -> dict[str, bytes]:
        """All documents of a kind, by name, as this action finds them. Raises StoreError."""
        found = {**self.store.documents(kind), **self.pending.get(kind, {})}
        return {name: text for name, text in found.items() if text is not None}


class Effects(NamedTuple):
    """What an action comes to; the state that was handed in is changed in place."""

    refusal: str = ""
    """Why nothing was done; a code. Then the state must be as it was."""
    note: Mapping[str, Any] = {}
    """What it did, for the journal, in no language."""
    was: Mapping[str, Any] | None = None
    """What taking it back needs; None: it cannot be taken back."""
    final: str = ""
    """Why it cannot be taken back; a code."""
    events: Sequence[Event] = ()
    entries: Mapping[int, Sequence[WireEntry]] = {}
    """For partitions' streams."""
    documents: Mapping[str, Documents] = {}
    """Of other kinds than the desk's own."""
    told: Mapping[str, Any] | None = None
    """What the journal keeps of the action's detail; None: all of it."""


Handler = Callable[[DeskState, Action, Context], Effects]
Undoer = Callable[[DeskState, Mapping[str, Any], Action, Context], Effects]
"""Takes back what a line of the journal tells of, for the action that asks for it."""


def refused(reason: str, **note: Any) -> Effects:
    """Nothing was done, for this reason."""
    return Effects(reason, note)
