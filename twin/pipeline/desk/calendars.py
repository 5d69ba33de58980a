"""Crews' calendar feeds: each address holds until somebody has a new one made."""

import orjson

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, refused
from twin.pipeline.desk.state import DeskState

__all__ = ["HANDLERS", "KIND", "generation_of"]

KIND = "calendars"
"""Documents: crew id → how often its address was made anew."""


def generation_of(text: bytes | None) -> int:
    """Which address of a crew opens its feed, by its document; 0: the first."""
    return 0 if text is None else int(orjson.loads(text))


def _renew(_state: DeskState, action: Action, context: Context) -> Effects:
    """The addresses given out so far open nothing any more."""
    crew = action.detail["crew"]
    if all(known.id != crew for known in context.site.plant.crews):
        return refused("unknown_crew", crew=crew)
    generation = generation_of(context.documents(KIND).get(crew)) + 1
    return Effects(note={"crew": crew}, documents={KIND: {crew: orjson.dumps(generation)}})


HANDLERS: dict[str, Handler] = {"calendar.renew": _renew}
