"""Somebody asks what a plan could trade for what: a wish that the planner's search reads."""

import orjson

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler
from twin.pipeline.desk.state import DeskState

__all__ = ["FRONT_PLANS", "HANDLERS", "KIND", "WISH"]

KIND, WISH = "schedule", "front_wish"
FRONT_PLANS = "front-plans"
"""Kind of the documents that hold the points' plans, apart: only who adopts one reads it."""


def _explore(_state: DeskState, action: Action, context: Context) -> Effects:
    """The newest wish counts; a search under way for an older one ends."""
    wish = {
        "id": context.action_id,
        "who": action.who,
        "time": action.time,
        "seconds": action.detail["seconds"],
    }
    return Effects(note={"seconds": wish["seconds"]}, documents={KIND: {WISH: orjson.dumps(wish)}})


HANDLERS: dict[str, Handler] = {"front.explore": _explore}
