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
from twin.errors import PlanningError
from twin.pipeline.failures import Failures
from twin.pipeline.planning.compare import comparison, moves
from twin.pipeline.planning.improve import NAME, anneal_apart
from twin.pipeline.planning.kept import Kept, labelled
from twin.pipeline.planning.plan_document import plan_document
from twin.pipeline.planning.prepare import FREEZE_S, Prepared, prepare_plan
from twin.pipeline.planning.problem_of import Stated
from twin.pipeline.planning.retime import retime
from twin.pipeline.planning.signs import Signs, Waiting, signs_of
from twin.pipeline.planning.situation import KIND, Situation, read_situation
from twin.pipeline.planning.solve import Improve, Solved, solve
from twin.pipeline.planning.suggest import service_suggestions
from twin.pipeline.site import Site
from twin.scheduling.check import check
from twin.scheduling.schedule import Schedule
from twin.stores.base import Documents, Store

__all__ = ["PLANNER", "SOLVE_S", "PlanLoop"]

PLANNER = "planner"
"""Who adopts the first plan."""
SOLVE_S = 5.0
"""Wall seconds a plan of many operations gets; one of few, as much less."""
LEAST_SOLVE_S = 1.0
OPERATIONS_A_S = 50
READ_S = 3.0
"""Wall seconds besides solving until a person can have read a plan."""
QUIET_S, LONGEST_S = 2.0, 6.0
"""Wall seconds for which nothing must have come, and which waiting takes at the most."""
CLOCK_PLANT_S = 3600.0
CLOCK_S = (60.0, 600.0)
"""A plan is made anew after an hour of the plant, but not sooner or later than this on the wall."""
KEEP_UP_S = 5.0
"""Wall seconds between two looks at how the plan in force is doing."""
SHIFT_US = 300_000_000
"""What moves by less is no news."""
LEAST_SAVES_H = 0.5
"""A plan is worth a person's look if it saves what this many late hours of a usual order cost."""
Record = dict[str, Any]


class PlanLoop:
    """`step` until told to stop, about once a second."""

    def __init__(
        self,
        store: Store,
        improve: Improve | None = anneal_apart,
        *,
        solve_s: float = SOLVE_S,
        wall: Callable[[], float] = time.monotonic,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self.store, self.improve, self.solve_s = store, improve, solve_s
        self.kept = Kept.of(store)
        self.refused = 0
        """Schedules that broke a rule, and were never shown."""
        self._wall, self._clock = wall, clock
        self._failures, self._waiting = Failures(), Waiting(QUIET_S, LONGEST_S)
        self._planned: Signs | None = None
        """The plant as the newest plan was made for it."""
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
            self._planned, self._planned_at = signs, wall
            self._plan(situation, why)
        elif wall - self._kept_up_at >= KEEP_UP_S:
            self._keep_up(situation)
        return why

    # --- when -----------------------------------------------------------------------------
    def _why(self, signs: Signs, situation: Situation, wall: float) -> str | None:
        if self._planned is None:
            return "clock" if situation.in_force else "first"
        if not (situation.machines or situation.orders):
            return None
        why = self._waiting.look(self._planned, signs, wall)
        if why is not None:
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
        prepared = prepare_plan(situation, situation.in_force, freeze_s=0.0)
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
        )
        plan |= {k: in_force.get(k) for k in ("in_force_from", "who", "point")}
        if not _is_news(self._shown, plan):
            return {}
        self._shown = plan
        return {"in_force_now": orjson.dumps(plan)}

    # --- planning -------------------------------------------------------------------------
    def _plan(self, situation: Situation, why: str) -> None:
        """Make, check and propose a plan, if it is better than the one in force."""
        lead_s = (self.solve_s + READ_S) * max(situation.speed, 1e-3)
        prepared, solved = self._solved(situation, lead_s)
        if not (prepared.stated.keys or prepared.stated.problem.tasks or situation.in_force):
            return  # nothing to plan
        is_first = _nothing_left(prepared) and bool((solved.schedule.machine >= 0).any())
        compared = _compared(prepared, solved)
        is_worth = is_first or situation.in_force is None or _is_worth(prepared, compared)
        documents = dict(self._told_now(prepared))
        if is_worth:
            label = "first" if situation.in_force is None or is_first else why
            version = self._propose(prepared, solved, label, documents)
        else:
            version = self._withdraw(situation, documents)
            compared = {"moves": [], "saves": 0.0, "terms_before": None, "terms_after": None}
        documents |= self.kept.changed("changes", compared | {"version": version})
        found = service_suggestions(*_beside_plan(situation, lead_s, prepared, solved), version)
        if is_worth and situation.in_force is not None and not is_first:
            found = [*self._plan_suggestion(situation, compared), *found]
        documents |= self._suggested(situation, found)
        documents["planning"] = self._report(situation, why, solved, version)
        self._write(documents)
        if is_first:
            self._adopt(situation, version)

    def _propose(
        self,
        prepared: Prepared,
        solved: Solved,
        why: str,
        documents: dict[str, bytes | None],
    ) -> int:
        """A new version, unless it says what the one before said; which version it is."""
        in_force = prepared.stated.situation.in_force
        plan = plan_document(
            prepared.stated,
            solved.schedule,
            solved.terms,
            version=self.kept.next_version(in_force),
            why=why,
            solver=solved.solver,
            seconds=solved.seconds,
            bound=solved.bound,
        )
        before = self.kept.proposed
        if before is None or why == "first" or _differs(before, plan):
            documents |= self.kept.propose(plan, in_force)
            return int(plan["version"])
        return int(before["version"])

    def _withdraw(self, situation: Situation, documents: dict[str, bytes | None]) -> int:
        """Nothing better than the plan in force is known: that is what is proposed."""
        in_force = situation.in_force
        assert in_force is not None
        if self.kept.proposed is None or self.kept.proposed["version"] != in_force["version"]:
            self.kept.proposed = dict(in_force)
            documents["proposed"] = orjson.dumps(in_force)
        return int(in_force["version"])

    def _solved(self, situation: Situation, lead_s: float) -> tuple[Prepared, Solved]:
        """A plan; where none can keep what is frozen, one that only keeps what was decided."""
        self._seed += 1
        for freeze_s in (FREEZE_S, 0.0):
            prepared = prepare_plan(situation, situation.in_force, lead_s=lead_s, freeze_s=freeze_s)
            start = None if prepared.verdict.faults else prepared.kept
            problem = prepared.stated.problem
            try:
                seconds = min(self.solve_s, LEAST_SOLVE_S + problem.n_operations / OPERATIONS_A_S)
                solved = solve(problem, start, self.improve, seconds, self._seed, NAME)
            except PlanningError:
                if not freeze_s:
                    raise
            else:
                self.refused += solved.refused
                return prepared, solved
        raise AssertionError("unreachable")

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
        version = in_force["version"] if in_force else None
        current = [
            s
            for s in self.kept.suggestions
            if s["state"] == "open" and not (s["kind"] == "plan" and s["version"] == version)
            if s["kind"] == "plan" or int(s["start"]) >= situation.now_us
        ]
        self._write({**self._suggested(situation, current), **self.kept.note_in_force(in_force)})

    def _plan_suggestion(self, situation: Situation, compared: Record) -> list[Record]:
        """The plan proposed as a suggestion, unless people want none for now."""
        plan = self.kept.proposed
        vetoed = [v for v in situation.decisions.vetoes if not v["machine"]]
        if plan is None or any(v["until"] > situation.now_us for v in vetoed):
            return []
        own = {k: plan[k] for k in ("start", "end", "why", "version")}
        decided = {"state": "open", "who": None, "reason": None, "machine": None}
        return [{"id": f"plan-{plan['version']}", "kind": "plan"} | own | decided | compared]

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


def _nothing_left(prepared: Prepared) -> bool:
    """Whether nothing is left to do of the plan in force, or there is none."""
    situation = prepared.stated.situation
    return situation.in_force is None or not bool((prepared.kept.machine >= 0).any())


def _compared(prepared: Prepared, solved: Solved) -> Record:
    """What moves and what it saves against the plan in force as it stands now."""
    stated, terms = prepared.stated, prepared.verdict.terms
    has_plan = stated.situation.in_force is not None
    if not has_plan or terms is None or prepared.verdict.faults:
        return {
            "moves": moves(stated, prepared.kept, solved.schedule) if has_plan else [],
            "saves": None,
            "terms_before": None,
            "terms_after": None,
        }
    return comparison(stated, prepared.kept, solved.schedule, (terms, solved.terms))


def _is_worth(prepared: Prepared, compared: Record) -> bool:
    """Whether a plan saves enough against the one in force to be looked at."""
    least = LEAST_SAVES_H * prepared.stated.situation.plant.plant.late_cost_h
    return bool(compared["moves"]) and (compared["saves"] is None or compared["saves"] >= least)


def _beside_plan(
    situation: Situation, lead_s: float, prepared: Prepared, solved: Solved
) -> tuple[Stated, Schedule]:
    """The plan in force with the services of the new one: what accepting one of them comes to.
    Where the plan in force does not hold any more, the new one."""
    loose = prepare_plan(situation, situation.in_force, lead_s=lead_s, freeze_s=0.0)
    wanted = loose.kept._replace(
        task_start=solved.schedule.task_start, task_crew=solved.schedule.task_crew
    )
    if situation.in_force is not None and not loose.verdict.faults:
        tasks = frozenset(range(len(loose.stated.problem.tasks)))
        beside = retime(loose.stated.problem, wanted, tasks).schedule
        if not check(loose.stated.problem, beside).faults:
            return loose.stated, beside
    return prepared.stated, solved.schedule


def _is_news(before: Mapping[str, Any] | None, plan: Mapping[str, Any]) -> bool:
    """Whether a plan says other than before, but for a few minutes."""
    if before is None or before["version"] != plan["version"]:
        return True
    return _differs(before, plan)


def _differs(before: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    """Other operations, machines, pins or services; or times that are not much the same."""
    for name, identity in (("operations", ("order", "step")), ("services", ("id",))):
        was = {tuple(x[k] for k in identity): x for x in before[name]}
        is_ = {tuple(x[k] for k in identity): x for x in plan[name]}
        if was.keys() != is_.keys():
            return True
        for key, one in is_.items():
            old = was[key]
            if (old["machine"], old["pin"]) != (one["machine"], one["pin"]):
                return True
            if max(abs(old[k] - one[k]) for k in ("start", "end")) > SHIFT_US:
                return True
    same = ("left_out", "breakdowns")
    return any(before.get(name) != plan[name] for name in same)
