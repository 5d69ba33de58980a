"""A planner's what-ifs worked out: the plan in force kept, and the best answer, under changes.

Nothing is written. What the plan kept comes to is known at once and told first; a new plan takes
seconds of a core, so few are made at a time a process, few wait for one, so that the threads of a
web server stay for other pages, and one serves whoever asks the same of the same plan within a
minute. Within it, scenarios are held against what the plan in force and a new one would cost if
nothing happened, all as of one moment.
"""

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

import orjson

from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot
from dashboard.states.schedule.schedule_plan import forecast_terms
from dashboard.times import iso_local
from twin.errors import PlanningError, SchemaError, TwinError
from twin.pipeline.planning.scenario import RUSH, kept_figures
from twin.pipeline.planning.whatif import Begun, WhatIf
from twin.pipeline.site import load_site
from twin.plant import Plant
from twin.stores.base import Store

__all__ = ["AT_ONCE", "KEPT_S", "Asked", "BusyError", "PlanScenarios"]

SOLVE_S = 3.0
KEPT_S = 60.0
"""How long what planning anew gives by itself serves, and all that is held against it."""
AT_ONCE = 6
"""Requests of a process that wait for a solver or are solved; each holds a thread."""
SOLVERS = 2
"""Solvers of a process at a time: a scenario, and what planning anew gives by itself."""
MOVES_SHOWN = 12
LATE_SHOWN = 12
Record = Mapping[str, Any]
Told = tuple[int, Record | TwinError]
T = TypeVar("T")


class BusyError(TwinError):
    """As many as may wait for a solver do so."""


class Nothing(NamedTuple):
    """What planning anew gives by itself."""

    until: float
    """Wall seconds."""
    version: int
    begun: Begun
    after: "Future[Record]"
    made_us: int


class Asked(NamedTuple):
    """A scenario under way."""

    until: float
    """Wall seconds."""
    first: Record
    """Terms before and with the plan kept; who is late then, and when the rush order is done."""
    rest: "Future[Record]"
    """Terms of a new plan, also if nothing happens; what moves; who is late."""


class PlanScenarios:
    """Scenarios of the plan in force."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._asked: dict[bytes, Asked] = {}
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._solvers = threading.BoundedSemaphore(SOLVERS)
        self._tried: tuple[Plant, WhatIf] | None = None
        self._nothing: Nothing | None = None

    def answer(
        self, snapshot: Snapshot, scenarios: Mapping[int, Sequence[Record]]
    ) -> Generator[Told, None, None]:
        """Number of a scenario and what is known of it: of each first what is known at once, then,
        seconds later, that with the rest; or the error why there is none.

        Raises BusyError, PlanningError (no plan is in force), StoreError with the first.
        """
        plan = snapshot.schedule.get("in_force")
        if plan is None:
            raise PlanningError("no plan is in force")
        if not self._room.acquire(blocking=False):
            raise BusyError("others are asking")
        try:
            asked = {}
            for n, changes in scenarios.items():
                try:
                    key = orjson.dumps([plan["version"], changes])
                    asked[n] = self._begin(key, snapshot, changes)
                except (PlanningError, SchemaError) as error:
                    yield n, error
            yield from ((n, one.first) for n, one in asked.items())
            for n, one in asked.items():
                try:
                    yield n, {**one.first, **one.rest.result()}
                except PlanningError as error:
                    yield n, error
        finally:
            self._room.release()

    def _begin(self, key: bytes, snapshot: Snapshot, changes: Sequence[Record]) -> Asked:
        """Under way already, or from now on."""
        with self._lock:
            now = time.monotonic()
            self._asked = {
                k: a for k, a in self._asked.items() if now < a.until and not _has_failed(a.rest)
            }
            if key not in self._asked:
                until, first, rest = self._work(snapshot, changes)
                self._asked[key] = Asked(until, first, in_background(rest))
            return self._asked[key]

    def _work(
        self, snapshot: Snapshot, changes: Sequence[Record]
    ) -> tuple[float, Record, Callable[[], Record]]:
        """What is known at once, and what works out the rest; kept for as long as what it is held
        against, so that scenarios are never compared as of two moments."""
        whatif = self._whatif(snapshot.plant)
        nothing = self._if_nothing(whatif, snapshot)
        held = whatif.kept(nothing.begun, changes)

        def rest() -> Record:
            with self._solvers:
                found = whatif.planned(held, SOLVE_S)
            return {"nothing": nothing.after.result(), **_planned(snapshot, found)}

        first = _kept(snapshot, kept_figures(nothing.begun.now, held), nothing.made_us)
        return nothing.until, first, rest

    def _if_nothing(self, whatif: WhatIf, snapshot: Snapshot) -> Nothing:
        version, known = snapshot.schedule["in_force"]["version"], self._nothing
        is_over = known is None or time.monotonic() > known.until or _has_failed(known.after)
        if known is None or is_over or known.version != version:
            begun = whatif.begun()
            after = in_background(lambda: self._after_nothing(whatif, begun))
            until = time.monotonic() + KEPT_S
            known = self._nothing = Nothing(until, version, begun, after, snapshot.plant_us)
        return known

    def _after_nothing(self, whatif: WhatIf, begun: Begun) -> Record:
        held = whatif.kept(begun, ())
        with self._solvers:
            found = whatif.planned(held, SOLVE_S)
        return _terms(found["after"], found["plan"]["forecasts"]) or {}

    def _whatif(self, plant: Plant) -> WhatIf:
        """One for as long as the plant file stays as it is."""
        if self._tried is None or self._tried[0] is not plant:
            self._nothing = None
            self._tried = plant, WhatIf(self._store, load_site(self._store, plant))
        return self._tried[1]


def in_background(work: Callable[[], T]) -> "Future[T]":
    """What a thread of its own comes to, which nobody waits for at the end."""
    found: Future[T] = Future()

    def run() -> None:
        try:
            found.set_result(work())
        except BaseException as error:  # whoever asks for the result gets it
            found.set_exception(error)

    threading.Thread(target=run, name="what-if", daemon=True).start()
    return found


def _has_failed(work: "Future[Any]") -> bool:
    return work.done() and work.exception() is not None


def _kept(snapshot: Snapshot, found: Record, made_us: int) -> dict[str, Any]:
    plan = found["kept_plan"]
    return {
        "before": _terms(found["before"], found["forecasts"]),
        "kept": _terms(found["kept"], found["forecasts"]),
        "rush_kept": [] if plan is None else _rush(snapshot, plan),
        "made": iso_local(made_us, snapshot.plant.zone),
    }


def _planned(snapshot: Snapshot, found: Record) -> dict[str, Any]:
    plan = found["plan"]
    moves = [m for m in found["moves"] if m["from"] and m["to"]]
    return {
        "after": _terms(found["after"], plan["forecasts"]),
        "is_kept": plan["solver"] == "kept",
        "is_searched": not found["refused"],
        "rush": _rush(snapshot, plan),
        "n_moves": len(moves),
        "moves": [_move(snapshot, move) for move in moves[:MOVES_SHOWN]],
        "n_late": len(plan["late"]),
        "late": [dict(late) for late in plan["late"][:LATE_SHOWN]],
        "left_out": [dict(out) for out in plan["left_out"][:LATE_SHOWN]],
    }


def _terms(terms: Record | None, n_forecasts: int) -> dict[str, Any] | None:
    """Risk None: no machine's failure is forecast, which is not nothing."""
    if terms is None:
        return None
    known = forecast_terms(terms, n_forecasts)
    return {name: rounded(value, 5) for name, value in known.items()}


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
