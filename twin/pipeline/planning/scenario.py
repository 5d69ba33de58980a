"""A plant in which something is otherwise: a rush order, a stop, a shift more, a service later.

Changes as screens send them:

    {"kind": "rush", "product", "quantity", "due", "priority"?}
    {"kind": "down", "machine", "until"}
    {"kind": "shift", "line", "start", "end"}
    {"kind": "postpone", "service", "start", "machine"}
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twin.errors import SchemaError
from twin.pipeline.orders.orders import new_order
from twin.pipeline.planning.compare import moves
from twin.pipeline.planning.plan_document import n_forecasts, plan_document, terms_document
from twin.pipeline.planning.plan_schedule import Plan
from twin.pipeline.planning.prepare import Prepared, prepare_plan
from twin.pipeline.planning.situation import ExtraShift, Situation
from twin.pipeline.planning.solve import Improve, solve

__all__ = ["RUSH", "Change", "changed", "kept_figures", "kept_under", "planned_anew"]

Change = Mapping[str, Any]
RUSH = "what-if-"
"""How orders are named that only a what-if knows."""


def kept_under(now: Prepared, changes: Sequence[Change], plan: Plan | None) -> Prepared:
    """The plan in force as it would run, a rush order in its gaps. Raises SchemaError."""
    situation = now.stated.situation
    for change in changes:
        situation = changed(situation, change)
    return prepare_plan(situation, _postponed(plan, changes))


def kept_figures(now: Prepared, held: Prepared) -> dict[str, Any]:
    """What is known before anything is solved: {"before": terms of the plan of now, "kept": terms
    of it under the changes, "kept_plan": that plan (both None: it cannot be), "forecasts": machines
    whose failure is forecast}."""
    kept = None if held.verdict.faults else held.filled_verdict.terms
    before = now.filled_verdict.terms
    return {
        "before": None if before is None else terms_document(before),
        "kept": None if kept is None else terms_document(kept),
        "kept_plan": None
        if kept is None
        else plan_document(held.stated, held.filled, kept, version=0, why="what_if", solver="kept"),
        "forecasts": n_forecasts(now.stated),
    }


def planned_anew(
    held: Prepared, improve: Improve | None, seconds: float = 3.0, seed: int = 1
) -> dict[str, Any]:
    """The best answer to the changes: {"after": terms of the new plan, "plan": that plan, "moves":
    from kept to after, "refused": how many answers were none}. Raises PlanningError."""
    start = None if held.verdict.faults else held.filled
    solved = solve(held.stated.problem, start, improve, seconds, seed)
    return {
        "after": terms_document(solved.terms),
        "refused": solved.refused,
        "moves": moves(held.stated, held.kept, solved.schedule),
        "plan": plan_document(
            held.stated,
            solved.schedule,
            solved.terms,
            version=0,
            why="what_if",
            solver=solved.solver,
            seconds=solved.seconds,
            bound=solved.bound,
        ),
    }


def _postponed(plan: Plan | None, changes: Sequence[Change]) -> Plan | None:
    """The plan with services at the times they are put off to."""
    until = {c["service"]: int(c["start"]) for c in changes if c["kind"] == "postpone"}
    if plan is None or not until:
        return plan
    services = [{**s, "start": until.get(s["id"], s["start"])} for s in plan["services"]]
    return {**plan, "services": services}


def changed(situation: Situation, change: Change) -> Situation:
    """The situation in which one thing is otherwise. Raises SchemaError."""
    kind = change["kind"]
    if kind not in _CHANGES:
        raise SchemaError(f"change: got {kind!r}, want rush, down, shift or postpone")
    return _CHANGES[kind](situation, change)


def _rush(situation: Situation, change: Change) -> Situation:
    detail = {"release": situation.now_us, "priority": 1, "note": "", **change}
    if situation.plant.product(detail["product"]) is None:
        raise SchemaError(f"product: got {detail['product']!r}, want one of the plant's")
    number = sum(order.startswith(RUSH) for order in situation.orders) + 1
    order = new_order(situation.plant, detail, f"{RUSH}{number}", "", situation.now_us)
    return situation._replace(orders={**situation.orders, order["id"]: order})


def _down(situation: Situation, change: Change) -> Situation:
    if change["machine"] not in {m.id for m in situation.plant.machines}:
        raise SchemaError(f"machine: got {change['machine']!r}, want one of the plant's")
    if int(change["until"]) <= situation.now_us:
        raise SchemaError("until: got a time that has passed, want one to come")
    down = {**situation.down_until, change["machine"]: int(change["until"])}
    return situation._replace(down_until=down)


def _shift(situation: Situation, change: Change) -> Situation:
    if change["line"] not in {line.id for line in situation.plant.lines}:
        raise SchemaError(f"line: got {change['line']!r}, want one of the plant's")
    if int(change["end"]) <= max(int(change["start"]), situation.now_us):
        raise SchemaError("end: got none after the start and after now, want one to come")
    extra = ExtraShift(change["line"], int(change["start"]), int(change["end"]))
    return situation._replace(extra_shifts=[*situation.extra_shifts, extra])


def _postpone(situation: Situation, change: Change) -> Situation:
    """A service that is planned at its new time; one that is suggested, not before it."""
    if all(s["id"] != change["service"] for s in situation.services):
        return _not_before(situation, change)
    services = [
        {**s, "start": int(change["start"])} if s["id"] == change["service"] else s
        for s in situation.services
    ]
    return situation._replace(services=services)


def _not_before(situation: Situation, change: Change) -> Situation:
    """A suggested service that is not to be before a time."""
    machine = str(change.get("machine") or "")
    if machine not in {m.id for m in situation.plant.machines}:
        raise SchemaError(f"service: got {change['service']!r}, want one that is planned")
    veto = {"machine": machine, "until": int(change["start"])}
    decisions = situation.decisions
    return situation._replace(decisions=decisions._replace(vetoes=[*decisions.vetoes, veto]))


_CHANGES: Mapping[str, Callable[[Situation, Change], Situation]] = {
    "rush": _rush,
    "down": _down,
    "shift": _shift,
    "postpone": _postpone,
}
