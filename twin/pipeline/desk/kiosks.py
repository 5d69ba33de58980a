"""Wall displays: made with a link, given a new link, withdrawn. Documents "kiosks"."""

from twin.actions import Action
from twin.errors import SchemaError
from twin.kiosk import KIND, Kiosk, created, kiosk_of, renewed, revoked
from twin.pipeline.desk.effects import Context, Effects, Handler, refused
from twin.pipeline.desk.state import DeskState
from twin.pipeline.site import Site
from twin.stores.base import Documents

__all__ = ["HANDLERS", "KEPT_MAX"]

KEPT_MAX = 500
"""Displays of a plant, withdrawn ones included."""


def _create(_state: DeskState, action: Action, context: Context) -> Effects:
    """A display by the action's id."""
    if len(context.documents(KIND)) >= KEPT_MAX:
        return refused("too_many")
    try:
        made = created(context.action_id, action.detail, action.who, action.wall)
    except SchemaError as error:
        return refused("unreadable", error=str(error))
    if unknown := _unknown_lines(kiosk_of(made[context.action_id]), context.site):
        return refused("unknown_line", line=unknown)
    return _written(context.action_id, action.detail["name"], made)


def _renew(_state: DeskState, action: Action, context: Context) -> Effects:
    kiosk = _kiosk(action, context)
    if kiosk is None:
        return refused("unknown_kiosk")
    return _written(kiosk.id, kiosk.name, renewed(kiosk))


def _revoke(_state: DeskState, action: Action, context: Context) -> Effects:
    kiosk = _kiosk(action, context)
    if kiosk is None:
        return refused("unknown_kiosk")
    if kiosk.is_revoked:
        return refused("already_revoked")
    return _written(kiosk.id, kiosk.name, revoked(kiosk))


def _written(kiosk_id: str, name: str, documents: Documents) -> Effects:
    return Effects(note={"kiosk": kiosk_id, "name": name}, documents={KIND: documents})


def _kiosk(action: Action, context: Context) -> Kiosk | None:
    text = context.documents(KIND).get(action.detail["kiosk"])
    return None if text is None else kiosk_of(text)


def _unknown_lines(kiosk: Kiosk, site: Site) -> str:
    known = {line.id for line in site.plant.lines}
    return next((line for area in kiosk.areas for line in area if line not in known), "")


HANDLERS: dict[str, Handler] = {
    "kiosk.create": _create,
    "kiosk.renew": _renew,
    "kiosk.revoke": _revoke,
}
