"""What is no order in the store counts as none, is named, stays there, and stops nobody."""

import orjson
import pytest
from flask import Flask
from order_bench import order_bench
from planning_bench import planned_world

from twin.pipeline.desk.aside import KEPT_MAX
from twin.pipeline.feed.shopfloor import BoardReader
from twin.pipeline.gateway.door import OrdersDoor
from twin.pipeline.gateway.operations_http import register_operations
from twin.pipeline.gateway.orders_http import register_orders
from twin.pipeline.orders.written import parsed_order
from twin.pipeline.production.ran import read_runs
from twin.types import Event

pytestmark = pytest.mark.usefixtures("known_cost")


def spoilt(good):
    """Documents that are no order, by what is wrong with them."""
    step = good["steps"][0]
    wrong = {
        "list": [good],
        "types": {"product": 7, "steps": "x"},
        "keys": {"id": "keys"},
        "state": {"state": "lost"},
        "step": {"steps": [step | {"state": "lost"}]},
        "stepless": {"steps": []},
        "startless": {"steps": [step | {"state": "running"}]},
        "setup": {"steps": [step | {"setup": {"start": 1}}]},
        "due": {"due": 1 << 60},
        "bool": {"priority": True},
        "token": {"token": []},
        "other": {"id": "A-0"},
    }
    whole = {"list", "keys"}
    made = {n: x if n in whole else good | {"id": n} | x for n, x in wrong.items()}
    return {"text": b'{"id":', **{n: orjson.dumps(x) for n, x in made.items()}}


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, mill_0=60.0)


@pytest.fixture(name="bad")
def bad_documents(world):
    documents = spoilt(world.document("A-0", "orders"))
    world.store.set_documents("orders", documents)
    return documents


def test_what_is_no_order_stops_neither_planner_nor_desk_and_stays_as_it_is(world, bad):
    world.restart()
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert {"A-0", "RUSH"} <= {o["order"] for o in world.document("proposed")["operations"]}
    held = world.store.documents("orders")
    assert {name: held[name] for name in bad} == bad


def test_a_spoilt_order_is_put_aside_and_counted_before_it_is_written_over(world):
    """One that the plant goes on with, one that is added anew, one that is taken back."""
    added = [world.do("order.add", order_of(world, name)) for name in ("B", "C")]
    world.desk_step()
    spoilt_texts = {name: b'{"id": "%s", ' % name.encode() for name in ("A-0", "B", "C")}
    world.store.set_documents("orders", spoilt_texts)
    world.store.add_events([began(world, "A-0")])
    world.do("action.undo", {"action": added[0]})
    world.desk_step()
    world.restart()
    world.do("order.add", order_of(world, "C"))
    world.desk_step()
    aside = world.store.documents("orders_unreadable")
    assert sorted(aside.values()) == sorted(spoilt_texts.values())
    assert {name.rsplit("-", 2)[0] for name in aside} == set(spoilt_texts)
    assert world.document("A-0", "orders")["steps"][0]["state"] == "running"
    assert world.document("C", "orders")["state"] == "open"
    assert world.store.counters()["rejected:desk:unreadable_document"] == 3
    assert {fields["payload"] for _, fields in world.store.rejected(9)} == {*spoilt_texts.values()}


def test_of_what_is_put_aside_the_newest_is_kept(world):
    old = {f"X-{n}-0": b"{" for n in range(KEPT_MAX)}
    world.store.set_documents("orders_unreadable", old)
    world.store.set_documents("orders", {"A-0": b"["})
    world.store.add_events([began(world, "A-0")])
    world.desk_step()
    held = world.store.documents("orders_unreadable")
    assert len(held) == KEPT_MAX
    assert b"[" in held.values()
    assert "X-0-0" not in held


def order_of(world, name):
    return {"id": name, "product": "cover", "quantity": 1, "due": world.now + 10**12}


def began(world, order):
    return Event(world.now, "operation_start", "mill-0", {"order": order, "step": 0})


def test_every_document_that_is_no_order_is_named_by_the_planner(world, bad, capsys):
    world.wall += 6.0
    world.step()
    told = capsys.readouterr().err
    assert all(f"orders.{name} counts as none: " in told for name in bad)
    named = {x["name"] for x in world.document("planning")["unreadable"]}
    assert len(named) == 10
    assert named <= {f"orders.{name}" for name in bad}


@pytest.mark.usefixtures("bad")
def test_shop_floor_and_key_figures_go_by_the_orders_that_are_any(world):
    board = BoardReader(world.store).look(None).board
    assert board is not None
    assert list(board.orders) == ["A-0"]
    step = world.document("A-0", "orders")["steps"][0] | {"state": "running", "machine": "mill-0"}
    begun = world.document("A-0", "orders")
    begun["steps"][0] = step | {"start": world.now}
    world.store.set_documents("orders", {"A-0": orjson.dumps(begun)})
    runs = read_runs(world.store, world.site.plant).within("mill-0", 0, world.now + 1_000_000)
    assert [(run.order, seconds) for run, seconds in runs] == [("A-0", 1.0)]


@pytest.mark.usefixtures("bad")
def test_the_gateway_answers_by_the_orders_that_are_any(world):
    app, origins = Flask("gateway"), ["https://plant.example"]
    app.config["MAX_CONTENT_LENGTH"] = 8 << 20
    plant = world.site.plant
    door = OrdersDoor(world.store, plant, lambda: world.now, wait_s=0.0)
    register_orders(app, {"erp": "key"}, origins, door)
    register_operations(app, {"erp": "key"}, origins, world.store, plant, lambda: world.now)
    client, key = app.test_client(), {"Authorization": "Bearer key"}
    found = client.get("/v1/orders", headers=key)
    assert [order["id"] for order in found.get_json()["orders"]] == ["A-0"]
    assert client.get("/v1/orders/types", headers=key).status_code == 404
    told = {"order": "types", "step": 0, "machine": "mill-0", "kind": "operation_start"}
    assert client.post("/v1/operations", json=told, headers=key).status_code == 422


def test_what_the_desk_writes_is_an_order_and_a_fault_says_where(tmp_path):
    bench = order_bench(tmp_path)
    bench.do("order.add", {"id": "A", "product": "cover", "quantity": 1, "due": bench.now * 2})
    bench.step()
    text = bench.store.documents("orders")["A"]
    assert parsed_order("A", text) == (orjson.loads(text), "")
    for name, broken in spoilt(orjson.loads(text)).items():
        found, fault = parsed_order(name, broken)
        assert found is None
        assert fault
    assert parsed_order("A", text.replace(b'"cover"', b"7"))[1].startswith("product: got 7, ")
