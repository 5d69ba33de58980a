"""For the tests of access: users of every role, and a browser that has signed in as one."""

import argon2
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.app import PlantTwin
from twin.actions import ROLES
from twin.pipeline import people
from twin.stores.base import Store

PASSWORD = "a quiet bearing hums"
OURS = {"Origin": "http://localhost"}
PAGE = {"Accept": "text/html,application/xhtml+xml"}


def add_everybody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One user a role, named like it, whose hashes cost nothing."""
    monkeypatch.setattr(people, "_HASHER", argon2.PasswordHasher(1, 64, 1))
    people._nobody.cache_clear()
    for n, role in enumerate(ROLES):
        people.add_user(store, f"A {role}", role, PASSWORD, 1_700_000_000_000_000 + n)


def signed_in(app: PlantTwin, role: str) -> FlaskClient:
    """A browser after the sign-in of the user with that role."""
    client = app.server.test_client()
    answer = sign_in(client, f"A {role}")
    assert answer.status_code == 303
    return client


def named_as(app: PlantTwin, name: str) -> FlaskClient:
    """A browser of an open installation that has given a name."""
    client = app.server.test_client()
    assert client.post("/do/name", json={"name": name}, headers=OURS).status_code == 200
    return client


def sign_in(
    client: FlaskClient, name: str, password: str = PASSWORD, onward: str = "/"
) -> TestResponse:
    form = {"name": name, "password": password, "next": onward}
    return client.post("/sign-in", data=form, headers=OURS)


def do(client: FlaskClient, verb: str, **body: object) -> TestResponse:
    """What a page's script sends."""
    sent = {"token": f"token-of-{verb}", "detail": {}} | body
    return client.post(f"/do/{verb}", json=sent, headers=OURS)
