"""A planner's what-ifs worked out: the plan in force kept, and the best answer, under changes.

Nothing is written. A solve takes seconds of a core, so one is under way at a time a process, and
an answer serves whoever asks the same of the same plan within a minute.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from dashboard.data.cache import Computed
from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot
from dashboard.times import iso_local
from twin.errors import PlanningError
from twin.pipeline.planning.whatif import WhatIf
from twin.pipeline.site import load_site
from twin.plant import Plant
from twin.stores.base import Store

__all__ = ["PlanScenarios"]

SOLVE_S = 3.0
KEPT_S = 60
MOVES_SHOWN = 12
LATE_SHOWN = 12
Record = Mapping[str, Any]


class PlanScenarios:
    """Scenarios of the plan in force."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = Computed()
        self._lock = threading.Lock()
        self._tried: tuple[Plant, WhatIf] | None = None

    def answer(self, snapshot: Snapshot, changes: Sequence[Record]) -> dict[str, Any]:
        """Terms before, with the plan kept, and with a new plan; what moves; who is late.

        Raises SchemaError: a change names what there is not; PlanningError, StoreError.
        """
        plan = snapshot.schedule.get("in_force")
        if plan is None:
            raise PlanningError("no plan is in force")
        key = orjson.dumps([plan["version"], changes]).decode()
        return self._known.get(key, KEPT_S, lambda: self._work_out(snapshot, changes))

    def _work_out(self, snapshot: Snapshot, changes: Sequence[Record]) -> dict[str, Any]:
        with self._lock:
            found = self._whatif(snapshot.plant).scenario(changes, SOLVE_S)
        plan, zone = found["plan"], snapshot.plant.zone
        return {
            "before": _terms(found["before"]),
            "kept": _terms(found["kept"]),
            "after": _terms(found["after"]),
            "n_moves": len(found["moves"]),
            "moves": [_move(snapshot, move) for move in found["moves"][:MOVES_SHOWN]],
            "n_late": len(plan["late"]),
            "late": [dict(late) for late in plan["late"][:LATE_SHOWN]],
            "left_out": [dict(out) for out in plan["left_out"][:LATE_SHOWN]],
            "made": iso_local(snapshot.plant_us, zone),
        }

    def _whatif(self, plant: Plant) -> WhatIf:
        """One for as long as the plant file stays as it is."""
        if self._tried is None or self._tried[0] is not plant:
            self._tried = plant, WhatIf(self._store, load_site(self._store, plant))
        return self._tried[1]


def _terms(terms: Record | None) -> dict[str, Any] | None:
    return None if terms is None else {name: rounded(value, 5) for name, value in terms.items()}


def _move(snapshot: Snapshot, move: Record) -> dict[str, Any]:
    return {
        "order": move["order"],
        "step": move["step"],
        "from": _place(snapshot, move["from"]),
        "to": _place(snapshot, move["to"]),
    }


def _place(snapshot: Snapshot, place: Record | None) -> dict[str, Any] | None:
    if place is None:
        return None
    names = {m.id: m.name or m.id for m in snapshot.plant.machines}
    start = iso_local(place["start"], snapshot.plant.zone)
    return {"machine": names.get(place["machine"], place["machine"]), "start": start}
