"""The gateway's answers: every status with its reason, stored only when it says so."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from small_plant import plant_with

from twin.errors import SchemaError
from twin.sources.base import Batch
from twin.sources.gateway import BODY_MAX, SAMPLES_MAX, create_gateway, tokens
from twin.sources.openapi import openapi
from twin.sources.resolve import Resolver

PLANT, CATALOGUE = plant_with({"pump": 2})
NOW_US = 1_772_344_800_000_000
NOW = "2026-03-01T06:00:00Z"
TOKEN = {"line-a": "s3cret-a", "line-b": "s3cret-b"}
GOOD = {"machine": "pump-01", "time": NOW, "values": {"flow_m3h": 48.5}}


class Sink:
    """Stands for the store: keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        self.outcome: Any = "stored"
        self.kept: list[tuple[str, Batch]] = []

    def __call__(self, source_id: str, batch: Batch) -> Any:
        if self.outcome == "stored":
            self.kept.append((source_id, batch))
        return self.outcome


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def client(sink: Sink) -> FlaskClient:
    app = create_gateway(
        Resolver(PLANT, CATALOGUE), TOKEN, sink, lambda: NOW_US, ["https://plant.example"]
    )
    return app.test_client()


Post = Callable[..., tuple[int, Any, Any]]


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(
        body: Any, *, token: str | None = "s3cret-b", kind: str = "application/json", **headers: str
    ) -> tuple[int, Any, Any]:
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        answer = client.post("/v1/readings", data=data, content_type=kind, headers=headers)
        return answer.status_code, answer.get_json(), answer.headers

    return send


@pytest.mark.parametrize("body", [[GOOD, GOOD], {"readings": [GOOD, GOOD]}])
def test_a_good_batch_is_stored_under_its_token_s_source(post: Post, sink: Sink, body: Any) -> None:
    status, answer, _ = post(body)
    assert (status, answer) == (202, {"accepted": 2, "rejected": 0, "rejects": []})
    ((source_id, batch),) = sink.kept
    assert source_id == "line-b"
    assert batch.rows["pump"]["time"].tolist() == [NOW_US, NOW_US]


def test_ndjson_is_taken_line_by_line(post: Post, sink: Sink) -> None:
    lines = [
        orjson.dumps(GOOD),
        b"{broken",
        b"",
        orjson.dumps(GOOD | {"machine": "pump-09"}),
        orjson.dumps(GOOD),
    ]
    status, answer, _ = post(b"\n".join(lines), kind="application/x-ndjson")
    assert (status, answer["accepted"], answer["rejected"]) == (202, 2, 2)
    assert [(r["index"], r["reason"]) for r in answer["rejects"]] == [
        (1, "not_json"),
        (2, "unknown_machine"),
    ]
    payloads = {r.reason: r.payload for r in sink.kept[0][1].rejects}
    assert payloads["not_json"] == b"{broken"


def test_good_readings_are_taken_from_among_bad_ones(post: Post, sink: Sink) -> None:
    bad = [GOOD | {"time": "soon"}, GOOD | {"values": {"flow_m3h": "high"}}]
    status, answer, _ = post([bad[0], GOOD, bad[1]])
    assert status == 202
    assert answer["accepted"] == 1
    assert [(r["index"], r["reason"]) for r in answer["rejects"]] == [
        (0, "time_unparsable"),
        (2, "not_a_number"),
    ]
    assert len(sink.kept[0][1].rejects) == 2


@pytest.mark.parametrize("token", [None, "", "s3cret", "s3cret-c", "s3cret-aa", "sécret-a"])
def test_401_without_a_source_s_token(post: Post, sink: Sink, token: str | None) -> None:
    status, answer, headers = post([GOOD], token=token)
    assert (status, answer["error"]["reason"]) == (401, "no_token")
    assert headers["WWW-Authenticate"] == "Bearer"
    assert sink.kept == []


def test_401_for_another_scheme(client: FlaskClient, sink: Sink) -> None:
    answer = client.post("/v1/readings", json=[GOOD], headers={"Authorization": "Basic s3cret-b"})
    assert answer.status_code == 401
    assert sink.kept == []


def test_403_from_a_foreign_page_and_202_from_an_allowed_one(post: Post, sink: Sink) -> None:
    assert post([GOOD], Origin="https://evil.example")[0] == 403
    assert sink.kept == []
    assert post([GOOD], Origin="https://plant.example")[0] == 202


def test_413_for_too_many_bytes_or_samples(post: Post, sink: Sink) -> None:
    status, answer, _ = post(b" " * (BODY_MAX + 1))
    assert (status, answer["error"]["reason"]) == (413, "too_large")
    status, answer, _ = post([1] * (SAMPLES_MAX + 1))
    assert (status, answer["error"]["reason"]) == (413, "too_many")
    assert sink.kept == []


def test_415_for_anything_but_json(post: Post) -> None:
    status, answer, _ = post(b"a;b", kind="text/csv")
    assert (status, answer["error"]["reason"]) == (415, "media_type")
    assert "application/x-ndjson" in answer["error"]["detail"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"{", "not_json"), (b"3", "not_a_list"), (b"{}", "not_a_list"), (b"[]", "empty")],
)
def test_422_where_there_is_no_batch(post: Post, sink: Sink, body: bytes, reason: str) -> None:
    status, answer, _ = post(body)
    assert (status, answer["error"]["reason"]) == (422, reason)
    [(source, batch)] = sink.kept
    assert (source, [(r.reason, r.payload) for r in batch.rejects]) == ("line-b", [(reason, body)])


def test_422_where_nothing_can_be_taken_but_the_rejects_are_kept(post: Post, sink: Sink) -> None:
    status, answer, _ = post([GOOD | {"machine": "x"}, 7])
    assert (status, answer["accepted"], answer["rejected"]) == (422, 0, 2)
    assert [r.reason for r in sink.kept[0][1].rejects] == ["unknown_machine", "not_an_object"]


def test_429_asks_to_wait_when_the_twin_is_behind(post: Post, sink: Sink) -> None:
    sink.outcome = "busy"
    status, answer, headers = post([GOOD])
    assert (status, answer["error"]["reason"]) == (429, "busy")
    assert int(headers["Retry-After"]) >= 1


def test_503_when_the_store_is_away(post: Post, sink: Sink) -> None:
    sink.outcome = "away"
    assert post([GOOD])[0] == 503


def test_health_and_description_need_no_token(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok", "sources": ["line-a", "line-b"]}
    assert client.get("/openapi.json").get_json() == openapi()
    assert client.get("/v1/readings").status_code == 405


def test_tokens_come_from_the_environment_and_their_absence_is_a_fault() -> None:
    plant, _ = plant_with(
        {"pump": 1},
        source={n: {"type": "gateway", "token_env": n.upper()} for n in ("plc_a", "plc_b")},
    )
    assert tokens(plant, {"PLC_A": "x", "PLC_B": "y"}) == {"plc_a": "x", "plc_b": "y"}
    with pytest.raises(SchemaError, match=r"source\.plc_b\.token_env: environment has no PLC_B"):
        tokens(plant, {"PLC_A": "x", "PLC_B": ""})


def test_description_names_every_answer_and_every_reference_resolves() -> None:
    document = openapi()
    assert document["openapi"].startswith("3.1")
    answers = document["paths"]["/v1/readings"]["post"]["responses"]
    assert set(answers) == {"202", "401", "403", "413", "415", "422", "429", "503"}
    schemas = document["components"]["schemas"]

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if "$ref" in node else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    assert references(document) == {f"#/components/schemas/{name}" for name in schemas}
    sample = schemas["Sample"]
    assert set(sample["required"]) <= sample["properties"].keys()
    assert GOOD.keys() <= sample["properties"].keys()
