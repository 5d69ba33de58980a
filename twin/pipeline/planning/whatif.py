"""What if: one bar dragged elsewhere, or a rush order, a stop, a shift more, a service later.

Nothing is written: the plan in force stays as it is. For screens:

    try_change(whatif, {"kind": "operation", "order", "step", "machine", "start"})
    try_change(whatif, {"kind": "service", "id", "start", "crew"?})
    held = whatif.kept(whatif.begun(),
                       [{"kind": "rush", "product", "quantity", "due", "priority"?},
                        {"kind": "down", "machine", "until"},
                        {"kind": "shift", "line", "start", "end"},
                        {"kind": "postpone", "service", "start", "machine"}])
    whatif.planned(held)  # takes seconds
"""

import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from twin.errors import PlanningError, SchemaError
from twin.pipeline.failures import Failures
from twin.pipeline.planning.change import Tried, as_is, delays, try_operation, try_task
from twin.pipeline.planning.compare import moves
from twin.pipeline.planning.improve import anneal_soon
from twin.pipeline.planning.plan_document import plan_document, terms_document
from twin.pipeline.planning.plan_schedule import Plan
from twin.pipeline.planning.prepare import Prepared, prepare_plan
from twin.pipeline.planning.problem_of import operation_of
from twin.pipeline.planning.scenario import Change, kept_under, planned_anew
from twin.pipeline.planning.situation import Situation, read_situation
from twin.pipeline.planning.solve import Improve
from twin.pipeline.planning.written import read_written
from twin.pipeline.site import Site
from twin.stores.base import Store

__all__ = ["Begun", "WhatIf", "drag", "try_change"]

FRESH_S = 2.0
"""Wall seconds for which a problem once stated serves further drags."""


class Begun(NamedTuple):
    """A moment at which scenarios begin."""

    plan: Plan | None
    now: Prepared


class WhatIf:
    """A plant to try things on; reads the store, writes nothing. May be used by many threads."""

    def __init__(self, store: Store, site: Site, improve: Improve | None = anneal_soon) -> None:
        self.store, self.site, self.improve = store, site, improve
        self._failures = Failures()
        self._lock = threading.Lock()
        self._held: dict[str, tuple[float, Prepared]] = {}

    def prepared(self, base: str = "in_force") -> Prepared:
        """A plan ("in_force", "proposed") as it stands now. Raises StoreError, PlanningError."""
        with self._lock:
            until, held = self._held.get(base, (0.0, None))
            if held is None or time.monotonic() > until:
                plan = self._plan(base)
                held = prepare_plan(self.situation(), plan, freeze_s=0.0, fills=False)
                self._held[base] = (time.monotonic() + FRESH_S, held)
            return held

    def situation(self) -> Situation:
        """The plant of now. Raises StoreError."""
        clock = self.store.clock()
        now_us = clock.plant_now(time.time_ns() // 1000)
        return read_situation(self.store, self.site, self._failures, now_us, clock.speed)

    def _plan(self, base: str) -> Plan | None:
        found: Plan | None = read_written(self.store, base)
        return found

    def begun(self) -> "Begun":
        """The plan in force and the plant at one moment, for scenarios to be compared at it.

        Raises StoreError, PlanningError.
        """
        plan = self._plan("in_force")
        return Begun(plan, prepare_plan(self.situation(), plan))

    def kept(self, begun: "Begun", changes: Sequence[Change]) -> Prepared:
        """The plan in force as it would run in a changed plant. Raises SchemaError."""
        return kept_under(begun.now, changes, begun.plan)

    def planned(self, held: Prepared, seconds: float = 3.0, seed: int = 1) -> dict[str, Any]:
        """The best that can be made of it, see `planned_anew`. Raises PlanningError."""
        return planned_anew(held, self.improve, seconds, seed)


def try_change(whatif: WhatIf, change: Change, base: str = "in_force") -> dict[str, Any]:
    """A bar put elsewhere in a plan; see `drag`. Raises StoreError, PlanningError, SchemaError."""
    return drag(whatif.prepared(base), change)


def drag(prepared: Prepared, change: Change) -> dict[str, Any]:
    """What a move costs, at once: all else moved as little as must be.

    {"faults": [{"rule", "what"}], "is_exact": whether it is where it was put, "placed": {machine,
    start, end}, "delta": money (None with faults), "terms_before", "terms_after", "moves": what
    else moved, "delays": [{order, hours}], "plan": the plan as it would be (None with faults)}.
    Raises SchemaError: what is to be moved is not in the plan, or cannot be there.
    """
    before = as_is(prepared.stated, prepared.kept)
    if before.verdict.terms is None or before.verdict.faults:
        raise PlanningError("the plan in force does not hold any more: it must be made anew")
    after = _dragged(prepared, change)
    terms = after.verdict.terms
    holds = terms is not None and not after.verdict.faults
    stated = prepared.stated
    return {
        "faults": [{"rule": f.rule, "what": f.what} for f in after.verdict.faults],
        "is_exact": after.is_exact,
        "delta": round(after.total - before.total, 2) if holds else None,
        "terms_before": terms_document(before.verdict.terms),
        "terms_after": None if terms is None else terms_document(terms),
        "moves": moves(stated, before.schedule, after.schedule),
        "delays": delays(before, after) if holds else [],
        "plan": plan_document(
            after.stated, after.schedule, terms, version=0, why="what_if", solver="drag"
        )
        if holds and terms is not None
        else None,
    }


def _dragged(prepared: Prepared, change: Change) -> Tried:
    stated = prepared.stated
    start = stated.horizon.tick(int(change["start"]))
    if change["kind"] == "service":
        ids = [task.id for task in stated.problem.tasks]
        if change["id"] not in ids:
            raise SchemaError(f"service: got {change['id']!r}, want one of the plan")
        crews = [crew.id for crew in stated.problem.crews]
        crew = crews.index(change["crew"]) if change.get("crew") in crews else None
        return try_task(stated, prepared.kept, ids.index(change["id"]), max(start, 0), crew)
    key = (change["order"], int(change["step"]))
    if key not in stated.keys:
        raise SchemaError(f"operation: got {key}, want one that is still to be done")
    i = stated.keys.index(key)
    machines = stated.machine_ids
    operation = operation_of(stated.problem, i)
    able = [machines[a.machine] for a in operation.alternatives]
    if change["machine"] not in able:
        raise SchemaError(f"machine: got {change['machine']!r}, want one of {', '.join(able)}")
    m = machines.index(change["machine"])
    return try_operation(stated, prepared.kept, i, m, max(start, stated.earliest))
