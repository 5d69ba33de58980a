"""Who may ask for what, and what every answer says to the browser."""

import gzip
import zlib

import pytest

from dashboard.app import PlantTwin

CALLBACK = {
    "output": "page.children",
    "outputs": {"id": "page", "property": "children"},
    "inputs": [
        {"id": "location", "property": "pathname", "value": "/"},
        {"id": "location", "property": "search", "value": ""},
    ],
    "changedPropIds": ["location.pathname"],
}


@pytest.mark.parametrize(
    ("headers", "want"),
    [
        ({}, 403),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_only_our_own_pages_may_change_something(
    app: PlantTwin, headers: dict[str, str], want: int
) -> None:
    answer = app.server.test_client().post(
        "/_dash-update-component", json=CALLBACK, headers=headers
    )
    assert answer.status_code == want


@pytest.mark.parametrize(
    ("host", "want"),
    [
        ("127.0.0.1:8050", 200),
        ("localhost", 200),
        ("[::1]:8050", 200),
        ("evil.example:8050", 421),
        ("127.0.0.1.evil.example", 421),
        ("[", 421),
    ],
)
def test_a_name_that_is_not_ours_is_not_served(app: PlantTwin, host: str, want: int) -> None:
    """DNS rebinding: a page elsewhere may have its own name resolve to this computer."""
    client = app.server.test_client()
    assert client.get("/", headers={"Host": host}).status_code == want


def test_scripts_run_from_ourselves_only(app: PlantTwin) -> None:
    policy = app.server.test_client().get("/").headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert "unsafe-inline" not in parts["script-src"]
    assert "unsafe-eval" not in parts["script-src"]
    assert parts["default-src"] == parts["connect-src"] == "'self'"


def test_page_names_nothing_from_elsewhere(app: PlantTwin) -> None:
    page = app.server.test_client().get("/").get_data(as_text=True)
    assert "http://" not in page
    assert "https://" not in page


def test_first_page_is_small(app: PlantTwin) -> None:
    """Without the validation layout, 13 kB instead of 519 (UI.md)."""
    assert len(app.server.test_client().get("/").data) < 20_000


def test_language_of_the_page_follows_the_browser(app: PlantTwin) -> None:
    client = app.server.test_client()
    chinese = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-CN"' in chinese.get_data(as_text=True)
    assert '<html lang="en"' in client.get("/").get_data(as_text=True)


def test_no_model_context_protocol(app: PlantTwin) -> None:
    answer = app.server.test_client().post("/_mcp", json={}, headers={"Origin": "http://localhost"})
    assert answer.status_code in {404, 405}


def test_stream_begins_with_the_state_of_the_plant(app: PlantTwin) -> None:
    app.reader.tick()
    answer = app.server.test_client().get("/live/plant", buffered=False)
    first = next(iter(answer.response))
    answer.close()
    assert first.startswith(b"event: snapshot\n")


def test_stream_is_compressed_for_who_can_read_it(app: PlantTwin) -> None:
    app.reader.tick()
    answer = app.server.test_client().get("/live/plant", headers={"Accept-Encoding": "gzip, br"})
    parts = iter(answer.response)
    packed = next(parts) + next(parts)
    answer.close()
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(packed)
    assert plain.startswith(b"event: snapshot\n")
    assert len(packed) < len(plain) / 2


def test_screens_beyond_the_cap_are_told_to_come_again(app: PlantTwin) -> None:
    """18 threads, 16 of them spare: two screens."""
    app.reader.tick()
    client = app.server.test_client()
    answers = [client.get("/live/plant", buffered=False) for _ in range(2)]
    for answer in answers:
        next(iter(answer.response))
    refused = client.get("/live/plant")
    for answer in answers:
        answer.close()
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0


def test_machine_that_is_not_in_the_plant_has_no_stream(app: PlantTwin) -> None:
    assert app.server.test_client().get("/live/machine/nobody").status_code == 404


def test_health_answers_once_something_was_read(app: PlantTwin) -> None:
    app.reader.tick()
    answer = app.server.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.get_json()["ok"] is True


def test_scripts_come_compressed_and_unchanged(app: PlantTwin) -> None:
    client = app.server.test_client()
    path = "/assets/twin-1-core.js"
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    again = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert again.data == packed.data
    plain.close()
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
