"""Orders at the desk: taken in once, changed, called off, taken back; progress in any order."""

import itertools

import orjson
import pytest
from desk_bench import HOUR_US, T0_US
from hypothesis import given, settings
from hypothesis import strategies as st
from mortal_store import dying_desk
from order_bench import DUE_US, order, order_bench, tell
from worker_plant import PARTITIONS

from twin.pipeline.desk import Desk, state
from twin.pipeline.orders.orders import report, settle
from twin.stores.memory import MemoryStore


@pytest.fixture
def bench(tmp_path):
    return order_bench(tmp_path)


def orders(bench):
    return {i: orjson.loads(text) for i, text in bench.store.documents("orders").items()}


def refusal(bench, action_id):
    line = bench.line(action_id)
    return line["reason"] if line["outcome"] == "refused" else ""


def done(bench, verb, detail, **more):
    """Why the desk refused it; "" if it did not."""
    action_id = bench.do(verb, detail, **more)
    bench.step()
    return refusal(bench, action_id)


def test_an_order_is_kept_as_the_contract_says(bench):
    bench.do("order.add", order(note="spare", priority=2, id="A-1"), who="Late Shift")
    bench.step()
    (kept,) = orders(bench).values()
    waiting = {"state": "waiting", "machine": None, "start": None, "end": None}
    assert (
        kept.items()
        >= {
            "id": "A-1",
            "product": "cover",
            "quantity": 10,
            "release": T0_US,
            "due": DUE_US,
            "priority": 2,
            "late_cost_h": 20.0,  # 10 an hour, twice that a step of priority above 3
            "state": "open",
            "who": "Late Shift",
            "added": T0_US,
            "note": "spare",
            "steps": [waiting] * 3,
        }.items()
    )


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        (order("lid"), "unknown_product"),
        (order(due=T0_US), "due_before_release"),
        (order(release=DUE_US), "due_before_release"),
        (order(id="A-1"), "order_exists"),
        (order(quantity=0), "malformed"),
        (order(priority=6), "malformed"),
        (order(id="../x"), "malformed"),
    ],
)
def test_what_cannot_be_an_order_is_refused_with_a_reason(bench, detail, reason):
    assert done(bench, "order.add", order(id="A-1")) == ""
    before = orders(bench)
    assert done(bench, "order.add", detail) == reason
    assert orders(bench) == before


def test_an_operator_brings_in_no_order(bench):
    assert done(bench, "order.add", order(), role="operator") == "role"
    assert orders(bench) == {}


def test_numbers_are_given_once_even_if_their_orders_are_gone(bench):
    first = bench.do("order.add", order())
    bench.do("order.add", order(id="WO-0003"))
    bench.do("order.add", order())
    bench.do("action.undo", {"action": first})
    bench.step()
    bench.desk = Desk(bench.store, bench.site)
    bench.do("order.add", order())
    bench.step()
    assert sorted(orders(bench)) == ["WO-0002", "WO-0003", "WO-0004"]


def test_of_an_import_the_good_ones_are_taken_and_the_others_named(bench):
    rows = [order(id="A-1"), order("lid", id="A-2"), order(id="A-1"), order("bracket")]
    action_id = bench.do("order.import", {"orders": rows})
    bench.step()
    line = bench.line(action_id)
    assert sorted(orders(bench)) == ["A-1", "WO-0001"]
    assert line["note"]["n"] == 2
    assert line["note"]["not_done"] == {"A-2": "unknown_product", "A-1": "order_exists"}
    assert line["detail"] == {"n": 4}  # a journal is read twice a second: it counts, no more
    assert done(bench, "order.import", {"orders": rows[:2]}) == "order_exists"


def test_an_import_is_taken_back_whole_or_not_at_all(bench):
    action_id = bench.do("order.import", {"orders": [order(id="A-1"), order(id="A-2")]})
    bench.step()
    tell(bench, "operation_start", "mill-0", "A-2", 0)
    bench.step()
    assert done(bench, "action.undo", {"action": action_id}) == "order_started"
    assert len(orders(bench)) == 2
    other = bench.do("order.import", {"orders": [order(id="B-1"), order(id="B-2")]})
    bench.step()
    assert done(bench, "action.undo", {"action": other}) == ""
    assert sorted(orders(bench)) == ["A-1", "A-2"]
    assert done(bench, "order.add", order(id="B-1")) == ""  # its id is free again


def test_a_change_is_made_and_taken_back(bench):
    bench.do("order.add", order(id="A-1"))
    bench.step()
    before = orders(bench)
    changed = bench.do("order.change", {"order": "A-1", "priority": 1, "quantity": 12})
    bench.step()
    kept = orders(bench)["A-1"]
    assert (kept["priority"], kept["quantity"], kept["late_cost_h"]) == (1, 12, 40.0)
    bench.do("action.undo", {"action": changed})
    bench.step()
    assert orders(bench) == before


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ({"order": "B-1", "priority": 1}, "unknown_order"),
        ({"order": "A-1", "priority": 3}, "nothing_to_change"),
        ({"order": "A-1", "due": T0_US}, "due_before_release"),
        ({"order": "A-1", "quantity": 5}, "order_started"),
        ({"order": "A-1", "release": T0_US + 1}, "order_started"),
        ({"order": "A-1", "due": DUE_US + HOUR_US, "priority": 1, "note": "call"}, ""),
    ],
)
def test_what_was_begun_keeps_its_quantity_and_release(bench, detail, reason):
    bench.do("order.add", order(id="A-1"))
    bench.step()
    tell(bench, "operation_start", "mill-0", "A-1", 0)
    bench.step()
    assert done(bench, "order.change", detail) == reason


def test_a_cancelled_order_is_opened_again_with_what_happened_meanwhile(bench):
    bench.do("order.add", order("bracket", id="A-1"))
    cancelled = bench.do("order.cancel", {"order": "A-1", "reason": "customer"})
    bench.step()
    assert orders(bench)["A-1"]["state"] == "cancelled"
    assert done(bench, "order.cancel", {"order": "A-1", "reason": "again"}) == "order_not_open"
    assert done(bench, "order.change", {"order": "A-1", "priority": 1}) == "order_not_open"
    bench.event("operation_start", "press-0", order="A-1", step=0)
    bench.step()
    assert orders(bench)["A-1"]["state"] == "cancelled"
    bench.do("action.undo", {"action": cancelled})
    bench.step()
    kept = orders(bench)["A-1"]
    assert (kept["state"], kept["steps"][0]["state"]) == ("open", "running")
    assert kept["steps"][0]["machine"] == "press-0"
    assert "reason" not in kept


def test_the_same_token_twice_is_one_order(bench):
    for _ in range(2):
        bench.do("order.add", order(), token="once")
        bench.step()
    assert len(orders(bench)) == 1


def test_steps_run_and_an_order_is_done_with_its_last(bench):
    bench.do("order.add", order(id="A-1"))
    bench.step()
    for step, machine in enumerate(("mill-1", "press-0", "mill-0")):
        tell(bench, "operation_start", machine, "A-1", step, 100 * step)
        bench.step()
        assert orders(bench)["A-1"]["steps"][step]["state"] == "running"
        tell(bench, "order_progress", machine, "A-1", step, 100 * step, quantity_done=4)
        tell(bench, "operation_end", machine, "A-1", step, 100 * step + 90)
        bench.step()
    kept = orders(bench)["A-1"]
    assert kept["state"] == "done"
    assert kept["closed"] == T0_US + 290_000_000
    assert [s["machine"] for s in kept["steps"]] == ["mill-1", "press-0", "mill-0"]


def test_events_of_no_order_and_odd_ones_change_nothing(bench):
    bench.do("order.add", order(id="A-1"))
    bench.step()
    before = orders(bench)
    for detail in (
        {"order": "B-1", "step": 0},
        {"order": "A-1", "step": 3},
        {"order": "A-1", "step": -1},
        {"order": "A-1", "step": True},
        {"order": "A-1", "step": "0"},
        {"step": 0},
        {"order": ["A-1"], "step": 0},
    ):
        bench.event("operation_start", "mill-0", **detail)
    bench.event("order_progress", "mill-0", order="A-1", step=0, quantity_done="many")
    bench.step()
    assert orders(bench) == before


TOLD = [
    ("operation_start", 10, "mill-1", {"step": 0}),
    ("operation_start", 20, "mill-2", {"step": 0}),  # moved to another machine
    ("order_progress", 25, "mill-2", {"step": 0, "quantity_done": 3}),
    ("order_progress", 27, "mill-2", {"step": 0, "quantity_done": 7}),
    ("operation_end", 30, "mill-2", {"step": 0}),
    ("operation_start", 40, "press-0", {"step": 1}),
    ("operation_end", 50, "press-0", {"step": 1}),
]


def told_in(sequence):
    step = {"state": "waiting", "machine": None, "start": None, "end": None}
    held = {"id": "A-1", "quantity": 10, "state": "open", "steps": [dict(step), dict(step)]}
    for n in sequence:
        kind, time, machine, detail = TOLD[n]
        report(held, kind, time, machine, detail)
    return held


@settings(max_examples=60)
@given(st.permutations(range(len(TOLD))), st.lists(st.integers(0, len(TOLD) - 1), max_size=5))
def test_late_double_and_disordered_news_come_to_the_same(sequence, again):
    assert told_in([*sequence, *again]) == told_in(range(len(TOLD)))


def test_an_end_that_nobody_told_is_known_from_the_step_after():
    held = told_in([0, 1, 5])
    assert [s["state"] for s in held["steps"]] == ["done", "running"]
    assert held["steps"][0]["end"] is None
    settle(held)
    assert held["state"] == "open"


def test_of_closed_orders_the_newest_are_kept_and_open_ones_all(bench, monkeypatch):
    monkeypatch.setattr(state, "CLOSED_MAX", 3)
    for n in range(8):
        bench.do("order.add", order(id=f"A-{n}"))
        bench.step()
        bench.set_clock(bench.now + HOUR_US)
        if n < 6:
            bench.do("order.cancel", {"order": f"A-{n}", "reason": "x"})
            bench.step()
    assert sorted(orders(bench)) == ["A-3", "A-4", "A-5", "A-6", "A-7"]


def test_orders_that_systems_send_push_nothing_out_of_the_journal_that_people_did(bench):
    said = bench.do("comment.add", {"text": "hot"}, machine="mill-0")
    for _ in range(state.JOURNAL_MAX + 50):
        bench.do("order.add", order("bracket"), who="erp")
    bench.step()
    verbs = [line["verb"] for line in bench.document("journal")]
    assert verbs.count("order.add") == state.ORDER_LINES_MAX
    assert done(bench, "action.undo", {"action": said}) == ""
    assert bench.document("machines")["mill-0"]["comments"] == []


def fill(bench, step):
    bench.do("order.import", {"orders": [order(), order("bracket")]})
    step()
    tell(bench, "operation_start", "mill-0", "WO-0001", 0)
    step()
    bench.do("order.change", {"order": "WO-0002", "priority": 1})
    step()
    tell(bench, "operation_end", "mill-0", "WO-0001", 0, 60)
    step()
    cancelled = bench.do("order.cancel", {"order": "WO-0002", "reason": "customer"})
    step()
    bench.do("action.undo", {"action": cancelled})
    bench.do("order.add", order("bracket"))
    step()


def outcome(bench):
    kept = {
        i: {k: v for k, v in o.items() if k not in {"action", "cancel"}}
        for i, o in orders(bench).items()
    }
    verbs = [(x["verb"], x["outcome"], x["n"]) for x in bench.document("journal")]
    return kept, verbs, bench.kinds()


def test_wherever_the_desk_dies_orders_come_out_the_same(tmp_path):
    standard = order_bench(tmp_path)
    fill(standard, standard.step)
    wanted = outcome(standard)
    assert sorted(wanted[0]) == ["WO-0001", "WO-0002", "WO-0003"]
    for after, dies_at in itertools.product((False, True), range(1, 30)):
        bench = order_bench(tmp_path, MemoryStore(PARTITIONS))
        fill(bench, dying_desk(bench, bench.step, dies_at, after))
        assert outcome(bench) == wanted, (dies_at, after)
