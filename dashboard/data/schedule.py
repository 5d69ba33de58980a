"""The planner's documents and the orders as screens read them: parsed once, known by stamps."""

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

from dashboard.data.documents import Documents
from twin.stores.base import Store

__all__ = ["PlanReader", "Planned"]

Document = Mapping[str, Any]


class Planned(NamedTuple):
    """What the planner has said and what is ordered, at one moment. Shared: not to be changed."""

    schedule: Document
    """in_force, proposed, suggestions, decisions, versions, plan-<version>, … by name."""
    orders: Document
    """Order id → order."""
    stamp: str
    """Another one as soon as anything of it has changed."""

    def plan(self, which: str) -> Document | None:
        """The plan "in_force", "proposed" or of a version; None where there is none."""
        found = self.schedule.get(which) or self.schedule.get(f"plan-{which}")
        if found is None and which.isdigit():
            found = next((p for p in self._current() if p["version"] == int(which)), None)
        return found if isinstance(found, dict) and "operations" in found else None

    def suggestions(self) -> list[Document]:
        """Services and plans that wait for a decision or had one."""
        found = self.schedule.get("suggestions")
        return [s for s in found if isinstance(s, dict)] if isinstance(found, list) else []

    def decisions(self) -> Document:
        found = self.schedule.get("decisions")
        return found if isinstance(found, dict) else {}

    def versions(self) -> list[Document]:
        found = self.schedule.get("versions")
        return [v for v in found if isinstance(v, dict)] if isinstance(found, list) else []

    def _current(self) -> list[Document]:
        both = (self.schedule.get(name) for name in ("in_force", "proposed"))
        return [p for p in both if isinstance(p, dict) and "version" in p]


class PlanReader:
    """Reads both kinds of documents; what has not changed is not parsed again."""

    def __init__(self, store: Store) -> None:
        self._documents = Documents(store)
        self._lock = threading.Lock()
        self._run, self._n = uuid4().hex[:6], 0
        self._last = Planned({}, {}, self._run)

    def read(self) -> Planned:
        """As the store holds them now. Raises StoreError."""
        with self._lock:
            schedule, orders = (self._documents.read(kind) for kind in ("schedule", "orders"))
            if not (_same(schedule, self._last.schedule) and _same(orders, self._last.orders)):
                self._n += 1
                self._last = Planned(schedule, orders, f"{self._run}-{self._n}")
            return self._last


def _same(now: Document, before: Document) -> bool:
    """Whether every document is the very one of before: `Documents` keeps what reads the same."""
    return now.keys() == before.keys() and all(now[name] is before[name] for name in now)
