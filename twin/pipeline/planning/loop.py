"""The rolling horizon: the plan in force kept up, a new one proposed when the plant has changed.

The plan in force is the desk's: it changes when a person adopts another, never by itself. What is
kept up here beside it (in_force_now) is the same plan told as of now: later where it fell behind,
round what broke down, with what people have locked and accepted since; no operation on another
machine or in another turn unless a person put it there. Only where nothing is left to do of the
plan in force, or there never was one, the planner adopts the first plan itself, by an action like
anybody's, that the journal tells of.
"""

import time
from collections.abc import Callable
from typing import Any

import orjson

from twin.errors import TwinError
from twin.pipeline.failures import Failures
from twin.pipeline.planning.compiled import Compiling
from twin.pipeline.planning.improve import POLISH_S, anneal_apart
from twin.pipeline.planning.news import is_news
from twin.pipeline.planning.occasion import Occasion
from twin.pipeline.planning.plan_document import plan_document
from twin.pipeline.planning.prepare import Prepared, prepare_plan
from twin.pipeline.planning.proposal import make_proposal
from twin.pipeline.planning.signs import Signs, signs_of
from twin.pipeline.planning.situation import Situation, read_situation
from twin.pipeline.planning.solve import Improve, least_cost
from twin.pipeline.planning.suggest import service_suggestions
from twin.pipeline.planning.telling import Telling
from twin.pipeline.planning.unplaced import known_of
from twin.pipeline.planning.unserved import unserved
from twin.pipeline.site import Site
from twin.stores.base import Documents, Store

__all__ = ["SOLVE_S", "PlanLoop"]

SOLVE_S = 5.0
"""Wall seconds that a plan of many operations gets."""
READ_S = 3.0
"""Wall seconds besides solving until a person can have read a plan."""
KEEP_UP_S = 5.0
"""Wall seconds between two looks at how the plan in force is doing."""
Record = dict[str, Any]


class PlanLoop:
    """`step` until told to stop, about once a second."""

    def __init__(
        self,
        store: Store,
        improve: Improve | None = anneal_apart,
        *,
        unhurried: Improve | None = None,
        compiling: Compiling | None = None,
        solve_s: float = SOLVE_S,
        wall: Callable[[], float] = time.monotonic,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self.store, self.improve, self.solve_s = store, improve, solve_s
        self.unhurried = unhurried
        """What improves a plan that nobody waits for; it takes POLISH_S longer."""
        self._compiling = compiling
        """Until it is ready plans come from the rules, and none is put in force."""
        self.refused = 0
        """Schedules that broke a rule, and were never shown."""
        self._telling, self._occasion = Telling(store), Occasion()
        self._wall, self._clock = wall, clock
        self._failures = Failures()
        self._kept_up_at = self._looked_at = float("-inf")
        self._shown: Record | None = None
        """in_force_now as it was written last."""
        self._seed = 0
        self._waits = False
        """Whether the newest plan is one of the rules, and a better one is to be made."""

    def step(self, site: Site) -> str | None:
        """Look at the plant, and plan anew if it asks for it: why, None if it does not.

        Raises StoreError, PlanningError.
        """
        clock = self.store.clock()
        now_us = clock.plant_now(self._clock())
        if now_us <= 0:
            return None
        situation = read_situation(self.store, site, self._failures, now_us, clock.speed)
        signs, wall = signs_of(situation), self._wall()
        self._telling.relabel(situation)
        self._say_compiling()
        if situation.in_force is None or wall - self._looked_at >= KEEP_UP_S:
            self._look_through(now_us, wall)
        why = self._why(signs, situation, wall)
        if why is not None:
            self._plan_for(why, signs, situation, wall)
        elif wall - self._kept_up_at >= KEEP_UP_S:
            self._keep_up(situation)
        return why

    def _why(self, signs: Signs, situation: Situation, wall: float) -> str | None:
        if self._waits and self._is_ready():
            self._waits = False
            self._occasion.again()
        why = self._occasion.why(signs, situation, self._telling.kept.proposed, wall)
        if why == "clock" and situation.in_force is not None and not self._is_ready():
            # A plan of the rules would only take the place of an improved one.
            self._occasion.waits(signs, situation)
            return None
        return why

    def _plan_for(self, why: str, signs: Signs, situation: Situation, wall: float) -> None:
        """Plan, and remember for what; where it fails, that too."""
        kept = self._telling.kept
        at_once = situation.in_force is None and kept.proposed is None
        calm = self.unhurried if why == "clock" else None
        hurried = at_once or not self._is_ready()
        try:
            self._plan(situation, why, None if hurried else calm or self.improve)
        except TwinError:
            self._occasion.failed(wall)
            raise
        self._occasion.planned(signs, situation, wall)
        self._waits = hurried and kept.proposed is not None

    # --- compiling ------------------------------------------------------------------------
    def _is_ready(self) -> bool:
        return self._compiling is None or self._compiling.is_ready()

    def _say_compiling(self) -> None:
        is_long = self._compiling is not None and self._compiling.is_long()
        if is_long != self._telling.state["compiling"]:
            self._telling.write(self._telling.say(compiling=is_long))

    # --- keeping up -----------------------------------------------------------------------
    def _look_through(self, now_us: int, wall: float) -> None:
        """What cannot be read in the store is said, and told anew where it was ours."""
        self._looked_at = wall
        if "in_force_now" in self._telling.look_through(now_us):
            self._shown = None

    def _keep_up(self, situation: Situation) -> None:
        """Tell the plan in force as of now."""
        self._kept_up_at = self._wall()
        if situation.in_force is None:
            return
        prepared = prepare_plan(situation, situation.in_force, freeze_s=0.0, fills=False)
        self._telling.write(self._told_now(prepared))

    def _told_now(self, prepared: Prepared) -> Documents:
        """in_force_now, if it says anything new and keeps every rule."""
        in_force = prepared.stated.situation.in_force
        terms = prepared.verdict.terms
        if in_force is None or terms is None or prepared.verdict.faults:
            return {}
        plan = plan_document(
            prepared.stated,
            prepared.kept,
            terms,
            version=in_force["version"],
            why="drift",
            solver=in_force["solver"],
            knows=known_of(in_force),
        )
        plan |= {k: in_force.get(k) for k in ("in_force_from", "who", "point")}
        if not is_news(self._shown, plan):
            return {}
        plan["bound"] = least_cost(prepared.stated.problem, prepared.kept)
        self._shown = plan
        return {"in_force_now": orjson.dumps(plan)}

    # --- planning -------------------------------------------------------------------------
    def _plan(self, situation: Situation, why: str, improve: Improve | None) -> None:
        """Make, check and propose a plan, if it is better than the one in force. The very first
        comes at once from the rules, and in force when it has been improved."""
        telling, kept = self._telling, self._telling.kept
        more_s = POLISH_S if improve is not None and improve is self.unhurried else 0.0
        lead_s = (self.solve_s + more_s + READ_S) * max(situation.speed, 1e-3)
        self._seed += 1
        is_shown = kept.proposed is not None
        made = make_proposal(situation, improve, self.solve_s, lead_s, self._seed)
        self.refused += made.solved.refused
        if not (made.plan is None or made.plan.stated.keys or made.plan.stated.problem.tasks):
            return  # there is nothing to plan
        documents: dict[str, bytes | None] = dict(self._told_now(made.prepared))
        is_new = situation.in_force is None or made.is_first
        if made.plan is None:
            version = telling.withdraw(situation, documents)
        else:
            version = telling.propose(made, made.plan, "first" if is_new else why, documents)
        documents |= kept.changed("changes", {**made.compared, "version": version})
        found = service_suggestions(made.beside.stated, made.beside.schedule, version)
        if made.plan is not None and not is_new:
            found = [*telling.plan_suggestion(situation, made.compared), *found]
        documents |= telling.suggested(situation, found)
        documents |= telling.report(
            *(situation, why, made.solved, version),
            refused=self.refused,
            unserved=unserved(made.beside.stated, made.beside.schedule),
        )
        telling.write(documents)
        if made.is_first and is_shown and self._is_ready():
            telling.adopt(situation, version, self._clock())
