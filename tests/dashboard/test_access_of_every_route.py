"""Deny by default: whatever route the application has, today or later, a stranger gets none."""

import pytest
from access_people import OURS, PAGE, add_everybody, do, signed_in
from fake_plant import FakePlant
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from dashboard import access
from dashboard.access.guard import OPEN_PATHS
from dashboard.app import PlantTwin, create_app
from twin.config import Settings

TICKET = "/wall/"
"""Under it a link is its own ticket; one that was never given opens nothing."""


def paths(app: PlantTwin) -> list[tuple[str, str]]:
    """A method and an address for every rule, its variables filled in."""
    found = []
    for rule in app.server.url_map.iter_rules():
        for method in rule.methods or ():
            found.append((method, filled(rule)))
    return sorted(found)


def filled(rule: Rule) -> str:
    values = {"filename": "twin-1-core.js", "package_name": "dash", "name": "plant"}
    return "".join(
        values.get(part, "x") if is_variable else part for is_variable, part in rule._trace
    ).partition("|")[2]


def opens_nothing(path: str, answer: TestResponse) -> bool:
    """A display's address without its token: not found, or told to show nothing."""
    if not path.startswith(TICKET):
        return False
    told = b"" if answer.status_code != 200 else answer.get_data()
    return answer.status_code == 404 or not told or told.startswith(b"event: revoked")


@pytest.fixture
def peopled(app: PlantTwin, fake: FakePlant, monkeypatch: pytest.MonkeyPatch) -> PlantTwin:
    add_everybody(fake.store, monkeypatch)
    app.reader.tick()
    return app


def test_stranger_gets_nothing_but_the_way_in(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    asked = [pair for pair in paths(peopled) if pair[1] not in OPEN_PATHS]
    assert len(asked) > 20
    assert {("GET", "/"), ("GET", "/live/plant"), ("POST", "/_dash-update-component")} <= set(asked)
    for method, path in asked:
        answer = client.open(path, method=method, headers=OURS)
        assert answer.status_code == 401 or opens_nothing(path, answer), f"{method} {path}"
        answer.close()


def test_address_that_there_is_not_tells_a_stranger_no_more_than_one_that_there_is(
    peopled: PlantTwin,
) -> None:
    client = peopled.server.test_client()
    for path in ("/nowhere", "/live/nothing", "/assets/none.js", "/export/none.csv"):
        assert client.get(path).status_code == 401


def test_installation_without_users_that_others_reach_is_shut(fake: FakePlant) -> None:
    app = create_app(fake.store, Settings(host="0.0.0.0", threads=18))
    try:
        client = app.server.test_client()
        for method, path in paths(app):
            if path not in OPEN_PATHS:
                answer = client.open(path, method=method, headers=OURS | PAGE)
                shut = answer.status_code == 403 or opens_nothing(path, answer)
                assert shut, f"{method} {path}"
                answer.close()
        assert client.get("/sign-in").status_code == 403
        page = client.get("/", headers=PAGE).get_data(as_text=True)
        assert "twin user add" in page
        assert "docker compose exec dashboard" in page
    finally:
        app.reader.stop()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host"])
def test_installation_without_users_is_shut_behind_a_proxy(app: PlantTwin, header: str) -> None:
    client = app.server.test_client()
    assert client.get("/").status_code == 200
    assert client.get("/", headers={header: "for=192.0.2.1"}).status_code == 403


def test_browser_is_led_to_the_sign_in_and_a_script_is_told(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    led = client.get("/machine/mill-01?kind=signals", headers=PAGE)
    assert led.status_code == 302
    assert led.headers["Location"] == "/sign-in?next=%2Fmachine%2Fmill-01%3Fkind%3Dsignals"
    told = client.get("/live/plant", headers={"Accept": "text/event-stream"})
    assert told.status_code == 401
    assert told.get_json()["error"] == "sign-in"


def test_what_the_sign_in_is_drawn_with_is_open(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    for path in ("/assets/tokens.css", "/assets/layout.css", "/assets/forms.css"):
        assert path in page
        answer = client.get(path)
        assert answer.status_code == 200
        answer.close()
    assert "<script" not in page


def test_exemption_opens_reading_and_nothing_else(peopled: PlantTwin) -> None:
    """As for a wall display whose link carries a token."""
    valid = {"good"}
    access.exempt(peopled.server, lambda asked: asked.args.get("token") in valid)
    client = peopled.server.test_client()
    assert client.get("/person?token=good").status_code == 200
    assert client.get("/person?token=bad").status_code == 401
    assert do(client, "comment.add?token=good").status_code == 401
    valid.clear()
    assert client.get("/person?token=good").status_code == 401


def test_no_header_opens_what_only_the_server_asks_itself(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    for name in (access.WARM_UP, "plant-twin.warm-up", "plant_twin_warm_up"):
        assert client.get("/", headers={name: "1"}).status_code == 401


def test_stream_ends_when_its_reader_is_removed(
    peopled: PlantTwin, fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.access import door, guard
    from twin.pipeline import people

    monkeypatch.setattr(guard, "CHECK_EVERY_S", 0.0)
    monkeypatch.setattr(door, "FRESH_S", 0.0)
    client = signed_in(peopled, "viewer")
    answer = client.get("/live/plant", buffered=False)
    parts = iter(answer.response)
    assert next(parts).startswith(b"event: snapshot")
    people.remove_user(fake.store, "A viewer")
    fake.step(1)
    peopled.reader.tick()
    assert list(parts) == []
    answer.close()
    assert peopled.reader.n_readers == 0
    assert client.get("/live/plant").status_code == 401


READS = {
    *("/_dash-update-component", "/data/what-if"),
    *("/data/schedule/what-if", "/data/plan-scenario"),
}
"""Asked by POST for their length; they change nothing."""
OWN = {"/sign-in", "/sign-out", "/do/name"}
"""What everybody may change: who they are."""


def test_whatever_changes_something_is_refused_to_a_viewer(peopled: PlantTwin) -> None:
    browser = signed_in(peopled, "viewer")
    asked = [p for m, p in paths(peopled) if m not in {"GET", "HEAD", "OPTIONS"}]
    assert len(asked) > len(READS | OWN)
    for path in sorted(set(asked) - READS - OWN):
        answer = do(browser, "comment.add") if path == "/do/x" else browser.post(path, headers=OURS)
        assert answer.status_code == 403, path
