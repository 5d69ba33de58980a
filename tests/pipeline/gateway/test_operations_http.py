"""Actual starts and ends over HTTP: what is taken moves its order, what is not is told why."""

from datetime import datetime

import orjson
import pytest
from desk_bench import HOUR_US
from flask import Flask
from order_bench import order, order_bench

from twin.errors import DataError, StoreError
from twin.pipeline.desk import Desk
from twin.pipeline.gateway.operations_http import register_operations
from twin.pipeline.gateway.senders import last_sent
from twin.pipeline.orders.operations import KINDS, Report, event_of
from twin.pipeline.orders.orders import report
from twin.sources.openapi import openapi
from twin.types import Event

TOKEN = {"mes": "s3cret"}


@pytest.fixture
def bench(tmp_path):
    made = order_bench(tmp_path)
    made.step()
    made.do("order.add", order(id="A-1"))
    made.step()
    return made


@pytest.fixture
def post(bench):
    app = Flask("gateway")
    origins = ["https://plant.example"]
    register_operations(app, TOKEN, origins, bench.store, bench.site.plant, lambda: bench.now)
    client = app.test_client()

    def send(body, token="s3cret", kind="application/json", **headers):
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        answer = client.post("/v1/operations", data=data, content_type=kind, headers=headers)
        bench.step()
        return answer.status_code, answer.get_json()

    return send


def test_reports_in_quick_succession_are_held_against_one_another(bench):
    """Before the desk has folded any of them."""
    app = Flask("gateway")
    register_operations(app, TOKEN, [], bench.store, bench.site.plant, lambda: bench.now)
    client, at = app.test_client(), bench.now - HOUR_US

    def send(**report):
        head = {"Authorization": "Bearer s3cret"}
        return client.post("/v1/operations", json=report, headers=head).status_code

    about = {"order": "A-1", "step": 0}
    assert send(**about, kind="start", machine="mill-0", time=at) == 202
    assert send(**about, kind="progress", quantity_done=3) == 202  # on the machine of its start
    assert send(**about, kind="end", time=at - HOUR_US) == 422  # before its start
    assert send(**about, kind="end", time=at + 1) == 202
    bench.step()
    step = document(bench)["steps"][0]
    assert (step["machine"], step["start"], step["end"]) == ("mill-0", at, at + 1)


def document(bench):
    return orjson.loads(bench.store.documents("orders")["A-1"])


def started(**more):
    return {"order": "A-1", "step": 0, "kind": "start", "machine": "mill-0"} | more


def test_start_progress_and_end_move_the_order(bench, post):
    at = bench.now - HOUR_US
    begin = started(time=at)
    assert post(begin) == (202, {"accepted": 1, "rejected": 0, "rejects": []})
    step = document(bench)["steps"][0]
    assert (step["state"], step["machine"], step["start"]) == ("running", "mill-0", at)
    progress = {"order": "A-1", "step": 0, "kind": "progress", "quantity_done": 4}
    end = {"order": "A-1", "step": 0, "kind": "end", "time": bench.now}
    assert post({"operations": [progress, end]})[0] == 202
    step = document(bench)["steps"][0]
    assert (step["state"], step["quantity_done"], step["end"]) == ("done", 4, bench.now)
    assert bench.store.counters()["operations:mes"] == 3
    assert last_sent(bench.store) == {"mes": {"operations": bench.now}}


def test_what_is_sent_again_is_taken_once(bench, post):
    body = [started(time=bench.now - HOUR_US)]
    assert post(body)[0] == post(body)[0] == 202
    kinds = [e.kind for _, e in bench.store.events(b"0-0", 100)]
    assert kinds.count("operation_start") == 1


def test_what_is_missing_is_named(post):
    assert post([{}])[1]["rejects"][0]["detail"] == "order: got none, want one"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"order": "B-9"}, "order:"),
        ({"step": 3}, "step:"),
        ({"step": "0"}, "step:"),
        ({"machine": "lathe-9"}, "machine:"),
        ({"machine": None}, "machine:"),
        ({"kind": "begin"}, "kind:"),
        ({"kind": "progress"}, "quantity_done:"),
        ({"time": "soon"}, "time:"),
        ({"time": "2199-01-01"}, "time:"),
        ({"time": "9999-12-31T23:59:59"}, "time:"),
        ({"time": 0}, "time: got 0, want none before the year 2000"),
        ({"time": "0001-01-01"}, "time: got '0001-01-01', want none before the year 2000"),
        ({"time": -(10**18)}, "time:"),
        ({"time": "2023-11-01"}, "time: got '2023-11-01', want none more than seven days before"),
        ({"machine": "press-0"}, "machine: got 'press-0', want one that can do it: mill-0"),
        ({"pieces": 4}, "pieces:"),
    ],
)
def test_what_cannot_be_is_named_and_the_rest_is_taken(post, wrong, where):
    assert post([started(**wrong)])[0] == 422
    status, said = post([started(**wrong), started()])
    assert (status, said["accepted"], said["rejected"]) == (202, 1, 1)
    assert said["rejects"][0]["index"] == 0
    assert said["rejects"][0]["detail"].startswith(where)


@pytest.mark.parametrize("depth", [253, 300, 1000])
def test_a_report_of_any_nesting_is_refused_alone_and_kept(bench, post, depth):
    deep = b'{"order": ' + b"[" * depth + b"]" * depth + b"}"
    status, said = post(b"[" + orjson.dumps(started()) + b"," + deep + b"]")
    assert (status, said["accepted"], said["rejects"][0]["index"]) == (202, 1, 1)
    assert document(bench)["steps"][0]["state"] == "running"
    ((_, kept),) = bench.store.rejected(10)
    assert b"[[[[" in kept["payload"]


def test_a_step_does_not_end_before_it_began_whichever_comes_first(bench, post):
    at = bench.now - HOUR_US
    both = [started(time=at), started(kind="end", time=at - 1)]
    status, said = post(both)
    assert (status, said["accepted"], said["rejects"][0]["index"]) == (202, 1, 1)
    assert said["rejects"][0]["detail"].startswith(
        f"time: got {at - 1}, want none before its start"
    )
    assert post(started(kind="end", time=at - 1))[0] == 422
    assert post(started(kind="setup_end", time=at))[0] == 202
    assert post(started(kind="setup", time=at + 1))[0] == 422
    assert post(started(kind="end", time=at))[0] == 202


def test_what_is_refused_is_counted_and_kept_with_its_reason(bench, post):
    wrong = started(machine="lathe-9")
    post([started(), wrong])
    post(b"{")
    assert bench.store.counters()["rejected:mes:operation_refused"] == 2
    (_, broken), (_, kept) = bench.store.rejected(10)
    assert orjson.loads(kept["payload"]) == wrong
    assert b"machine:" in kept["detail"]
    assert broken["payload"] == b"{"


@pytest.mark.parametrize("time", [-(10**18), 0, 10**18])
def test_a_time_that_cannot_be_is_healed_where_it_is_stored_and_moves_no_order(bench, time):
    bench.store.add_events([Event(time, "operation_start", "mill-0", started())])
    bench.step()
    assert document(bench)["steps"][0]["state"] == "waiting"
    stored = document(bench)
    stored["steps"][0] |= {"state": "running", "machine": "mill-0", "start": time}
    bench.store.set_documents("orders", {"A-1": orjson.dumps(stored)})
    again = Desk(bench.store, bench.site)
    again.step()
    assert document(bench)["steps"][0]["start"] == stored["added"]


@pytest.mark.parametrize(("hours", "can_be"), [(0, False), (2, True)])
def test_where_the_plants_own_clock_was_never_set_its_reports_count(bench, hours, can_be):
    """An order that was added at one o'clock of the first of January 1970."""
    time, known = hours * HOUR_US, document(bench) | {"added": HOUR_US}
    told = started(time=time)
    if can_be:
        event = event_of(told, {"A-1": known}, bench.site.plant, 3 * HOUR_US, "mes")
        assert event.time == time
    else:
        with pytest.raises(DataError, match="time: got 0, want none before the order was added"):
            event_of(told, {"A-1": known}, bench.site.plant, 3 * HOUR_US, "mes")
    assert report(known, "operation_start", time, "mill-0", told) is can_be


def test_time_without_offset_is_the_plants(bench, post):
    zone = bench.site.plant.zone
    local = datetime.fromtimestamp((bench.now - HOUR_US) // 1_000_000, zone)
    assert post(started(time=local.replace(tzinfo=None).isoformat()))[0] == 202
    assert document(bench)["steps"][0]["start"] == int(local.timestamp() * 1e6)


@pytest.mark.parametrize(
    ("body", "given", "status", "reason"),
    [
        (b"{", {}, 422, "not_json"),
        (5, {}, 422, "not_a_list"),
        ([], {}, 422, "empty"),
        ([{}] * 5001, {}, 413, "too_many"),
        (b"a;b", {"kind": "text/csv"}, 415, "media_type"),
        ([started()], {"token": "other"}, 401, "no_token"),
        ([started()], {"Origin": "https://elsewhere.example"}, 403, "origin"),
    ],
)
def test_refusals_say_why(post, body, given, status, reason):
    got, said = post(body, **given)
    assert (got, said["error"]["reason"]) == (status, reason)


def test_a_store_that_is_away_is_said(bench, post, monkeypatch):
    def gone(*_args):
        raise StoreError("gone")

    monkeypatch.setattr(bench.store, "add_events", gone)
    assert post([started()])[0] == 503


def test_the_description_names_what_is_taken():
    described = openapi()["components"]["schemas"]["Operation"]["properties"]
    assert set(described) == set(Report.model_fields)
    assert set(described["kind"]["enum"]) == set(KINDS)
