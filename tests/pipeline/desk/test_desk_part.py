"""The desk as a part that runs: alive and seen to be, bounded, and never silently dead."""

import threading
import time

import orjson
import pytest
from desk_bench import HOUR_US, T0_US, Bench
from worker_plant import PARTITIONS, settings_in

from twin.errors import StoreError
from twin.pipeline import planner
from twin.pipeline.desk import alarms, kept, plans, start_desk
from twin.pipeline.desk import state as desk_state
from twin.pipeline.site import prepare
from twin.stores.memory import MemoryStore


def until(condition, timeout_s=60.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_running_desk_does_what_is_asked_and_says_that_it_lives(tmp_path):
    settings, store = settings_in(tmp_path), MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings))
    stop, changed = threading.Event(), threading.Event()
    thread = start_desk(store, settings, stop, changed)
    bench.do("comment.add", {"text": "hot"}, machine="mill-0")
    until(lambda: bench.document("machines"))
    changed.set()
    until(lambda: not changed.is_set())
    until(lambda: orjson.loads(store.heartbeats()["desk"])["folded"] > 0)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_store_that_is_away_is_waited_for(tmp_path, monkeypatch):
    settings, store = settings_in(tmp_path), MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings))
    reads, away = store.actions, threading.Event()
    away.set()

    def actions(after, count):
        if away.is_set():
            raise StoreError("store: away")
        return reads(after, count)

    monkeypatch.setattr(store, "actions", actions)
    stop = threading.Event()
    said = []
    monkeypatch.setattr("builtins.print", lambda *words, **_: said.append(words))
    thread = start_desk(store, settings, stop, threading.Event())
    bench.do("comment.add", {"text": "hot"}, machine="mill-0")
    until(lambda: said)
    away.clear()
    until(lambda: bench.document("machines"))
    stop.set()
    thread.join(5)
    assert said == [("desk: store: away",)]


def test_a_planner_whose_desk_has_died_ends_so_that_it_is_started_again(tmp_path, monkeypatch):
    settings, store = settings_in(tmp_path), MemoryStore(PARTITIONS)
    monkeypatch.setattr(planner, "open_store", lambda _: store)
    monkeypatch.setattr(planner, "PLAN_S", 0.01)
    monkeypatch.setattr(planner, "start_scorer", lambda *_: None)
    monkeypatch.setattr(planner, "start_desk", lambda *_: threading.Thread(name="desk"))
    stop = threading.Event()
    with pytest.raises(StoreError, match="desk"):
        planner.run_planner(settings, stop)
    assert stop.is_set()


def test_what_a_desk_keeps_is_bounded(tmp_path, monkeypatch):
    for name in ("COMMENTS_MAX", "LOG_MAX", "SERVICES_MAX", "TOKENS_MAX"):
        monkeypatch.setattr(desk_state, name, 5)
    monkeypatch.setattr(kept, "SHOWN_MAX", 5)
    store = MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings_in(tmp_path)))
    for n in range(20):
        bench.do("comment.add", {"text": f"{n}"}, machine="mill-0")
        start = T0_US + n * HOUR_US
        planned = bench.do("service.plan", {"start": start, "duration_h": 1}, machine="mill-0")
        bench.step()
        bench.do("service.cancel", {"service": planned, "reason": "x"}, machine="mill-0")
        bench.step()
    log = bench.document("mill-0", "log")
    shown = bench.document("machines")["mill-0"]
    assert [c["text"] for c in log["comments"]] == ["15", "16", "17", "18", "19"]
    assert len(log["log"]) == len(shown["log"]) == len(shown["comments"]) == 5
    assert len(bench.document("services")) == 5
    assert len(bench.document("tokens", "desk-memory")) == 5


def test_planned_services_are_never_dropped_for_old_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(desk_state, "SERVICES_MAX", 2)
    store = MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings_in(tmp_path)))
    for n in range(4):
        detail = {"start": T0_US + n * HOUR_US, "duration_h": 1}
        bench.do("service.plan", detail, machine="mill-0")
        bench.step()
    assert [s["state"] for s in bench.document("services")] == ["planned"] * 4


def test_planned_services_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "PLANNED_MAX", 2)
    store = MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings_in(tmp_path)))
    hours = [{"start": T0_US + n * HOUR_US, "duration_h": 1} for n in range(3)]
    asked = [bench.do("service.plan", detail, machine="mill-0") for detail in hours]
    bench.step()
    assert [bench.line(i)["reason"] for i in asked] == [None, None, "too_many"]


def test_an_event_that_cannot_be_folded_is_said_and_passed_over(tmp_path, capsys):
    store = MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings_in(tmp_path)))
    bench.event("alarm_on", sensor="temp", value="hot", limit="")
    bench.alarm_on()
    bench.step()
    assert bench.state() == "unacknowledged"
    assert "alarm_on" in capsys.readouterr().err


def test_a_token_is_its_persons(tmp_path):
    store = MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings_in(tmp_path)))
    for who in ("Late", "Late", "Early"):
        bench.do("comment.add", {"text": who}, machine="mill-0", who=who, token="12345678")
    bench.step()
    assert [c["who"] for c in bench.document("mill-0", "log")["comments"]] == ["Late", "Early"]


def test_a_step_that_breaks_off_leaves_nothing_half_done(tmp_path, monkeypatch):
    store = MemoryStore(PARTITIONS)
    bench = Bench(store, prepare(store, settings_in(tmp_path)))
    bench.do("comment.add", {"text": "once"}, machine="mill-0")
    with monkeypatch.context() as broken:
        broken.setattr(alarms, "pass_time", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bench.desk.step()
    bench.step()
    assert [c["text"] for c in bench.document("mill-0", "log")["comments"]] == ["once"]
