"""Who handles which action at the desk, who takes it back, and what is refused to everybody."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from twin.actions import ROLES, VERBS, Action, checked_detail
from twin.errors import SchemaError, StoreError
from twin.pipeline.desk import (
    alarm_actions,
    calendars,
    front,
    kiosks,
    models,
    orders,
    plans,
    reports,
    scenarios,
    schedule_locks,
    schedule_plans,
    schedule_suggestions,
)
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.state import DeskState

__all__ = ["HANDLERS", "UNDOERS", "handled", "undone"]

HANDLERS: dict[str, Handler] = {
    **alarm_actions.HANDLERS,
    **reports.HANDLERS,
    **plans.HANDLERS,
    **scenarios.HANDLERS,
    **models.HANDLERS,
    **kiosks.HANDLERS,
    **calendars.HANDLERS,
    **front.HANDLERS,
    **orders.HANDLERS,
    **schedule_plans.HANDLERS,
    **schedule_locks.HANDLERS,
    **schedule_suggestions.HANDLERS,
}
UNDOERS: dict[str, Undoer] = {
    **alarm_actions.UNDOERS,
    **reports.UNDOERS,
    **plans.UNDOERS,
    **models.UNDOERS,
    **orders.UNDOERS,
    **schedule_plans.UNDOERS,
    **schedule_locks.UNDOERS,
    **schedule_suggestions.UNDOERS,
}
"""What action.undo takes back."""
MAY_UNDO_ALL = frozenset(ROLES[ROLES.index("manager") :])


def handled(
    handlers: Mapping[str, Handler], state: DeskState, action: Action, context: Context
) -> Effects:
    """What an action comes to; one that nobody handles is written down, no more.

    Raises StoreError: the action has not been done.
    """
    verb = VERBS.get(action.verb)
    if verb is None:
        return refused("unknown_verb")
    if ROLES.index(action.role) < ROLES.index(verb.role):
        return refused("role")
    try:
        action = action._replace(detail=checked_detail(action.verb, action.detail))
    except SchemaError:
        return refused("malformed")
    handler = handlers.get(action.verb)
    if handler is None:
        return Effects(final="final")
    try:
        return handler(state, action, context)
    except StoreError:
        raise
    except Exception as error:
        # It would come again after every restart: refused, said, and the desk goes on.
        print(f"desk: {action.verb} {context.action_id}: {error!r}", file=sys.stderr, flush=True)
        return refused("fault")


def undone(
    undoers: Mapping[str, Undoer], state: DeskState, action: Action, context: Context
) -> Effects:
    """Take an action back: one's own, or with the role for it anybody's."""
    line = state.line(action.detail["action"])
    if line is None:
        return refused("too_old")
    if line["who"] != action.who and action.role not in MAY_UNDO_ALL:
        return refused("somebody_elses")
    if line["undone"]:
        return refused("already_undone")
    undoer = undoers.get(line["verb"])
    if not line["can_undo"] or undoer is None:
        return refused(line["why_not"] or "was_refused")
    effects = undoer(state, line, action, context)
    if not effects.refusal:
        by = {"who": action.who, "time": action.time, "action": context.action_id}
        _mark_undone(state, line, by)
    about = {"verb": line["verb"], "machine": line["machine"]}
    return effects._replace(note=dict(effects.note) | about, was=None, final="do_it_again")


def _mark_undone(state: DeskState, line: Mapping[str, Any], by: dict[str, Any]) -> None:
    """In the journal and in the machine's log, which hold a copy each after a restart."""
    kept: Sequence[dict[str, Any]] = state.people
    if line["machine"]:
        kept = [*kept, *state.log_of(line["machine"])["log"]]
    for one in kept:
        if one["id"] == line["id"]:
            one["undone"], one["can_undo"] = by, False
    state.mark("journal")
