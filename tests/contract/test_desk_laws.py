"""Laws of documents, events and actions, which every store keeps."""

import time

import pytest
from store_bench import commit, entry, numbers, owned

from twin.errors import StoreError
from twin.stores.base import (
    FIRST_ID,
    DeskCommit,
    Run,
    StaleError,
    check_format,
)
from twin.types import Clock, Event


def test_documents_are_returned_as_written(store):
    assert (store.catalogue(), store.model("mill"), store.plan()) == (None, None, None)
    assert store.clock() == Clock(0, 0, 1.0, False)
    clock = Clock(1_700_000_000_000_000, -5, 60.0, True)
    store.set_clock(clock)
    store.set_plan(b"{}")
    store.add_kpi(b"1")
    store.add_kpi(b"2")
    store.heartbeat("worker", b"h")
    assert (store.clock(), store.plan()) == (clock, b"{}")
    assert [text for _, text in store.kpis(10)] == [b"1", b"2"]
    assert store.heartbeats() == {"worker": b"h"}


def test_a_new_model_or_catalogue_takes_its_place_in_every_stream(store):
    store.append({0: [entry(1)]})
    store.set_model("mill", b"{}", [b"k", b"m", b"n", b"2"])
    store.set_catalogue(b"[]", [b"k", b"c", b"n", b"3"])
    store.set_model("press", b"quiet")
    assert (store.model("mill"), store.catalogue()) == (b"{}", b"[]")
    assert numbers(store.entries(0, FIRST_ID, None, 10)) == [1, 2, 3]
    assert numbers(store.entries(1, FIRST_ID, None, 10)) == [2, 3]


def test_events_page_forward_and_newest_come_first_on_request(store):
    made = [Event(n, "repair", f"m{n}", {"n": n}) for n in range(5)]
    store.add_events(made)
    first = store.events(FIRST_ID, 2)
    assert [e for _, e in first] == made[:2]
    assert [e for _, e in store.events(first[-1][0], 10)] == made[2:]
    assert [e for _, e in store.last_events(2)] == [made[4], made[3]]


def test_actions_are_kept_in_order_under_the_ids_that_were_given(store):
    ids = [store.add_action(b"%d" % n) for n in range(3)]
    assert store.actions(FIRST_ID, 10) == list(zip(ids, [b"0", b"1", b"2"], strict=True))
    assert store.actions(ids[0], 1) == [(ids[1], b"1")]


def test_documents_of_a_kind_are_written_and_removed_together(store):
    store.set_documents("users", {"a": b"1", "b": b"2"})
    store.set_documents("users", {"a": None, "b": b"3", "c": None})
    assert store.documents("users") == {"b": b"3"}
    assert store.documents("kiosks") == {}


def test_a_step_of_the_desk_is_written_as_a_whole(store):
    event = Event(1, "comment", "m1", {})
    made = {"desk": {"position": b"1", "alarms": b"[]"}, "scenarios": {"s": b"{}"}}
    store.commit_desk(DeskCommit(made, ("desk", "position", None), [event], {1: [entry(4)]}))
    assert store.documents("desk") == made["desk"]
    assert store.document("desk", "alarms") == b"[]"
    assert store.document("desk", "nothing") is store.document("nothing", "alarms") is None
    assert store.documents("scenarios") == made["scenarios"]
    assert [e for _, e in store.events(FIRST_ID, 9)] == [event]
    assert numbers(store.entries(1, FIRST_ID, None, 9)) == [4]


def test_a_desk_that_was_overtaken_writes_nothing(store):
    first = DeskCommit({"desk": {"position": b"1"}}, ("desk", "position", None))
    store.commit_desk(first)
    late = [Event(1, "comment", "m1", {})]
    with pytest.raises(StaleError):
        store.commit_desk(first._replace(events=late, entries={0: [entry(1)]}))
    assert store.events(FIRST_ID, 9) == []
    assert store.entries(0, FIRST_ID, None, 9) == []
    store.commit_desk(DeskCommit({"desk": {"position": b"2"}}, ("desk", "position", b"1")))
    assert store.documents("desk") == {"position": b"2"}


def test_info_names_the_server_and_its_clock(store):
    info = store.info()
    assert info.version
    assert abs(info.time_us - time.time_ns() // 1000) < 5_000_000


def test_what_is_read_is_a_copy(store):
    lease = owned(store)
    store.commit(lease, commit(b"1-0", [Run("mill", 0, bytearray(b"abc"), True)]))
    held = store.load_checkpoint(0)
    store.commit(lease, commit(b"2-0", [Run("mill", 0, b"X")]))
    assert held.state == {"mill": b"abc"}


@pytest.mark.parametrize("text", ["2:4", "1:8", "junk"])
def test_another_layout_is_refused_in_words(text):
    check_format("1:4", 4)
    with pytest.raises(StoreError, match="store: "):
        check_format(text, 4)
