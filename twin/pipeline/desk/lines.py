"""Lines of the journal: who did what to which machine, when, and what came of it. No language."""

from typing import Any

from twin.actions import Action
from twin.pipeline.desk.effects import Effects
from twin.pipeline.desk.state import Line

__all__ = ["action_line", "plant_line"]


def plant_line(
    line_id: str, time: int, verb: str, machine: str | None, detail: dict[str, Any]
) -> Line:
    """Something that the plant, a clock or the design did; id: unique, time µs UTC."""
    return {
        "id": line_id,
        "time": time,
        "who": "",
        "verb": verb,
        "machine": machine or None,
        "detail": detail,
        "outcome": "done",
    }


def action_line(action_id: str, action: Action, effects: Effects) -> Line:
    """What a person did, or was refused."""
    is_done = not effects.refusal
    return {
        "id": action_id,
        "time": action.time,
        "wall": action.wall,
        "who": action.who,
        "role": action.role,
        "verb": action.verb,
        "machine": action.machine,
        "detail": dict(action.detail if effects.told is None else effects.told),
        "note": dict(effects.note),
        "outcome": "done" if is_done else "refused",
        "reason": effects.refusal or None,
        "can_undo": is_done and effects.was is not None,
        "why_not": None if not is_done or effects.was is not None else effects.final or "final",
        "was": None if effects.was is None else dict(effects.was),
        "undone": None,
    }
