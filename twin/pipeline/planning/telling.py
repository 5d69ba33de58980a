"""What the planner tells: proposals, suggestions, heads, its own state, as documents of the store.

It writes only what has changed, and remembers in `kept` what it has said.
"""

import sys
from collections.abc import Mapping
from typing import Any

from twin.actions import Action, pack_action
from twin.pipeline.orders.orders import KIND as ORDERS
from twin.pipeline.orders.written import order_faults
from twin.pipeline.planning.kept import PLANS, Kept, labelled
from twin.pipeline.planning.news import differs, is_vetoed
from twin.pipeline.planning.occasion import version_of
from twin.pipeline.planning.plan_document import plan_document
from twin.pipeline.planning.proposal import Proposal, Shown
from twin.pipeline.planning.situation import KIND, Situation
from twin.pipeline.planning.solve import Solved
from twin.pipeline.planning.written import faults_of, read_written
from twin.stores.base import Documents, Store

__all__ = ["PLANNER", "Telling"]

PLANNER = "planner"
"""Who adopts the first plan."""
OWN = ("proposed", "in_force_now", "changes", "suggestions", "versions", "planning")
"""What nobody else writes."""
UNREADABLE_KEPT = 10
Record = dict[str, Any]


class Telling:
    """The planner's hand in the store."""

    def __init__(self, store: Store) -> None:
        self.store, self.kept = store, Kept.of(store)
        known = read_written(store, "planning") or {}
        self.state: Record = {"unreadable": [], "compiling": False, **known}
        """Document "planning": what the planner says of itself."""
        self._faults: dict[str, str] = {}

    def write(self, documents: Documents) -> None:
        """Raises StoreError."""
        if documents:
            self.store.set_documents(KIND, documents)

    def propose(
        self, made: Proposal, shown: Shown, why: str, documents: dict[str, bytes | None]
    ) -> int:
        """A new version, unless it says what the one before said; which version it is."""
        # As it is now: somebody may have put one of the front in force while this was solved.
        in_force: Record | None = read_written(self.store, "in_force")
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

    def withdraw(self, situation: Situation, documents: dict[str, bytes | None]) -> int:
        """Nothing better than the plan in force is known: that is what is proposed."""
        in_force = situation.in_force
        assert in_force is not None
        left = [o for o in in_force["operations"] if not _is_cancelled(situation, o["order"])]
        self.kept.proposed = {**in_force, "operations": left}
        documents |= self.kept.changed("proposed", self.kept.proposed)
        return int(in_force["version"])

    def suggested(self, situation: Situation, found: list[Record]) -> Documents:
        """The suggestions as they stand, if they are other than those written last."""
        before, self.kept.suggestions = self.kept.suggestions, []
        self.kept.suggestions = labelled(
            found, before, situation.decisions, situation.services, situation.now_us
        )
        return self.kept.changed("suggestions", self.kept.suggestions)

    def relabel(self, situation: Situation) -> None:
        """What people have decided is shown at once, before a new plan is there; heads say which
        version came into force."""
        in_force = situation.in_force
        version = version_of(in_force)
        current = [
            s
            for s in self.kept.suggestions
            if s["state"] == "open" and not (s["kind"] == "plan" and s["version"] == version)
            if s["kind"] == "plan" or int(s["start"]) >= situation.now_us
        ]
        whole = self.kept.whole(in_force)
        if whole:
            self.store.set_documents(PLANS, whole)
        self.write({**self.suggested(situation, current), **self.kept.note_in_force(in_force)})

    def plan_suggestion(self, situation: Situation, compared: Mapping[str, Any]) -> list[Record]:
        """The plan proposed as a suggestion, unless people want none for now."""
        plan = self.kept.proposed
        if plan is None or is_vetoed(plan, situation):
            return []
        own = {k: plan[k] for k in ("start", "end", "why", "version")}
        decided = {"state": "open", "who": None, "reason": None, "machine": None}
        name = f"plan-{plan['version']}"
        return [{"id": name, "kind": "plan", **own, **decided, **compared}]

    def adopt(self, situation: Situation, version: int, wall_us: int) -> None:
        """Put the first plan in force as anybody would."""
        detail = {"version": version, "point": None}
        action = Action(
            *("plan.adopt", None, situation.now_us, wall_us, PLANNER, "manager"),
            detail,
            f"first-{version}-{wall_us}",
        )
        self.store.add_action(pack_action(action))

    # --- its own state --------------------------------------------------------------------
    def report(
        self, situation: Situation, why: str, solved: Solved, version: int, **more: Any
    ) -> Documents:
        """What the planner says of itself after a round."""
        return self.say(
            made=situation.now_us,
            why=why,
            version=version,
            solver=solved.solver,
            seconds=round(solved.seconds, 2),
            **more,
        )

    def say(self, **more: Any) -> Documents:
        """Document "planning" with this in it, if it was not."""
        self.state |= more
        return self.kept.changed("planning", self.state)

    def look_through(self, now_us: int) -> list[str]:
        """What in the store cannot be read is said, and written again where it was ours: which."""
        held = self.store.documents(KIND)
        # The plan's own come last: of many slips the last are kept.
        faults = order_faults(self.store.documents(ORDERS))
        faults |= {k: fault for n, text in held.items() for k, fault in faults_of(n, text).items()}
        new = {name: fault for name, fault in faults.items() if self._faults.get(name) != fault}
        self._faults = faults
        for name, fault in new.items():
            said = f"planning: the document {name} counts as none: {fault}"
            print(said, file=sys.stderr, flush=True)
        known = [{"name": n, "time": now_us, "fault": fault} for n, fault in new.items()]
        own = [name for name in OWN if name in faults]
        found = self.kept.again(own)
        if known:
            unreadable = [*self.state["unreadable"], *known][-UNREADABLE_KEPT:]
            found = {**found, **self.say(unreadable=unreadable)}
        self.write(found)
        return own


def _is_cancelled(situation: Situation, order_id: str) -> bool:
    order = situation.orders.get(order_id)
    return order is not None and bool(order["state"] == "cancelled")
