"""Plan against plan, in no language: what moved and by how much, and what that does to each cost.

Worked out from the two plans alone, so that any two versions can be compared.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.states.schedule.schedule_plan import HOUR_US, forecast_terms, plan_head
from dashboard.times import iso_local

__all__ = ["TERMS", "compared", "moved_operations", "moved_services"]

Plan = Mapping[str, Any]
Move = dict[str, Any]
KEYS = ("terms_before", "terms_after")
NOTHING: Mapping[str, Any] = MappingProxyType({})
TERMS = (
    *("total", "tardiness", "risk", "energy", "changeover"),
    *("late_jobs", "late_h", "makespan_h", "idle_h", "setup_h", "energy_kwh", "stability"),
)
"""As they are listed: what money is paid for, what is not money, and what nobody pays."""
MOVES_SHOWN = 400
SMALL_US = 60_000_000
WAITS = frozenset({"not_in_plan", "later", "not_released"})
"""Why an order may be in no plan without anybody having left it out."""


def compared(
    before: Plan,
    after: Plan,
    zone: ZoneInfo,
    changes: Plan = NOTHING,
    accepted: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """Both heads, every term before and after, and what moved, the soonest first.

    changes: terms of both at one moment and what the one saves, where the planner reckoned it so.
    accepted: suggestion → the planned service that it has become, by which later plans name it.
    """
    before, after = _renamed(before, accepted), _renamed(after, accepted)
    terms = [
        forecast_terms(changes.get(k) or p.get("terms") or {}, p.get("forecasts"))
        for k, p in zip(KEYS, (before, after), strict=True)
    ]
    moves = [*moved_services(before, after), *moved_operations(before, after)]
    moves.sort(key=lambda m: min(t for t in (m["from_us"], m["to_us"]) if t is not None))
    return {
        "before": plan_head(before, zone),
        "after": plan_head(after, zone),
        "terms": _terms(*terms),
        "saves": changes.get("saves") if all(changes.get(k) for k in KEYS) else None,
        "n_moves": len(moves),
        "n_machine": sum(m["from_machine"] != m["to_machine"] for m in moves if _both(m)),
        "n_same": len(before["operations"]) + len(before["services"]) - _n_touched(moves),
        "moves": [_shown(move, zone) for move in moves[:MOVES_SHOWN]],
        "orders": _order_changes(before, after),
    }


def _renamed(plan: Plan, accepted: Mapping[str, str]) -> Plan:
    services = [{**s, "id": accepted.get(s["id"], s["id"])} for s in plan["services"]]
    return {**plan, "services": services}


def moved_operations(before: Plan, after: Plan) -> list[Move]:
    """Operations on another machine, at another time, or in one of the plans alone."""
    old, new = ({(o["order"], o["step"]): o for o in p["operations"]} for p in (before, after))
    return [
        _move("operation", old.get(key), new.get(key)) | {"order": key[0], "step": key[1]}
        for key in old | new
        if _differs(old.get(key), new.get(key), before, after)
    ]


def moved_services(before: Plan, after: Plan) -> list[Move]:
    """Services likewise; another crew is a move too."""
    old, new = ({s["id"]: s for s in p["services"]} for p in (before, after))
    return [
        _move("service", old.get(key), new.get(key)) | {"service": key}
        for key in old | new
        if _differs(old.get(key), new.get(key), before, after)
    ]


def _differs(old: Plan | None, new: Plan | None, before: Plan, after: Plan) -> bool:
    """What is over by the later plan, or starts after the earlier horizon, is no move; nor is what
    had begun when the one that does not hold it was made, or kept up: it is done since."""
    if old is None or new is None:
        only = new if old is None else old
        assert only is not None
        other = before if old is None else after
        is_ahead = only["end"] > after["start"] and only["start"] < before["end"]
        return bool(is_ahead and only["start"] >= other["start"])
    is_elsewhere = (old["machine"], old.get("crew")) != (new["machine"], new.get("crew"))
    return bool(is_elsewhere or abs(old["start"] - new["start"]) >= SMALL_US)


def _move(kind: str, old: Plan | None, new: Plan | None) -> Move:
    return {
        "kind": kind,
        "from_machine": old and old["machine"],
        "to_machine": new and new["machine"],
        "from_crew": old and old.get("crew"),
        "to_crew": new and new.get("crew"),
        "from_us": old and old["start"],
        "to_us": new and new["start"],
    }


def _both(move: Move) -> bool:
    return move["from_us"] is not None and move["to_us"] is not None


def _n_touched(moves: list[Move]) -> int:
    """Moves of what the plan before holds."""
    return sum(m["from_us"] is not None for m in moves)


def _shown(move: Move, zone: ZoneInfo) -> Move:
    """With times of the plant's clock, and by how many hours it moves."""
    hours = (move["to_us"] - move["from_us"]) / HOUR_US if _both(move) else None
    return move | {
        "from": None if move["from_us"] is None else iso_local(move["from_us"], zone),
        "to": None if move["to_us"] is None else iso_local(move["to_us"], zone),
        "hours": None if hours is None else round(hours, 3),
    }


def _terms(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every term that both know, and its difference: below 0 is better, of all of them."""
    return [
        {"term": name, "before": a, "after": b, "delta": round(b - a, 6)}
        for name in TERMS
        if (a := before.get(name)) is not None and (b := after.get(name)) is not None
    ]


def _order_changes(before: Plan, after: Plan) -> list[dict[str, Any]]:
    """Orders of both plans whose lateness changes, the worst first; None: left out."""
    old, new = _lateness(before), _lateness(after)
    found = [
        {"order": o, "before": old[o], "after": new[o]}
        for o in old
        if o in new and old[o] != new[o]
    ]
    return sorted(found, key=lambda x: -_worse(x["before"], x["after"]))


def _worse(before: float | None, after: float | None) -> float:
    """Hours later; left out counts as a year."""
    year_h = 8760.0
    return (year_h if after is None else after) - (year_h if before is None else before)


def _lateness(plan: Plan) -> dict[str, float | None]:
    """Order → hours late, 0 in time, None left out; of those that the plan is about."""
    late: dict[str, float | None] = dict.fromkeys((o["order"] for o in plan["operations"]), 0.0)
    late |= {x["order"]: x["late_h"] for x in plan.get("late") or ()}
    out = (x for x in plan.get("left_out") or () if x.get("reason") not in WAITS)
    return late | {x["order"]: None for x in out}
