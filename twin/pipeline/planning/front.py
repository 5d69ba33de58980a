"""What a plan could trade for what: the Pareto front that somebody asked for, as it grows.

A wish (`front_wish`, written by the desk) is searched in a process of its own, once; a newer wish
ends an older search. The front is document "front" of kind "schedule": points with their terms.
Their plans lie apart (kind FRONT_PLANS), because only who adopts one reads it.
"""

import hashlib
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Set
from typing import Any

import orjson

from twin.config import Settings
from twin.errors import PlanningError, TwinError
from twin.pipeline.failures import Failures
from twin.pipeline.planning.front_apart import Search, search_apart
from twin.pipeline.planning.plan_document import n_forecasts, plan_document, terms_document
from twin.pipeline.planning.prepare import Prepared, prepare_plan
from twin.pipeline.planning.situation import KIND, read_situation
from twin.pipeline.planning.written import FRONT_PLANS, FRONT_WISH, read_written
from twin.pipeline.site import Site, load_site
from twin.plant import load_plant
from twin.scheduling.pareto.front import TRADED, Front, Traded
from twin.stores.base import Store

__all__ = ["FrontSearch", "start_fronts"]

STEP_S = 1.0
WRITE_S = 2.0
"""Wall seconds between two writes of a front that grows."""
READ_S = 10.0
"""Wall seconds besides the search until somebody can have chosen a point."""
Record = dict[str, Any]


def start_fronts(store: Store, settings: Settings, stop: threading.Event) -> threading.Thread:
    """Search for what is wished in a thread until stop is set."""

    def run() -> None:
        search, told = FrontSearch(store), ""
        while not stop.wait(STEP_S):
            try:
                if search.is_due():
                    site = load_site(store, load_plant(settings.plant))
                    search.step(site, stop.is_set)
                told = ""
            except TwinError as error:
                if str(error) != told:
                    print(f"trade-offs: {error}", file=sys.stderr, flush=True)
                told = str(error)

    job = threading.Thread(target=run, name="trade-offs", daemon=True)
    job.start()
    return job


class FrontSearch:
    """One search at a time, for the newest wish that no front answers."""

    def __init__(
        self,
        store: Store,
        search: Search = search_apart,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._search, self._clock, self._wall = store, search, clock, wall
        self._failures = Failures()

    def is_wished(self) -> bool:
        """Whether somebody waits for a front. Raises StoreError."""
        wish, front = self._read(FRONT_WISH), self._read("front")
        if wish is None:
            return False
        return front is None or front.get("wish") != wish["id"] or bool(front.get("growing"))

    def is_due(self) -> bool:
        """Whether to search now: not while the solvers are still being compiled, which would take
        the search's time. Raises StoreError."""
        return self.is_wished() and not (self._read("planning") or {}).get("compiling")

    def step(self, site: Site, stop: Callable[[], bool] = lambda: False) -> None:
        """Search for the newest wish; why there is no front stands in it. One that is stopped stays
        wished. Raises StoreError."""
        wish = self._read(FRONT_WISH)
        if not wish:
            return
        clock = self._store.clock()
        now_us = clock.plant_now(self._clock())
        head = {
            "wish": wish["id"],
            "who": wish["who"],
            "made": now_us,
            "until_s": wish["seconds"],
            "objectives": wish.get("objectives") or list(TRADED),
            "base": None,
        }
        try:
            situation = read_situation(self._store, site, self._failures, now_us, clock.speed)
            lead_s = (float(wish["seconds"]) + READ_S) * max(situation.speed, 1e-3)
            head["ready"] = now_us + round(lead_s * 1e6)
            head["orders"] = [i for i, o in situation.orders.items() if o["state"] == "open"]
            prepared = prepare_plan(situation, situation.in_force, lead_s=lead_s)
            head["forecasts"] = n_forecasts(prepared.stated)
            self._run(prepared, head, float(wish["seconds"]), stop)
        except PlanningError as error:
            if not stop():  # else it is begun anew by the next planner
                self._give_up(head, str(error))
        except TwinError:
            raise
        except Exception as error:  # a fault of ours must not end the planner, again and again
            traceback.print_exc()
            self._give_up(head, repr(error))

    def _give_up(self, head: Record, why: str) -> None:
        """The wish has no answer, and is not tried again; the front before it stays."""
        print(f"trade-offs: {why}", file=sys.stderr, flush=True)
        nothing = {**head, "seconds": 0.0, "points": []}
        known = self._read("front") or nothing
        self._write({**known, "wish": head["wish"], "growing": False}, why)

    def _run(
        self, prepared: Prepared, head: Record, seconds: float, stop: Callable[[], bool]
    ) -> None:
        verdict = prepared.verdict
        holds = verdict.terms is not None and not verdict.faults
        base = prepared.filled_verdict.terms
        in_force = prepared.stated.situation.in_force
        if base is not None and holds and in_force:
            head["base"], head["base_version"] = terms_document(base), in_force["version"]
        written, known = float("-inf"), set[str]()

        def show(front: Front) -> None:
            nonlocal written
            if self._wall() - written >= WRITE_S or not front.growing:
                # The front before this one stays, and can be adopted from, until it has a point.
                old = set() if known else self._store.documents(FRONT_PLANS).keys()
                self._show(prepared, head, front, known, old)
                written = self._wall()

        def is_over() -> bool:
            return stop() or (self._read(FRONT_WISH) or {}).get("id") != head["wish"]

        start, names = prepared.filled if holds else None, tuple(head["objectives"])
        front = self._search(prepared.stated.problem, start, seconds, show, is_over, names)
        if not stop():
            show(front._replace(growing=False))

    def _show(
        self, prepared: Prepared, head: Record, front: Front, known: set[str], old: Set[str]
    ) -> None:
        """Points that are new with their plans, before the front that names them; what is known
        no more, and what is old, goes."""
        points = {_name(point): point for point in front.points}
        plans: dict[str, bytes | None] = {
            name: orjson.dumps(_plan_of(prepared, point, front.seconds))
            for name, point in points.items()
            if name not in known
        }
        plans |= dict.fromkeys((known | old) - points.keys())
        if plans:
            self._store.set_documents(FRONT_PLANS, plans)
        known.clear()
        known.update(points)
        self._write(
            {
                **head,
                "seconds": round(front.seconds, 1),
                "growing": front.growing,
                "hypervolume": round(front.hypervolume, 4),
                "proven": front.proven,
                "points": [
                    {"id": name, "plan": name, "terms": terms_document(point.terms)}
                    for name, point in points.items()
                ],
            }
        )

    def _write(self, front: Mapping[str, Any], fault: str | None = None) -> None:
        text = orjson.dumps({**front, "fault": fault})
        self._store.set_documents(KIND, {"front": text})

    def _read(self, name: str) -> Record | None:
        found: Record | None = read_written(self._store, name)
        return found


def _plan_of(prepared: Prepared, point: Traded, seconds: float) -> Record:
    """The point as a plan; its version is given by who puts it in force."""
    return plan_document(
        prepared.stated,
        point.schedule,
        point.terms,
        version=0,
        why="chosen",
        solver="pareto",
        seconds=seconds,
    )


def _name(point: Traded) -> str:
    """The same plan has the same name, however often it is told."""
    digest = hashlib.sha256(b"".join(part.tobytes() for part in point.schedule))
    return f"p{digest.hexdigest()[:12]}"
