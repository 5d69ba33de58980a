"""Comparisons of what-ifs that engineers keep: documents "scenarios", by the action's id."""

import orjson

from twin.actions import Action
from twin.pipeline.desk.effects import Context, Effects, Handler, refused
from twin.pipeline.desk.state import DeskState

__all__ = ["HANDLERS", "KEPT_MAX", "KIND", "SIZE_MAX"]

KIND = "scenarios"
KEPT_MAX = 500
"""Comparisons of a plant; beyond, one has to be deleted first."""
SIZE_MAX = 16_384
"""Bytes of one."""


def _save(_state: DeskState, action: Action, context: Context) -> Effects:
    machines = {m.id for m in context.site.plant.machines}
    if action.machine not in machines:
        return refused("unknown_machine")
    kept = {
        "name": action.detail["name"],
        "machine": action.machine,
        "who": action.who,
        "time": action.time,
        "document": action.detail["document"],
    }
    text = orjson.dumps(kept)
    if len(text) > SIZE_MAX:
        return refused("too_large")
    if len(context.documents(KIND)) >= KEPT_MAX:
        return refused("too_many")
    note = {"scenario": context.action_id, "name": kept["name"]}
    return Effects(note=note, documents={KIND: {context.action_id: text}})


def _delete(_state: DeskState, action: Action, context: Context) -> Effects:
    text = context.documents(KIND).get(action.detail["scenario"])
    if text is None:
        return refused("unknown_scenario")
    name = orjson.loads(text)["name"]
    note = {"scenario": action.detail["scenario"], "name": name}
    return Effects(note=note, documents={KIND: {action.detail["scenario"]: None}})


HANDLERS: dict[str, Handler] = {"scenario.save": _save, "scenario.delete": _delete}
