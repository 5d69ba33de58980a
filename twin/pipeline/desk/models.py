"""A model recalibrated by a person, and that taken back: each is another version of the model.

A model is written before the desk's own step, with the action's id in it: if the desk dies between
the two, the action comes again, finds its own model in force and writes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from twin.actions import Action
from twin.errors import ModelError
from twin.modelfile import (
    ClassModel,
    Recalibration,
    parse_model,
    recalibrated_model,
    with_recalibration,
)
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.state import DeskState
from twin.stores.codec import model_entry

__all__ = ["HANDLERS", "UNDOERS"]

BY = "recalibrated_by"
"""In a model's report: id of the action that made it."""


def _recalibrate(_state: DeskState, action: Action, context: Context) -> Effects:
    """logit P' = a + b·logit P from the next sample on, in every partition."""
    detail = action.detail
    held = _held(context, detail["class_id"])
    if held is None:
        return refused("unknown_class")
    line = held.hazard_model.recalibration if held.hazard_model else None
    if held.fitted.get(BY) == context.action_id:
        return _done(held, held.fitted["before"])
    return _written(
        context,
        None if line is None else line.model_dump(),
        lambda: recalibrated_model(held, detail["version"], detail["a"], detail["b"]),
    )


def _take_back(
    _state: DeskState, line: Mapping[str, Any], _action: Action, context: Context
) -> Effects:
    """The numbers of before, as another version: versions only rise."""
    was = line["was"]
    held = _held(context, was["class_id"])
    if held is not None and held.fitted.get(BY) == context.action_id:
        return _done(held, held.fitted["before"])
    if held is None or held.version != was["version"]:
        return refused("model_moved_on")
    before = was["before"]
    return _written(
        context,
        before,
        lambda: with_recalibration(held, before and Recalibration(**before)),
    )


def _written(
    context: Context, before: dict[str, float] | None, make: Callable[[], ClassModel]
) -> Effects:
    try:
        model = make()
    except ModelError:
        return refused("model_moved_on")
    fitted = model.fitted | {BY: context.action_id, "before": before}
    model = model.model_copy(update={"fitted": fitted})
    text = model.model_dump_json(by_alias=True).encode()
    context.store.set_model(model.class_id, text, model_entry(model.class_id, model.version))
    return _done(model, before)


def _done(model: ClassModel, before: dict[str, float] | None) -> Effects:
    was = {"class_id": model.class_id, "version": model.version, "before": before}
    return Effects(note={"class_id": model.class_id, "version": model.version}, was=was)


def _held(context: Context, class_id: str) -> ClassModel | None:
    text = context.store.model(class_id)
    return None if text is None else parse_model(text, f"stored model {class_id}")


HANDLERS: dict[str, Handler] = {"model.recalibrate": _recalibrate}
UNDOERS: dict[str, Undoer] = {"model.recalibrate": _take_back}
