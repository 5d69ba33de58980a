"""Orders over HTTP: every answer with its reason; an order comes in once, whoever repeats."""

import re
from datetime import datetime

import orjson
import pytest
from desk_bench import HOUR_US
from flask import Flask
from order_bench import DUE_US, order, order_bench, tell

from twin.errors import StoreError
from twin.pipeline.gateway.door import OrdersDoor
from twin.pipeline.gateway.orders_http import register_orders
from twin.pipeline.gateway.senders import last_sent
from twin.sources.openapi import openapi

TOKEN = {"erp": "s3cret"}
DUE = "2026-03-04T18:00:00Z"
GOOD = {"product": "cover", "quantity": 10, "due": DUE}
CSV = "order;product;quantity;due\nA-1;cover;10;2026-03-04\nA-2;lid;10;2026-03-04\n"


class Folding:
    """The store of a desk that folds every action as it comes, while it is there."""

    def __init__(self, bench):
        self._bench, self.is_there = bench, True

    def __getattr__(self, name):
        return getattr(self._bench.store, name)

    def add_action(self, text):
        action_id = self._bench.store.add_action(text)
        if self.is_there:
            self._bench.step()
        return action_id


@pytest.fixture
def bench(tmp_path):
    made = order_bench(tmp_path)
    made.step()
    return made


@pytest.fixture
def store(bench):
    return Folding(bench)


@pytest.fixture
def ask(bench, store):
    app = Flask("gateway")
    app.config["MAX_CONTENT_LENGTH"] = 8 << 20
    door = OrdersDoor(store, bench.site.plant, lambda: bench.now, wait_s=0.0)
    register_orders(app, TOKEN, ["https://plant.example"], door)
    client = app.test_client()

    def send(method, path="/v1/orders", body=None, kind="application/json", token="s3cret", **more):
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        given = {} if body is None else {"data": data, "content_type": kind}
        answer = client.open(path, method=method, headers=headers, **given)
        return answer.status_code, answer.get_json(), answer.headers

    return send


def n_orders(bench):
    return len(bench.store.documents("orders"))


@pytest.mark.parametrize("depth", [300, 1000])
def test_an_order_of_any_nesting_is_refused_alone(ask, bench, depth):
    deep = b'{"product": ' + b"[" * depth + b"]" * depth + b"}"
    status, said, _ = ask(
        "POST", body=b"[" + orjson.dumps({"order": "A", **GOOD}) + b"," + deep + b"]"
    )
    assert (status, said["accepted"], said["rejects"][0]["index"]) == (201, 1, 1)
    assert n_orders(bench) == 1
    assert ask("PATCH", "/v1/orders/A", deep)[0] == 422


@pytest.mark.parametrize("body", [GOOD, [GOOD], {"orders": [GOOD]}])
def test_one_order_or_a_list_is_taken_in(ask, bench, body):
    status, said, _ = ask("POST", body=body)
    assert (status, said["accepted"], said["rejects"]) == (201, 1, [])
    (made,) = said["orders"]
    assert made.items() >= {**GOOD, "id": "WO-0001", "state": "open", "who": "erp"}.items()
    assert not {"token", "action"} & made.keys()
    assert ask("GET", "/v1/orders/WO-0001")[1] == made
    assert bench.document("journal")[-1]["who"] == "erp"


def test_of_a_csv_the_good_rows_are_taken_and_the_others_named(ask, bench):
    status, said, _ = ask("POST", body=CSV.encode(), kind="text/csv")
    assert (status, said["accepted"], said["rejected"]) == (201, 1, 1)
    (reject,) = said["rejects"]
    assert (reject["index"], reject["column"], reject["got"]) == (3, "product", "lid")
    assert reject["want"] == "one of cover, bracket"
    assert n_orders(bench) == 1


@pytest.mark.parametrize(
    ("body", "kind", "status", "reason"),
    [
        (b"{", "application/json", 422, "not_json"),
        (5, "application/json", 422, "not_a_list"),
        ([], "application/json", 422, "empty"),
        (b"a;b\n1;2\n", "text/csv", 422, "not_orders"),
        (b"product;quantity;due\n", "text/csv", 422, "empty"),
        ([GOOD] * 5001, "application/json", 413, "too_many"),
        (b"<orders/>", "application/xml", 415, "media_type"),
    ],
)
def test_what_holds_no_orders_is_refused_whole(ask, bench, body, kind, status, reason):
    got, said, _ = ask("POST", body=body, kind=kind)
    assert (got, said["error"]["reason"]) == (status, reason)
    assert n_orders(bench) == 0


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"product": "lid"}, "product", "product"),
        ({"quantity": 2.5}, "quantity", "quantity"),
        ({"quantity": True}, "quantity", "quantity"),
        ({"due": "soon"}, "due", "time"),
        ({"due": 2**62}, "due", "time"),
        ({"due": 5}, "due", "after_release"),
        ({"priority": 0}, "priority", "priority"),
        ({"id": "a b"}, "order", "order"),
        ({"id": ["x"]}, "order", "order"),
        ({"note": 5}, "note", "note"),
        ({"colour": "red"}, "colour", "known_key"),
        ({"id": "Q-1", "order": "Q-2"}, "order", "one_id"),
    ],
)
def test_an_object_that_is_no_order_is_refused_by_column(ask, change, column, reason):
    status, said, _ = ask("POST", body=[GOOD | change])
    assert (status, said["accepted"], said["rejected"]) == (422, 0, 1)
    assert (said["rejects"][0]["column"], said["rejects"][0]["reason"]) == (column, reason)
    assert ask("POST", body=[GOOD, GOOD | change])[0] == 201


def test_what_is_no_order_is_counted_and_kept_and_what_is_there_already_is_not(ask, bench):
    bad = GOOD | {"product": "lid"}
    ask("POST", body=[GOOD | {"id": "A"}, bad])
    ask("POST", body=GOOD | {"id": "A"})
    ask("POST", body=b"{")
    ask("PATCH", "/v1/orders/A", {"colour": "red"})
    assert bench.store.counters()["rejected:erp:order_refused"] == 3
    kept = bench.store.rejected(10)[-1][1]
    assert orjson.loads(kept["payload"])["product"] == "lid"
    assert kept["detail"] == b"1: product: got 'lid', want one of cover, bracket"


def test_a_time_that_no_calendar_holds_hides_no_order(ask, bench):
    ask("POST", body=[GOOD | {"id": "A"}, GOOD | {"id": "B"}])
    stored = orjson.loads(bench.store.documents("orders")["A"])
    stored["steps"][0]["start"] = -(10**18)
    bench.store.set_documents("orders", {"A": orjson.dumps(stored)})
    status, said, _ = ask("GET")
    assert (status, len(said["orders"])) == (200, 2)
    assert ask("GET", "/v1/orders/A")[1]["steps"][0]["start"] is None


def test_a_time_in_microseconds_is_that_time(ask):
    assert ask("POST", body=GOOD | {"due": DUE_US})[1]["accepted"] == 1


def test_an_order_that_is_there_conflicts_and_is_named(ask):
    assert ask("POST", body=GOOD | {"id": "A-1"})[0] == 201
    status, said, _ = ask("POST", body=GOOD | {"id": "A-1"})
    assert (status, said["rejects"][0]["reason"]) == (409, "new")
    status, said, _ = ask("POST", body=[GOOD | {"id": "A-1"}, GOOD | {"id": "A-2"}])
    assert (status, said["accepted"], said["rejected"]) == (201, 1, 1)


def test_the_same_key_again_brings_nothing_in_again(ask, bench):
    given = {"body": [GOOD, GOOD], "Idempotency_Key": "delivery-7"}
    status, first, _ = ask("POST", **given)
    assert (status, first["accepted"]) == (201, 2)
    status, second, _ = ask("POST", **given)
    assert status == 200
    assert {o["id"] for o in second["orders"]} == {o["id"] for o in first["orders"]}
    assert n_orders(bench) == 2
    assert ask("POST", body=GOOD, Idempotency_Key="short")[0] == 422
    assert bench.store.counters()["orders:erp"] == 2
    assert last_sent(bench.store) == {"erp": {"orders": bench.now}}


def test_a_key_that_other_orders_came_with_is_refused_instead_of_losing_these(ask, bench):
    assert ask("POST", body=GOOD | {"order": "K-1"}, Idempotency_Key="delivery-7")[0] == 201
    for other in (
        GOOD | {"order": "K-2"},
        GOOD | {"product": "bracket"},
        [GOOD, GOOD],
        GOOD | {"quantity": 0},
    ):
        status, said, _ = ask("POST", body=other, Idempotency_Key="delivery-7")
        assert (status, said["error"]["reason"]) == (422, "key")
    ask("PATCH", "/v1/orders/K-1", body={"quantity": 9})
    again = ask("POST", body=GOOD | {"order": "K-1"}, Idempotency_Key="delivery-7")
    assert (again[0], n_orders(bench)) == (200, 1)


def test_a_key_of_orders_that_the_desk_has_yet_to_fold_is_refused_to_others(ask, bench, store):
    store.is_there = False
    assert ask("POST", body=GOOD | {"order": "K-1"}, Idempotency_Key="delivery-7")[0] == 202
    store.is_there = True
    other = GOOD | {"order": "K-2"}
    status, said, _ = ask("POST", body=other, Idempotency_Key="delivery-7")
    assert (status, said["error"]["reason"]) == (422, "key")
    assert (n_orders(bench), ask("POST", body=other, Idempotency_Key="delivery-8")[0]) == (1, 201)


def test_what_a_request_that_was_broken_off_left_out_comes_in_when_it_is_sent_again(
    ask, bench, monkeypatch
):
    """The gateway was killed between the second and the third action."""
    monkeypatch.setattr("twin.pipeline.gateway.door.ORDERS_MAX", 2)
    rows = [GOOD | ({"order": f"P-{n}"} if n % 2 else {}) for n in range(7)]
    real, left = bench.store.add_action, [2]

    def dying(text):
        left[0] -= 1
        if left[0] < 0:
            raise StoreError("gone")
        return real(text)

    monkeypatch.setattr(bench.store, "add_action", dying)
    assert ask("POST", body=rows, Idempotency_Key="delivery-7")[0] == 503
    assert n_orders(bench) == 4
    monkeypatch.setattr(bench.store, "add_action", real)
    for _ in range(2):
        status, said, _ = ask("POST", body=rows, Idempotency_Key="delivery-7")
        assert (status, said["accepted"], n_orders(bench)) == (200, 7, 7)


def test_a_desk_that_is_away_takes_it_in_later_and_once(ask, bench, store):
    store.is_there = False
    given = {"body": GOOD, "Idempotency_Key": "delivery-7"}
    status, said, _ = ask("POST", **given)
    assert (status, said["accepted"], said["orders"]) == (202, 1, [])
    assert ask("POST", **given)[0] == 202
    bench.step()
    assert n_orders(bench) == 1
    assert ask("POST", **given)[0] == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_without_a_token_nothing_is_told_or_done(ask, method, token):
    path = "/v1/orders/A-1" if method == "DELETE" else "/v1/orders"
    status, said, headers = ask(method, path, token=token)
    assert (status, said["error"]["reason"]) == (401, "no_token")
    assert headers["WWW-Authenticate"] == "Bearer"


def test_a_page_of_a_foreign_origin_is_refused(ask):
    assert ask("POST", body=GOOD, Origin="https://evil.example")[0] == 403
    assert ask("POST", body=GOOD, Origin="https://plant.example")[0] == 201


def test_orders_are_listed_by_due_and_state(ask):
    ask("POST", body=[GOOD | {"id": "B", "due": "2026-03-05"}, GOOD | {"id": "A"}])
    ask("DELETE", "/v1/orders/B")
    assert [o["id"] for o in ask("GET")[1]["orders"]] == ["A", "B"]
    assert [o["id"] for o in ask("GET", "/v1/orders?state=open")[1]["orders"]] == ["A"]
    assert ask("GET", "/v1/orders?state=lost")[0] == 422
    assert ask("GET", "/v1/orders/C")[0] == 404


def test_every_time_of_an_order_is_told_in_one_way(ask, bench):
    ask("POST", body=GOOD | {"order": "A"})
    at = bench.now // 1_000_000 * 1_000_000
    for kind, later in (("setup", 0), ("setup_end", 1), ("operation_start", 2)):
        tell(bench, kind, "mill-0", "A", 0, after_s=later)
    bench.step()
    step = ask("GET", "/v1/orders/A")[1]["steps"][0]
    told = step["setup"]["start"], step["setup"]["end"], step["start"]
    moments = [datetime.fromisoformat(text).timestamp() * 1e6 for text in told]
    assert [moment - at for moment in moments] == [0, 1_000_000, 2_000_000]


def test_an_order_is_cancelled_once_and_a_done_one_never(ask, bench):
    ask("POST", body=[GOOD | {"id": "A"}, GOOD | {"id": "B", "product": "bracket"}])
    status, said, _ = ask("DELETE", "/v1/orders/A?reason=customer")
    assert (status, said["state"], said["reason"]) == (200, "cancelled", "customer")
    n_actions = len(bench.store.actions(b"0-0", 100))
    assert ask("DELETE", "/v1/orders/A")[0] == 200
    assert len(bench.store.actions(b"0-0", 100)) == n_actions
    tell(bench, "operation_end", "press-0", "B", 0, 60)
    bench.step()
    assert ask("DELETE", "/v1/orders/B")[0] == 409
    assert ask("DELETE", "/v1/orders/C")[0] == 404


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"priority": 1, "due": "2026-03-06T12:00:00Z"}, 200, None),
        ({"quantity": 10}, 200, None),
        ({}, 200, None),
        ({"quantity": 20}, 409, "order_started"),
        ({"due": "2020-01-01"}, 422, "due_before_release"),
        ({"due": "soon"}, 422, "time"),
        ({"due": None}, 422, "value"),
        ({"product": "bracket"}, 422, "known_key"),
        ([], 422, "not_an_object"),
        (b"{", 422, "not_json"),
    ],
)
def test_an_order_that_was_begun_is_changed_as_far_as_it_may(ask, bench, body, status, reason):
    assert ask("POST", body=GOOD | {"id": "A"})[0] == 201
    tell(bench, "operation_start", "mill-0", "A", 0)
    bench.step()
    before = ask("GET", "/v1/orders/A")[1]
    got, said, _ = ask("PATCH", "/v1/orders/A", body)
    assert got == status
    if reason is None:
        assert said == before | body | ({"late_cost_h": 40.0} if "priority" in body else {})
    else:
        assert said["error"]["reason"] == reason
        assert ask("GET", "/v1/orders/A")[1] == before


def test_only_an_open_order_that_there_is_is_changed(ask):
    assert ask("PATCH", "/v1/orders/A", {"priority": 1})[0] == 404
    ask("POST", body=GOOD | {"id": "A"})
    ask("DELETE", "/v1/orders/A")
    assert ask("PATCH", "/v1/orders/A", {"priority": 1})[0] == 409
    assert ask("PATCH", "/v1/orders/A", b"x", kind="text/csv")[0] == 415


def test_what_the_desk_refuses_after_all_is_said(ask, bench, monkeypatch):
    """Two who send the same number at once: the door saw none of it yet."""
    door_sees = bench.store.documents("orders")
    assert ask("POST", body=GOOD | {"id": "A"})[0] == 201
    real = bench.store.documents
    looks = iter([door_sees, door_sees])
    monkeypatch.setattr(
        bench.store,
        "documents",
        lambda kind: next(looks, None) or real(kind) if kind == "orders" else real(kind),
    )
    status, said, _ = ask("POST", body=GOOD | {"id": "A"})
    assert (status, said["accepted"]) == (409, 0)


def test_a_store_that_is_away_and_one_that_is_behind_are_said(ask, bench, monkeypatch):
    def away(_kind):
        raise StoreError("gone")

    monkeypatch.setattr("twin.pipeline.gateway.door.congested", lambda _store: True)
    status, _, headers = ask("POST", body=GOOD)
    assert (status, headers["Retry-After"]) == (429, "1")
    monkeypatch.setattr("twin.pipeline.gateway.door.congested", lambda _store: False)
    monkeypatch.setattr(bench.store, "documents", away)
    assert ask("POST", body=GOOD)[0] == 503
    assert ask("GET")[0] == 503


def test_five_thousand_orders_come_in_at_once(ask, bench):
    lines = "\n".join(f"N-{n};cover;1;2026-03-04" for n in range(5000))
    status, said, _ = ask(
        "POST", body=f"order;product;quantity;due\n{lines}".encode(), kind="text/csv"
    )
    assert (status, said["accepted"]) == (201, 5000)
    assert ask("POST", body=GOOD)[0] == 409  # as many as may stand open
    assert bench.now + HOUR_US < DUE_US


def test_the_description_names_every_answer_these_tests_have_seen():
    paths = openapi()["paths"]
    told = set(paths["/v1/orders"]["post"]["responses"])
    assert told == {"200", "201", "202", "401", "403", "409", "413", "415", "422", "429", "503"}
    one = paths["/v1/orders/{order_id}"]
    assert set(one["get"]["responses"]) == {"200", "401", "403", "404", "503"}
    assert set(one["delete"]["responses"]) == {
        *("200", "202", "401", "403", "404", "409", "429", "503")
    }
    patched = set(one["patch"]["responses"])
    assert patched == {"200", "202", "401", "403", "404", "409", "415", "422", "429", "503"}
    pattern = openapi()["components"]["schemas"]["NewOrder"]["properties"]["id"]["pattern"]
    assert re.fullmatch(pattern, "WO-0001")
    assert order()["product"] == "cover"
