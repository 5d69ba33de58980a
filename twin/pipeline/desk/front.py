"""Somebody asks what a plan could trade for what: a wish that the planner's search reads."""

from collections.abc import Mapping
from typing import Any

import orjson

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler
from twin.pipeline.desk.state import DeskState
from twin.pipeline.planning.written import FRONT_WISH, KIND

__all__ = ["HANDLERS", "HOLDS_US", "front_fault"]

HOLDS_US = 168 * 3_600_000_000
"""Plant time after which nothing is left of a front's plans."""


def front_fault(
    front: Mapping[str, Any],
    in_force: Mapping[str, Any] | None,
    orders: Mapping[str, Mapping[str, Any]],
    now_us: int,
) -> str:
    """Why no point of a front can be adopted any more, a code; "" if one may be.

    Its plans must not lose orders that came since and that the plan in force has. Whether a plan
    still holds otherwise is seen when somebody adopts it: see planning.holds.
    """
    if now_us > front.get("ready", front["made"]) + HOLDS_US:
        return "front_too_old"
    planned = {o["order"] for o in in_force["operations"]} if in_force else set()
    missed = planned - set(front.get("orders", planned))
    is_missed = any(orders.get(i, {}).get("state") == "open" for i in missed)
    return "front_misses_orders" if is_missed else ""


def _explore(_state: DeskState, action: Action, context: Context) -> Effects:
    """The newest wish counts; a search under way for an older one ends."""
    wish = {
        "id": context.action_id,
        "who": action.who,
        "time": action.time,
        "seconds": action.detail["seconds"],
        "objectives": action.detail.get("objectives"),
    }
    return Effects(
        note={"seconds": wish["seconds"]}, documents={KIND: {FRONT_WISH: orjson.dumps(wish)}}
    )


HANDLERS: dict[str, Handler] = {"front.explore": _explore}
