"""The planner's documents and the orders as screens read them: parsed once, known by stamps."""

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import uuid4

from dashboard.data.documents import Documents
from dashboard.snapshot import Snapshot
from twin.pipeline.planning.kept import PLANS, plan_name
from twin.pipeline.planning.written import parsed
from twin.stores.base import Store

__all__ = ["PlanReader", "Planned"]

Document = Mapping[str, Any]
VERSION = re.compile("[1-9][0-9]{0,8}")
KEPT_UP = {"in_force": "in_force_now"}
"""The plan in force as it was made, and as it runs: behind or ahead of itself."""
MADE = ("made", "why", "solver", "seconds")
"""What is told of the plan as it was made."""


class Planned(NamedTuple):
    """What the planner has said and what is ordered, at one moment. Shared: not to be changed."""

    schedule: Document
    """in_force, proposed, suggestions, decisions, versions, … by name."""
    orders: Document
    """Order id → order."""
    stamp: str
    """Another one as soon as anything of it has changed."""
    past: Callable[[str], Document | None] = lambda _version: None
    """A plan of the past by its version, read when it is asked for."""

    def plan(self, which: str) -> Document | None:
        """The plan "in_force", "proposed" or of a version; None where there is none."""
        found = _plan(self.schedule.get(which))
        if found is not None and which in KEPT_UP:
            now = _plan(self.schedule.get(KEPT_UP[which]))
            is_same = now is not None and now["version"] == found["version"]
            return {**(now or {}), **{k: found.get(k) for k in MADE}} if is_same else found
        current = (p for p in self._current() if str(p["version"]) == which)
        return (
            found or next(current, None) or (self.past(which) if VERSION.fullmatch(which) else None)
        )

    def is_kept(self, version: int) -> bool:
        """Whether a version can still be shown whole."""
        if any(p["version"] == version for p in self._current()):
            return True
        return any(v.get("whole") and v["version"] == version for v in self.versions())

    def suggestions(self) -> list[Document]:
        """Services and plans that wait for a decision or had one."""
        return _records(self.schedule.get("suggestions"))

    def decisions(self) -> dict[str, list[Document]]:
        """What people have decided that stands, as the desk keeps it."""
        found = self.schedule.get("decisions")
        held = found if isinstance(found, dict) else {}
        return {name: _records(held.get(name)) for name in ("vetoes", "locks", "accepted")}

    def changes(self) -> Document:
        """What moves from the plan in force to the plan proposed, both of one moment."""
        found = self.schedule.get("changes")
        return found if isinstance(found, dict) else {}

    def versions(self) -> list[Document]:
        """Heads of the plans that were made, oldest first."""
        return _records(self.schedule.get("versions"))

    def _current(self) -> list[Document]:
        both = (_plan(self.schedule.get(name)) for name in ("in_force", "proposed"))
        return [plan for plan in both if plan is not None]


class PlanReader:
    """Adds the orders to what a snapshot holds of the planner; unchanged ones are not parsed."""

    def __init__(self, store: Store) -> None:
        self._store, self._documents = store, Documents(store)
        self._lock = threading.Lock()
        self._run, self._n = uuid4().hex[:6], 0
        self._last = Planned({}, {}, self._run)

    def read(self, snapshot: Snapshot) -> Planned:
        """As of the snapshot, and of the orders as the store holds them. Raises StoreError."""
        with self._lock:
            schedule, orders = snapshot.schedule, self._documents.read("orders")
            if not (_same(schedule, self._last.schedule) and _same(orders, self._last.orders)):
                self._n += 1
                stamp = f"{self._run}-{self._n}"
                self._last = Planned(schedule, orders, stamp, self._past)
            return self._last

    def _past(self, version: str) -> Document | None:
        """A plan of the past. Raises StoreError."""
        text = self._store.document(PLANS, plan_name(int(version)))
        return _plan(parsed("in_force", text)[0])


def _same(now: Document, before: Document) -> bool:
    """Whether every document is the very one of before: `Documents` keeps what reads the same."""
    return now.keys() == before.keys() and all(now[name] is before[name] for name in now)


def _plan(found: Any) -> Document | None:
    is_plan = isinstance(found, dict) and {"version", "operations", "services"} <= found.keys()
    return found if is_plan else None


def _records(found: Any) -> list[Document]:
    return [x for x in found if isinstance(x, dict)] if isinstance(found, list) else []
