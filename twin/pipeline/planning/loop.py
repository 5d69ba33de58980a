"""The rolling horizon: the plan in force kept up, a new one proposed when the plant has changed.

The plan in force is the desk's: it changes when a person adopts another, never by itself. What is
kept up here beside it (in_force_now) is the same plan told as of now: later where it fell behind,
round what broke down, with what people have locked and accepted since; no operation on another
machine or in another turn unless a person put it there. Only where nothing is left to do of the
plan in force, or there never was one, the planner adopts the first plan itself, by an action like
anybody's, that the journal tells of.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from twin.actions import Action, pack_action
from twin.pipeline.failures import Failures
from twin.pipeline.planning.improve import POLISH_S, anneal_apart
from twin.pipeline.planning.kept import PLANS, Kept, labelled
from twin.pipeline.planning.news import differs, is_news, is_vetoed
from twin.pipeline.planning.plan_document import plan_document
from twin.pipeline.planning.prepare import Prepared, prepare_plan
from twin.pipeline.planning.proposal import Proposal, Shown, make_proposal
from twin.pipeline.planning.signs import Signs, Waiting, signs_of
from twin.pipeline.planning.situation import KIND, Situation, loaded, read_situation
from twin.pipeline.planning.solve import Improve, Solved, least_cost
from twin.pipeline.planning.suggest import service_suggestions
from twin.pipeline.site import Site
from twin.stores.base import Documents, Store

__all__ = ["PLANNER", "SOLVE_S", "PlanLoop"]

PLANNER = "planner"
"""Who adopts the first plan."""
SOLVE_S = 5.0
"""Wall seconds that a plan of many operations gets."""
READ_S = 3.0
"""Wall seconds besides solving until a person can have read a plan."""
QUIET_S, LONGEST_S = 2.0, 6.0
"""Wall seconds for which nothing must have come, and which waiting takes at the most."""
CALM, CALM_S = frozenset({"order", "risk"}), 10.0
"""What can wait until so many seconds on the wall have passed since the last plan."""
CLOCK_PLANT_S = 3600.0
CLOCK_S = (60.0, 600.0)
"""A plan is made anew after an hour of the plant, but not sooner or later than this on the wall."""
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
        solve_s: float = SOLVE_S,
        wall: Callable[[], float] = time.monotonic,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self.store, self.improve, self.solve_s = store, improve, solve_s
        self.unhurried = unhurried
        """What improves a plan that nobody waits for; it takes POLISH_S longer."""
        self.kept = Kept.of(store)
        self.refused = 0
        """Schedules that broke a rule, and were never shown."""
        self._wall, self._clock = wall, clock
        self._failures, self._waiting = Failures(), Waiting(QUIET_S, LONGEST_S)
        self._planned: Signs | None = None
        """The plant as the newest plan was made for it."""
        self._beside: int | None = None
        """Version of the plan in force then."""
        self._planned_at = self._kept_up_at = float("-inf")
        self._shown: Record | None = None
        """in_force_now as it was written last."""
        self._seed = 0

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
        self._relabel(situation)
        why = self._why(signs, situation, wall)
        if why is not None:
            at_once = situation.in_force is None and self.kept.proposed is None
            self._planned, self._planned_at = signs, wall
            self._beside = _version(situation.in_force)
            calm = self.unhurried if why == "clock" else None
            self._plan(situation, why, None if at_once else calm or self.improve)
            if at_once and self.kept.proposed is not None:
                self._planned = None  # and now a better one
        elif wall - self._kept_up_at >= KEEP_UP_S:
            self._keep_up(situation)
        return why

    # --- when -----------------------------------------------------------------------------
    def _why(self, signs: Signs, situation: Situation, wall: float) -> str | None:
        if self._planned is None:
            return "clock" if situation.in_force else "first"
        if not (situation.machines or situation.orders):
            return None
        if _version(situation.in_force) not in {self._beside, _version(self.kept.proposed)}:
            return "accepted"  # one of the front, or an older one again: all is held against it
        why = self._waiting.look(self._planned, signs, wall)
        if why is not None and (why not in CALM or wall - self._planned_at >= CALM_S):
            return why
        pace = max(situation.speed, 1e-3)
        every = min(max(CLOCK_PLANT_S / pace, CLOCK_S[0]), CLOCK_S[1])
        return "clock" if wall - self._planned_at >= every else None

    # --- keeping up -----------------------------------------------------------------------
    def _keep_up(self, situation: Situation) -> None:
        """Tell the plan in force as of now."""
        self._kept_up_at = self._wall()
        if situation.in_force is None:
            return
        prepared = prepare_plan(situation, situation.in_force, freeze_s=0.0, fills=False)
        self._write(self._told_now(prepared))

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
            knows=frozenset(o["order"] for o in in_force["operations"]),
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
        more_s = POLISH_S if improve is not None and improve is self.unhurried else 0.0
        lead_s = (self.solve_s + more_s + READ_S) * max(situation.speed, 1e-3)
        self._seed += 1
        is_shown = self.kept.proposed is not None
        made = make_proposal(situation, improve, self.solve_s, lead_s, self._seed)
        self.refused += made.solved.refused
        if not (made.plan is None or made.plan.stated.keys or made.plan.stated.problem.tasks):
            return  # there is nothing to plan
        documents: dict[str, bytes | None] = dict(self._told_now(made.prepared))
        is_new = situation.in_force is None or made.is_first
        if made.plan is None:
            version = self._withdraw(situation, documents)
        else:
            version = self._propose(made, made.plan, "first" if is_new else why, documents)
        documents |= self.kept.changed("changes", {**made.compared, "version": version})
        found = service_suggestions(made.beside.stated, made.beside.schedule, version)
        if made.plan is not None and not is_new:
            found = [*self._plan_suggestion(situation, made.compared), *found]
        documents |= self._suggested(situation, found)
        documents["planning"] = self._report(situation, why, made.solved, version)
        self._write(documents)
        if made.is_first and is_shown:
            self._adopt(situation, version)

    def _propose(
        self, made: Proposal, shown: Shown, why: str, documents: dict[str, bytes | None]
    ) -> int:
        """A new version, unless it says what the one before said; which version it is."""
        # As it is now: somebody may have put one of the front in force while this was solved.
        in_force: Record | None = loaded(self.store.document(KIND, "in_force"), None)
        is_solved = shown.schedule is made.solved.schedule
        plan = plan_document(
            shown.stated,
            shown.schedule,
            shown.terms,
            version=self.kept.next_version(in_force),
            why=why,
            solver=made.solved.solver if is_solved else "kept",
            seconds=made.solved.seconds,
            bound=made.solved.bound if is_solved else None,
        )
        before = self.kept.proposed
        if before is None or differs(before, plan):
            found = self.kept.propose(plan, in_force)
            self.store.set_documents(PLANS, found[PLANS])
            documents |= found[KIND]
            return int(plan["version"])
        return int(before["version"])

    def _withdraw(self, situation: Situation, documents: dict[str, bytes | None]) -> int:
        """Nothing better than the plan in force is known: that is what is proposed."""
        in_force = situation.in_force
        assert in_force is not None
        self.kept.proposed = dict(in_force)
        documents |= self.kept.changed("proposed", in_force)
        return int(in_force["version"])

    def _suggested(self, situation: Situation, found: list[Record]) -> Documents:
        """The suggestions as they stand, if they are other than those written last."""
        before, self.kept.suggestions = self.kept.suggestions, []
        self.kept.suggestions = labelled(
            found, before, situation.decisions, situation.services, situation.now_us
        )
        return self.kept.changed("suggestions", self.kept.suggestions)

    def _relabel(self, situation: Situation) -> None:
        """What people have decided is shown at once, before a new plan is there; heads say which
        version came into force."""
        in_force = situation.in_force
        version = _version(in_force)
        current = [
            s
            for s in self.kept.suggestions
            if s["state"] == "open" and not (s["kind"] == "plan" and s["version"] == version)
            if s["kind"] == "plan" or int(s["start"]) >= situation.now_us
        ]
        whole = self.kept.whole(in_force)
        if whole:
            self.store.set_documents(PLANS, whole)
        self._write({**self._suggested(situation, current), **self.kept.note_in_force(in_force)})

    def _plan_suggestion(self, situation: Situation, compared: Mapping[str, Any]) -> list[Record]:
        """The plan proposed as a suggestion, unless people want none for now."""
        plan = self.kept.proposed
        if plan is None or is_vetoed(plan, situation):
            return []
        own = {k: plan[k] for k in ("start", "end", "why", "version")}
        decided = {"state": "open", "who": None, "reason": None, "machine": None}
        name = f"plan-{plan['version']}"
        return [{"id": name, "kind": "plan", **own, **decided, **compared}]

    def _report(self, situation: Situation, why: str, solved: Solved, version: int) -> bytes:
        return orjson.dumps(
            {
                "made": situation.now_us,
                "why": why,
                "version": version,
                "solver": solved.solver,
                "seconds": round(solved.seconds, 2),
                "refused": self.refused,
            }
        )

    def _adopt(self, situation: Situation, version: int) -> None:
        """Put the first plan in force as anybody would."""
        detail = {"version": version, "point": None}
        wall, token = self._clock(), f"first-{version}"
        action = Action(
            "plan.adopt", None, situation.now_us, wall, PLANNER, "manager", detail, token
        )
        self.store.add_action(pack_action(action))

    def _write(self, documents: Documents) -> None:
        if documents:
            self.store.set_documents(KIND, documents)


def _version(plan: Mapping[str, Any] | None) -> int | None:
    return None if plan is None else int(plan["version"])
