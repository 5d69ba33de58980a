"""Whether a plan says anything new, and whether people want to hear of it."""

from collections.abc import Mapping
from typing import Any

from twin.pipeline.planning.situation import Situation

__all__ = ["differs", "is_news", "is_vetoed"]

PRESSING = frozenset({"breakdown", "rush"})
SHIFT_US = 300_000_000
"""What moves by less is no news."""


def is_vetoed(plan: Mapping[str, Any], situation: Situation) -> bool:
    """Whether people want no new plan for now; what presses and came later is another matter."""
    vetoes = [v for v in situation.decisions.vetoes if not v["machine"]]
    standing = [v for v in vetoes if v["until"] > situation.now_us]
    is_pressing = plan["why"] in PRESSING
    return any(not is_pressing or plan["made"] < v["time"] for v in standing)


def is_news(before: Mapping[str, Any] | None, plan: Mapping[str, Any]) -> bool:
    """Whether a plan says other than before, but for a few minutes."""
    if before is None or before["version"] != plan["version"]:
        return True
    return differs(before, plan)


def differs(before: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
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
    same = ("left_out", "waiting", "breakdowns")
    return any(before.get(name) != plan[name] for name in same)
