"""POST /do/<verb>: what a person does, checked, attributed, kept once."""

import logging
import time
from typing import Any, NamedTuple

import orjson
from flask import Flask, Request, Response, jsonify, request

from dashboard.access.checks import objection
from dashboard.access.details import DetailError, detail_of
from dashboard.access.language import t
from dashboard.access.person import Person, current_person, may, rank
from dashboard.access.refusals import count_refusal
from dashboard.access.roles import role_name
from dashboard.access.tokens import known_id, once
from dashboard.data import Reader
from dashboard.states.alarms.alarm_words import refusal_text
from dashboard.states.at_service import undo_fault
from twin.actions import VERBS, Action, pack_action, unpack_action
from twin.errors import StoreError
from twin.pipeline.desk import UNDOERS
from twin.stores.base import stream_id

__all__ = ["UNDOABLE", "RefusedError", "register"]

SIZE_MAX = 256 * 1024
TOKEN_LEAST, TOKEN_MOST = 8, 80
KEYS = {"machine", "detail", "token"}
UNDOABLE = frozenset(UNDOERS)
"""Verbs that action.undo takes back."""

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """An action that is not kept: status, a code for scripts, the reason in words."""

    def __init__(self, status: int, code: str, says: str, **more: Any) -> None:
        super().__init__(says)
        self.status, self.code, self.says, self.more = status, code, says, more


class Asked(NamedTuple):
    """The body of a request."""

    machine: str | None
    detail: dict[str, Any]
    token: str


def register(server: Flask, reader: Reader) -> None:
    """Add the route."""

    @server.post("/do/<verb>")
    def do(verb: str) -> tuple[Response, int]:
        person = current_person()
        try:
            action_id = _do(reader, person, verb)
        except StoreError as error:
            log.warning("%s by %r: %s", verb[:40], person.name, error)
            says = t("The store does not answer. It is not known whether this was done; try again.")
            return jsonify(error="store", says=says), 503
        except RefusedError as refused:
            _note(reader, person, verb, refused)
            body = {"error": refused.code, "says": refused.says} | refused.more
            return jsonify(body), refused.status
        return jsonify(id=action_id, undoable=verb in UNDOABLE), 200


def _do(reader: Reader, person: Person, verb: str) -> str:
    """The id of the action. Raises RefusedError, StoreError."""
    _check_person(person, verb)
    asked = _body(request)
    if (known := known_id(reader.store, person.name, asked.token)) is not None:
        return known
    _check_machine(reader, verb, asked.machine)
    try:
        detail = detail_of(verb, asked.detail, reader.plant.zone)
    except DetailError as error:
        says = t("Not everything that was sent can be used")
        raise RefusedError(422, "detail", says, fields=error.fields) from None
    _check_now(reader, person, verb, asked.machine, detail)
    wall_us = time.time_ns() // 1000
    plant_us = reader.store.clock().plant_now(wall_us)
    who = person.name, person.role
    action = Action(verb, asked.machine, plant_us, wall_us, *who, detail, asked.token)
    text = pack_action(action)
    return once(
        reader.store, person.name, asked.token, wall_us, lambda: reader.store.add_action(text)
    )


def _check_person(person: Person, verb: str) -> None:
    if verb not in VERBS:
        raise RefusedError(404, "verb", t("There is no such action"))
    if not may(person, verb):
        role = VERBS[verb].role
        says = t("Needs the role {role}").format(role=role_name(role))
        raise RefusedError(403, "role", says, role=role)
    if person.needs_name:
        raise RefusedError(428, "name", t("First say who you are"))


def _body(asked: Request) -> Asked:
    if asked.mimetype != "application/json":
        raise RefusedError(415, "type", t("Only JSON is taken here"))
    asked.max_content_length = SIZE_MAX
    if (asked.content_length or 0) > SIZE_MAX:
        raise RefusedError(413, "size", t("This is too much at once"))
    try:
        body = orjson.loads(asked.get_data())
    except orjson.JSONDecodeError:
        raise RefusedError(400, "json", t("This is not JSON")) from None
    return _parts(body)


def _parts(body: Any) -> Asked:
    """Raises RefusedError naming every part that is not what it must be."""
    if not isinstance(body, dict):
        raise RefusedError(422, "detail", t("Not everything that was sent can be used"))
    machine, detail, token = body.get("machine"), body.get("detail", {}), body.get("token")
    want = {
        "machine": t("want the id of a machine, or nothing"),
        "detail": t("want names and values"),
        "token": t("want 8 to 80 characters"),
    }
    good = {
        "machine": machine is None or isinstance(machine, str),
        "detail": isinstance(detail, dict),
        "token": isinstance(token, str) and TOKEN_LEAST <= len(token) <= TOKEN_MOST,
    }
    faults = {name: words for name, words in want.items() if not good[name]}
    faults |= {str(name)[:40]: t("is not known here") for name in body if name not in KEYS}
    if faults:
        says = t("Not everything that was sent can be used")
        raise RefusedError(422, "detail", says, fields=faults)
    return Asked(machine, detail, str(token))


def _check_machine(reader: Reader, verb: str, machine: str | None) -> None:
    if machine is None and VERBS[verb].needs_machine:
        says = t("Not everything that was sent can be used")
        raise RefusedError(422, "detail", says, fields={"machine": t("is missing")})
    if machine is not None and all(m.id != machine for m in reader.plant.machines):
        raise RefusedError(404, "machine", t("The plant has no such machine"))


def _check_now(
    reader: Reader, person: Person, verb: str, machine: str | None, detail: dict[str, Any]
) -> None:
    snapshot = reader.latest
    if snapshot is None:
        raise StoreError("store: nothing was read yet")
    if verb == "action.undo":
        _check_undo(reader, person, detail["action"])
    reason = objection(verb, snapshot, machine, detail)
    if reason is not None:
        raise RefusedError(409, "state", reason)


def _check_undo(reader: Reader, person: Person, action_id: str) -> None:
    """One's own actions; a manager's word takes back everybody's."""
    action = _action(reader, action_id)
    desk = reader.latest.desk if reader.latest else {}
    line = next((x for x in desk.get("journal") or () if x["id"] == action_id), None)
    if line and line["undone"]:
        raise RefusedError(409, "state", t("This was taken back already"))
    if action is None or action.verb not in UNDOABLE or (line and not line["can_undo"]):
        raise RefusedError(409, "state", t("This cannot be taken back"))
    if action.who != person.name and rank(person.role) < rank("manager"):
        says = t("Only {name} or a manager can take this back").format(name=action.who)
        raise RefusedError(403, "role", says, role="manager")
    fault = undo_fault(reader.latest, line) if reader.latest and line else ""
    if fault:
        raise RefusedError(409, "state", refusal_text(t, fault))


def _action(reader: Reader, action_id: str) -> Action | None:
    """An action of the stream by its id."""
    try:
        ms, seq = stream_id(action_id.encode())
    except ValueError:
        return None
    before = b"%d-%d" % ((ms, seq - 1) if seq else (ms - 1, 2**63 - 1))
    found = reader.store.actions(before, 1) if ms > 0 else []
    return next((unpack_action(x) for i, x in found if i == b"%d-%d" % (ms, seq)), None)


def _note(reader: Reader, person: Person, verb: str, refused: RefusedError) -> None:
    """Log and count it."""
    log.info("%.40r by %r (%s) refused: %s", verb, person.name, person.role, refused.code)
    count_refusal(reader.store, refused.code)
