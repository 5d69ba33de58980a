"""A planner's what-ifs worked out: the plan in force kept, and the best answer, under changes.

Nothing is written. A solve takes seconds of a core, so one is under way at a time a process, few
wait for it, so that the threads of a web server stay for other pages, and an answer serves whoever
asks the same of the same plan within a minute. Within it, scenarios are held against what the plan
in force and a new one would cost if nothing happened, all as of one moment.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from dashboard.data.cache import Computed
from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot
from dashboard.times import iso_local
from twin.errors import PlanningError, TwinError
from twin.pipeline.planning.whatif import Begun, WhatIf
from twin.pipeline.site import load_site
from twin.plant import Plant
from twin.stores.base import Store

__all__ = ["AT_ONCE", "BusyError", "PlanScenarios"]

SOLVE_S = 3.0
KEPT_S = 60
AT_ONCE = 3
"""Requests of a process that wait for a solver or are solved; each holds a thread."""
MOVES_SHOWN = 12
LATE_SHOWN = 12
RUSH = "what-if-"
"""How orders are named that only a what-if knows."""
Record = Mapping[str, Any]


class BusyError(TwinError):
    """As many as may wait for a solver do so."""


class Nothing(NamedTuple):
    """What planning anew gives by itself."""

    until: float
    """Wall seconds."""
    version: int
    begun: Begun
    after: Record
    made_us: int


class PlanScenarios:
    """Scenarios of the plan in force."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = Computed()
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._tried: tuple[Plant, WhatIf] | None = None
        self._nothing: Nothing | None = None

    def answer(self, snapshot: Snapshot, changes: Sequence[Record]) -> dict[str, Any]:
        """Terms before, of a new plan if nothing happens, with the plan kept, and with a new plan;
        what moves; who is late.

        Raises BusyError; SchemaError: a change names what there is not; PlanningError, StoreError.
        """
        plan = snapshot.schedule.get("in_force")
        if plan is None:
            raise PlanningError("no plan is in force")
        if not self._room.acquire(blocking=False):
            raise BusyError("others are asking")
        try:
            key = orjson.dumps([plan["version"], changes]).decode()
            return self._known.get(key, KEPT_S, lambda: self._work_out(snapshot, changes))
        finally:
            self._room.release()

    def _work_out(self, snapshot: Snapshot, changes: Sequence[Record]) -> dict[str, Any]:
        with self._lock:
            whatif = self._whatif(snapshot.plant)
            nothing = self._if_nothing(whatif, snapshot)
            found = whatif.compared(nothing.begun, changes, SOLVE_S)
        plan = found["plan"]
        moves = [m for m in found["moves"] if m["from"] and m["to"]]
        return {
            "before": _terms(found["before"]),
            "nothing": _terms(nothing.after),
            "kept": _terms(found["kept"]),
            "after": _terms(found["after"]),
            "is_kept": plan["solver"] == "kept",
            "is_searched": not found["refused"],
            "rush": _rush(snapshot, plan),
            "n_moves": len(moves),
            "moves": [_move(snapshot, move) for move in moves[:MOVES_SHOWN]],
            "n_late": len(plan["late"]),
            "late": [dict(late) for late in plan["late"][:LATE_SHOWN]],
            "left_out": [dict(out) for out in plan["left_out"][:LATE_SHOWN]],
            "made": iso_local(nothing.made_us, snapshot.plant.zone),
        }

    def _if_nothing(self, whatif: WhatIf, snapshot: Snapshot) -> Nothing:
        version, known = snapshot.schedule["in_force"]["version"], self._nothing
        if known is None or known.version != version or time.monotonic() > known.until:
            until, begun = time.monotonic() + KEPT_S, whatif.begun()
            after = whatif.compared(begun, (), SOLVE_S)["after"]
            known = Nothing(until, version, begun, after, snapshot.plant_us)
            self._nothing = known
        return known

    def _whatif(self, plant: Plant) -> WhatIf:
        """One for as long as the plant file stays as it is."""
        if self._tried is None or self._tried[0] is not plant:
            self._nothing = None
            self._tried = plant, WhatIf(self._store, load_site(self._store, plant))
        return self._tried[1]


def _terms(terms: Record | None) -> dict[str, Any] | None:
    return None if terms is None else {name: rounded(value, 5) for name, value in terms.items()}


def _rush(snapshot: Snapshot, plan: Record) -> list[dict[str, Any]]:
    """When the orders are done that are asked about."""
    ends: dict[str, int] = {}
    for operation in plan["operations"]:
        if operation["order"].startswith(RUSH):
            ends[operation["order"]] = max(ends.get(operation["order"], 0), operation["end"])
    zone = snapshot.plant.zone
    return [{"order": order, "end": iso_local(end, zone)} for order, end in sorted(ends.items())]


def _move(snapshot: Snapshot, move: Record) -> dict[str, Any]:
    return {
        "order": move["order"],
        "step": move["step"],
        "from": _place(snapshot, move["from"]),
        "to": _place(snapshot, move["to"]),
    }


def _place(snapshot: Snapshot, place: Record) -> dict[str, Any]:
    return {"machine": place["machine"], "start": iso_local(place["start"], snapshot.plant.zone)}
