"""What the planner has said so far, as its documents hold it: versions, suggestions, plans.

Names of kind "schedule" that the planner writes: proposed, in_force_now, changes, suggestions,
versions, planning. The desk writes decisions, in_force, in_force_before. So every document has one
writer, and a planner that starts again goes on from what it finds. Plans of the past lie apart
(kind PLANS, plan-<version>): screens read the others twice a second, and these when they are asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from twin.pipeline.planning.situation import KIND, Decisions
from twin.pipeline.planning.written import parsed
from twin.pipeline.services import Service
from twin.stores.base import Documents, Store

__all__ = ["PLANS", "PLANS_KEPT", "VERSIONS_KEPT", "Kept", "labelled", "plan_name"]

PLANS = "schedule_plans"
PLANS_KEPT = 20
VERSIONS_KEPT = 200
EXPIRED_KEPT = 10
HEAD = ("version", "made", "why", "solver", "terms", "forecasts")
Record = dict[str, Any]


def plan_name(version: int) -> str:
    """Name of the document that holds a version whole."""
    return f"plan-{version}"


class Kept:
    """The planner's own documents, read once and written together."""

    def __init__(self, documents: Mapping[str, bytes], plans: Iterable[str] = ()) -> None:
        held = {name: parsed(name, text)[0] for name, text in documents.items()}
        self.versions: list[Record] = held.get("versions") or []
        self.suggestions: list[Record] = held.get("suggestions") or []
        self.proposed: Record | None = held.get("proposed")
        numbers = (name.removeprefix("plan-") for name in plans)
        self.plans = {int(number) for number in numbers if number.isdecimal()}
        own = ("proposed", "suggestions", "versions", "changes", "planning")
        self._written = {name: documents.get(name) for name in own}

    @classmethod
    def of(cls, store: Store) -> "Kept":
        """As the store holds them. Raises StoreError."""
        return cls(store.documents(KIND), store.documents(PLANS))

    def next_version(self, in_force: Mapping[str, Any] | None) -> int:
        """A number that no plan has had."""
        known = [v["version"] for v in self.versions]
        known += [p["version"] for p in (self.proposed, in_force) if p]
        known += self.plans
        return max(known, default=0) + 1

    def propose(self, plan: Record, in_force: Mapping[str, Any] | None) -> dict[str, Documents]:
        """A new version, by kind: the plan, its head, and what is dropped for it."""
        self.proposed = plan
        head = {k: plan.get(k) for k in HEAD}
        self.versions = [*self.versions, head | {"in_force_from": None, "who": None}]
        self.versions = self.versions[-VERSIONS_KEPT:]
        text = self._written["proposed"] = orjson.dumps(plan)
        self.plans.add(plan["version"])
        keep = set(sorted(self.plans)[-PLANS_KEPT:])
        keep |= {in_force["version"]} if in_force else set()
        whole: dict[str, bytes | None] = {plan_name(plan["version"]): text}
        whole |= {plan_name(v): None for v in self.plans - keep}
        self.plans &= keep
        heads = self.note_in_force(in_force)
        return {PLANS: whole, KIND: {"proposed": text, **heads}}

    def note_in_force(self, in_force: Mapping[str, Any] | None) -> Documents:
        """Write into the heads which version came into force when, and by whom, and which are
        still kept whole. One that was chosen from the front was never proposed: it gets a head."""
        if in_force and all(head["version"] != in_force["version"] for head in self.versions):
            heads = [*self.versions, {k: in_force.get(k) for k in HEAD}]
            self.versions = sorted(heads, key=lambda head: int(head["version"]))[-VERSIONS_KEPT:]
        for head in self.versions:
            head["whole"] = head["version"] in self.plans
            if in_force and head["version"] == in_force["version"]:
                head["in_force_from"] = in_force.get("in_force_from")
                head["who"] = in_force.get("who")
        return self.changed("versions", self.versions)

    def whole(self, in_force: Mapping[str, Any] | None) -> Documents:
        """The plan in force, if it is not kept whole yet: one that was chosen from the front."""
        if in_force is None or in_force["version"] in self.plans:
            return {}
        self.plans.add(int(in_force["version"]))
        return {plan_name(in_force["version"]): orjson.dumps(in_force)}

    def again(self, names: Iterable[str]) -> Documents:
        """Documents of ours as they were said last, for those that somebody has spoilt; what is
        not remembered goes, until it is said anew."""
        known = {n: self._written.get(n) for n in names}
        good = {n: text for n, text in known.items() if not parsed(n, text)[1]}
        self._written |= dict.fromkeys(known.keys() - good.keys())
        return {n: good.get(n) for n in known}

    def changed(self, name: str, value: Any) -> Documents:
        """The document, if it is another than the one that was written last."""
        text = orjson.dumps(value)
        if self._written.get(name) == text:
            return {}
        self._written[name] = text
        return {name: text}


def labelled(
    found: Iterable[Record],
    before: Iterable[Record],
    decisions: Decisions,
    services: Sequence[Service],
    now_us: int,
) -> list[Record]:
    """Suggestions with what people have decided: those of the new plan, and of earlier ones those
    that were accepted, vetoed or have run out.

    found: open ones of the newest plan; before: as they were shown until now.
    """
    planned = {s["id"] for s in services}
    accepted = {a["suggestion"]: a for a in decisions.accepted if a["service"] in planned}
    vetoed = {v["suggestion"]: v for v in decisions.vetoes if v["until"] > now_us}
    shown = {s["id"]: s for s in before} | {s["id"]: s for s in found}
    fresh = {s["id"] for s in found}
    out, expired = [], []
    for name, suggestion in shown.items():
        if name in accepted:
            said = accepted[name]
            out.append(suggestion | {"state": "accepted", "who": said["who"], "reason": None})
        elif name in vetoed:
            said = vetoed[name]
            out.append(
                suggestion | {"state": "vetoed", "who": said["who"], "reason": said["reason"]}
            )
        elif name in fresh:
            out.append(suggestion | {"state": "open", "who": None, "reason": None})
        elif _ran_out(suggestion, now_us):
            expired.append(suggestion | {"state": "expired"})
    expired.sort(key=lambda s: -int(s["start"]))
    return out + expired[:EXPIRED_KEPT]


def _ran_out(suggestion: Record, now_us: int) -> bool:
    """Whether nobody decided on it in time."""
    if suggestion["kind"] != "service":
        return False
    return suggestion["state"] == "expired" or (
        suggestion["state"] == "open" and int(suggestion["start"]) < now_us
    )
