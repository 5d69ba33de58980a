"""Who may see and do what: sign-in, roles, and the one way in for what people do."""

from datetime import timedelta
from typing import Any

from flask import Flask

from dashboard.access import (
    act,
    guard,
    machine_checks,
    name,
    order_checks,
    schedule_checks,
    sign_in,
)
from dashboard.access.checks import check
from dashboard.access.door import Door
from dashboard.access.guard import SESSION_S, WARM_UP, exempt
from dashboard.access.language import reader_language, t
from dashboard.access.person import NOBODY, Person, current_person, may
from dashboard.access.roles import role_name
from dashboard.access.secret import secret_key
from dashboard.data import Reader
from twin.actions import VERBS
from twin.config import Settings

__all__ = [
    "NOBODY",
    "WARM_UP",
    "Person",
    "check",
    "current_person",
    "exempt",
    "machine_checks",
    "may",
    "order_checks",
    "person_words",
    "reader_language",
    "register",
    "role_name",
    "schedule_checks",
    "secret_key",
    "t",
]


def register(server: Flask, reader: Reader, settings: Settings) -> None:
    """Guard every route of the server, add sign-in and /do. Raises StoreError."""
    server.secret_key = secret_key(reader.store)
    server.config.update(
        SESSION_COOKIE_NAME="plant_twin",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=SESSION_S),
    )
    door = Door(reader.store, settings.is_local)
    sign_in.register(server, door, reader.store)
    guard.register(server, door)
    name.register(server, lambda: not door.users(), sign_in.is_secure)
    act.register(server, reader)


def person_words() -> dict[str, Any]:
    """The person of the request under way, for the page's script: it shows what may not be done."""
    person = current_person()
    return {
        "name": person.name,
        "role": person.role,
        "role_name": role_name(person.role),
        "signed_in": person.signed_in,
        "roles": {verb: known.role for verb, known in VERBS.items()},
    }
