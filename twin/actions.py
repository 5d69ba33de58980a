"""What people may do: the vocabulary of every write by hand. What each needs to say: `details`.

An action is checked where it comes in (who, role, detail), kept in the stream of actions, and
folded by the desk, in order, into what it changes. So each is attributed, and none is lost or done
twice.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import ValidationError

from twin.details import (
    AcceptSuggestion,
    Acknowledge,
    AdoptPlan,
    Cancel,
    CancelOrder,
    ChangeOrder,
    Comment,
    CreateKiosk,
    DeleteScenario,
    Detail,
    ExploreFront,
    Failure,
    ImportOrders,
    LockOperation,
    Move,
    NewOrder,
    OneAlarm,
    OneCalendar,
    OneClass,
    OneKiosk,
    Plan,
    Recalibrate,
    Remove,
    Repair,
    SaveScenario,
    Shelve,
    Undo,
    UnlockOperation,
    VetoSuggestion,
)
from twin.errors import SchemaError

__all__ = [
    "ROLES",
    "VERBS",
    "Action",
    "Role",
    "Verb",
    "checked_detail",
    "pack_action",
    "unpack_action",
]

Role = Literal["viewer", "operator", "manager", "engineer", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "manager", "engineer", "admin")
"""Rising: each may do what those before it may."""


class Verb(NamedTuple):
    """What one kind of action needs."""

    detail: type[Detail]
    role: Role
    """The least that may do it."""
    needs_machine: bool


VERBS: Mapping[str, Verb] = {
    "alarm.acknowledge": Verb(Acknowledge, "operator", False),
    "alarm.shelve": Verb(Shelve, "manager", False),
    "alarm.unshelve": Verb(OneAlarm, "manager", False),
    "alarm.remove": Verb(Remove, "engineer", False),
    "alarm.restore": Verb(OneAlarm, "engineer", False),
    "failure.report": Verb(Failure, "operator", True),
    "repair.report": Verb(Repair, "operator", True),
    "comment.add": Verb(Comment, "operator", True),
    "service.plan": Verb(Plan, "manager", True),
    "service.move": Verb(Move, "manager", True),
    "service.cancel": Verb(Cancel, "manager", True),
    "action.undo": Verb(Undo, "operator", False),
    "model.recalibrate": Verb(Recalibrate, "engineer", False),
    "scenario.save": Verb(SaveScenario, "engineer", True),
    "scenario.delete": Verb(DeleteScenario, "engineer", False),
    "class.define": Verb(OneClass, "engineer", False),
    "class.withdraw": Verb(OneClass, "engineer", False),
    "front.explore": Verb(ExploreFront, "manager", False),
    "order.add": Verb(NewOrder, "manager", False),
    "order.import": Verb(ImportOrders, "manager", False),
    "order.change": Verb(ChangeOrder, "manager", False),
    "order.cancel": Verb(CancelOrder, "manager", False),
    "suggestion.accept": Verb(AcceptSuggestion, "manager", False),
    "suggestion.veto": Verb(VetoSuggestion, "manager", False),
    "plan.adopt": Verb(AdoptPlan, "manager", False),
    "operation.lock": Verb(LockOperation, "manager", False),
    "operation.unlock": Verb(UnlockOperation, "manager", False),
    "calendar.renew": Verb(OneCalendar, "manager", False),
    "kiosk.create": Verb(CreateKiosk, "engineer", False),
    "kiosk.renew": Verb(OneKiosk, "engineer", False),
    "kiosk.revoke": Verb(OneKiosk, "engineer", False),
}


class Action(NamedTuple):
    """One thing that one person did."""

    verb: str
    machine: str | None
    time: int
    """µs UTC of the plant when it was done."""
    wall: int
    """µs UTC of the clock on the wall then."""
    who: str
    role: Role
    detail: dict[str, Any]
    token: str
    """Chosen by whoever sends it: the same token twice is the same action."""


def checked_detail(verb: str, detail: object) -> dict[str, Any]:
    """The detail of an action, complete. Raises SchemaError: verb, key, got and want."""
    if verb not in VERBS:
        raise SchemaError(f"action: got {verb!r}, want one of {', '.join(VERBS)}")
    try:
        return VERBS[verb].detail.model_validate(detail).model_dump()
    except ValidationError as error:
        raise SchemaError("; ".join(f"{verb}: {_fault(e)}" for e in error.errors())) from error


def pack_action(action: Action) -> bytes:
    """As it is kept in the stream of actions."""
    return orjson.dumps(action._asdict())


def unpack_action(text: bytes) -> Action:
    """What pack_action made. Raises SchemaError."""
    try:
        return Action(**orjson.loads(text))
    except (ValueError, TypeError) as error:
        raise SchemaError(f"action: not readable: {error}") from error


def _fault(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "detail"
    return f"{where}: got {str(error['input'])[:60]!r}, want: {error['msg']}"
