"""POST /do/action.undo: whose actions are taken back by whom, and which cannot be."""

import json
from typing import Any

import pytest
from access_people import add_everybody, do, signed_in
from fake_plant import FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin

pytestmark = pytest.mark.usefixtures("no_checks_of_pages")

COMMENT: dict[str, Any] = {"machine": "mill-01", "detail": {"text": "Belt squeals"}}


def test_own_actions_are_taken_back_and_a_manager_takes_back_all(
    ready: PlantTwin, fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_everybody(fake.store, monkeypatch)
    manager, operator = signed_in(ready, "manager"), signed_in(ready, "operator")
    theirs = do(manager, "comment.add", **COMMENT).get_json()["id"]
    own = do(operator, "comment.add", **COMMENT).get_json()["id"]
    assert do(operator, "action.undo", detail={"action": theirs}).status_code == 403
    assert do(operator, "action.undo", detail={"action": own}, token="undo own").status_code == 200
    assert do(manager, "action.undo", detail={"action": own}).status_code == 200


def test_what_the_desk_says_of_an_action_decides_whether_it_is_taken_back(
    client: FlaskClient, ready: PlantTwin, fake: FakePlant
) -> None:
    done = do(client, "comment.add", **COMMENT).get_json()["id"]
    line = {"id": done, "can_undo": False, "undone": None}
    for undone, words in ((None, "cannot"), ({"who": "Early"}, "already")):
        journal = json.dumps([line | {"undone": undone}]).encode()
        fake.store.set_documents("desk", {"journal": journal})
        ready.reader.tick()
        told = do(client, "action.undo", detail={"action": done})
        assert told.status_code == 409
        assert words in told.get_json()["says"]


def test_an_accepted_service_that_is_done_is_not_taken_back(
    client: FlaskClient, ready: PlantTwin, fake: FakePlant
) -> None:
    done = do(client, "comment.add", **COMMENT).get_json()["id"]
    line = {"id": done, "can_undo": True, "undone": None, "verb": "suggestion.accept"}
    journal = [line | {"note": {"service": done}}]
    documents = {"journal": journal, "services": [{"id": done, "state": "done"}]}
    fake.store.set_documents("desk", {k: json.dumps(v).encode() for k, v in documents.items()})
    ready.reader.tick()
    told = do(client, "action.undo", detail={"action": done})
    assert (told.status_code, told.get_json()["says"]) == (
        409,
        "The service is no longer planned.",
    )


@pytest.mark.parametrize("action", ["0-0", "1-0", "x", "-1-0", "99999999999999-0"])
def test_what_nobody_did_cannot_be_taken_back(client: FlaskClient, action: str) -> None:
    assert do(client, "action.undo", detail={"action": action}).status_code == 409


def test_undo_is_not_itself_undone(client: FlaskClient) -> None:
    done = do(client, "comment.add", **COMMENT).get_json()["id"]
    undone = do(client, "action.undo", detail={"action": done})
    assert undone.get_json()["undoable"] is False
    again = do(client, "action.undo", detail={"action": undone.get_json()["id"]}, token="once more")
    assert again.status_code == 409
