"""Failures, repairs, comments and services, and what of it can be taken back."""

import numpy as np
import pytest
from desk_bench import HOUR_US, T0_US, Bench
from worker_plant import LANES, PARTITIONS, settings_in

from twin.core.rows import RESET, row_dtype
from twin.pipeline.failures import Failures
from twin.pipeline.services import planned_services
from twin.pipeline.site import prepare
from twin.pipeline.worker.partition import PartitionTwin
from twin.stores.base import FIRST_ID
from twin.stores.codec import Readings, decode
from twin.stores.memory import MemoryStore

PLAN = {"start": T0_US + 10 * HOUR_US, "duration_h": 4.0}


@pytest.fixture
def bench(tmp_path):
    store = MemoryStore(PARTITIONS)
    return Bench(store, prepare(store, settings_in(tmp_path)))


def failed(bench):
    failures = Failures()
    failures.follow(bench.store)
    return failures.holds("mill-0")


def test_a_reported_failure_stands_and_the_planner_sees_it(bench):
    bench.do("failure.report", {"note": "noise"}, machine="mill-0")
    bench.step()
    assert bench.document("machines")["mill-0"]["failed_since"] == T0_US
    assert failed(bench)
    event = [e for _, e in bench.store.events(FIRST_ID, 10)][-1]
    assert (event.kind, event.detail["source"], event.detail["by"]) == ("failure", "person", "Late")


def test_a_machine_fails_once(bench):
    bench.do("failure.report", {}, machine="mill-0")
    again = bench.do("failure.report", {}, machine="mill-0")
    bench.step()
    assert bench.line(again)["reason"] == "already_failed"
    assert bench.kinds() == ["failure"]


def test_a_failure_taken_back_is_no_label_and_the_machine_runs(bench):
    reported = bench.do("failure.report", {}, machine="mill-0")
    bench.step()
    bench.do("action.undo", {"action": reported})
    bench.step()
    machine = bench.document("machines")["mill-0"]
    assert (machine["failed_since"], machine["failures"]) == (None, [])
    assert not failed(bench)
    assert bench.kinds() == ["failure", "failure_retracted"]


def test_a_failure_before_the_last_repair_stops_nothing(bench):
    bench.do("repair.report", {}, machine="mill-0")
    bench.do("failure.report", {"time": T0_US - HOUR_US}, machine="mill-0")
    bench.step()
    assert bench.document("machines")["mill-0"]["failed_since"] is None


@pytest.mark.parametrize(
    ("detail", "machine", "reason"),
    [
        ({"time": T0_US + HOUR_US}, "mill-0", "in_the_future"),
        ({"mode": "ghosts"}, "mill-0", "unknown_mode"),
        ({}, "mill-99", "unknown_machine"),
    ],
)
def test_what_cannot_have_happened_is_refused(bench, detail, machine, reason):
    for verb in ("failure.report", "repair.report"):
        tried = bench.do(verb, detail, machine=machine)
        bench.step()
        assert bench.line(tried)["reason"] == reason
    assert bench.kinds() == []


def test_a_repair_resets_the_twin_in_its_partition_alone(bench):
    """mill-3 has slot 3: partition 1 of 2. Decoded as a worker would, applied to a twin."""
    bench.do("repair.report", {"planned": True}, machine="mill-3")
    bench.step()
    assert bench.store.entries(0, FIRST_ID, None, 10) == []
    entries = bench.store.entries(1, FIRST_ID, None, 10)
    batch = decode(entries, lambda c, _: LANES[c])
    (part,) = batch.parts
    assert isinstance(part, Readings)
    assert part.rows["slot"].tolist() == [3 | int(RESET)]
    twin = PartitionTwin(1, PARTITIONS, bench.site.plant, bench.site.catalogue)
    twin.start({}, None)
    rows = np.zeros(1, row_dtype(LANES["mill"]))
    rows["slot"], rows["time"], rows["value"] = 3, T0_US - 1_000_000, 70.0
    twin.apply(Readings("mill", 1, rows))
    twin.apply(part)
    assert twin.twins["mill"].view["born"][1] == T0_US


def test_a_repair_cannot_be_taken_back_and_says_why(bench):
    repaired = bench.do("repair.report", {}, machine="mill-0")
    undone = bench.do("action.undo", {"action": repaired})
    bench.step()
    assert not bench.line(repaired)["can_undo"]
    assert bench.line(undone)["reason"] == "twin_was_reset"


def test_a_repair_ends_the_failure_and_the_service_that_it_was(bench):
    bench.do("failure.report", {}, machine="mill-0")
    planned = bench.do("service.plan", PLAN, machine="mill-0")
    bench.step()
    bench.do("repair.report", {"service": planned}, machine="mill-0")
    bench.step()
    assert bench.document("services")[0]["state"] == "done"
    assert bench.document("machines")["mill-0"]["failed_since"] is None
    assert not failed(bench)


def test_a_repair_names_a_service_of_its_own_machine(bench):
    planned = bench.do("service.plan", PLAN, machine="mill-1")
    wrong = bench.do("repair.report", {"service": planned}, machine="mill-0")
    bench.step()
    assert bench.line(wrong)["reason"] == "unknown_service"
    assert bench.document("services")[0]["state"] == "planned"


def test_a_comment_is_kept_attributed_and_taken_back(bench):
    said = bench.do("comment.add", {"text": "oil is dark"}, machine="mill-0")
    bench.step()
    (comment,) = bench.document("machines")["mill-0"]["comments"]
    assert (comment["text"], comment["who"], comment["time"]) == ("oil is dark", "Late", T0_US)
    bench.do("action.undo", {"action": said})
    bench.step()
    assert bench.document("machines")["mill-0"]["comments"] == []
    log = bench.document("mill-0", "log")["log"]
    assert log[0]["undone"]["who"] == "Late"


def test_a_service_is_planned_moved_called_off_and_each_taken_back(bench):
    planned = bench.do("service.plan", PLAN, machine="mill-0")
    bench.step()
    assert [s["id"] for s in planned_services(bench.store)] == [planned]
    to = {"service": planned, "start": T0_US + 20 * HOUR_US, "duration_h": 3.0}
    moved = bench.do("service.move", to, machine="mill-0")
    bench.step()
    assert bench.document("services")[0]["start"] == to["start"]
    bench.do("action.undo", {"action": moved})
    bench.step()
    assert bench.document("services")[0]["start"] == PLAN["start"]
    off = {"service": planned, "reason": "no parts"}
    cancelled = bench.do("service.cancel", off, machine="mill-0")
    bench.step()
    assert planned_services(bench.store) == []
    bench.do("action.undo", {"action": cancelled})
    bench.step()
    assert len(planned_services(bench.store)) == 1
    bench.do("action.undo", {"action": planned})
    bench.step()
    assert planned_services(bench.store) == []


def test_a_machine_is_at_one_service_at_a_time(bench):
    planned = bench.do("service.plan", PLAN, machine="mill-0")
    after = PLAN | {"start": PLAN["start"] + round(PLAN["duration_h"] * HOUR_US)}
    second = bench.do("service.plan", after, machine="mill-0")
    within = PLAN | {"start": after["start"] - 1}
    tried = [
        bench.do("service.plan", within, machine="mill-0"),
        bench.do("service.move", within | {"service": second}, machine="mill-0"),
    ]
    bench.step()
    assert {bench.line(i)["reason"] for i in tried} == {"service_overlaps"}
    off = bench.do("service.cancel", {"service": planned, "reason": "no parts"}, machine="mill-0")
    moved = bench.do("service.move", within | {"service": second}, machine="mill-0")
    bench.step()
    again = bench.do("action.undo", {"action": off})
    bench.step()
    assert (bench.line(moved)["outcome"], bench.line(again)["reason"]) == (
        "done",
        "service_overlaps",
    )


def test_a_service_in_the_past_is_refused(bench):
    over = {"start": T0_US - 5 * HOUR_US, "duration_h": 4.0}
    tried = bench.do("service.plan", over, machine="mill-0")
    bench.step()
    assert bench.line(tried)["reason"] == "in_the_past"
    assert bench.document("services") in (None, [])


def test_only_a_manager_takes_back_what_somebody_else_did(bench):
    said = bench.do("comment.add", {"text": "x"}, machine="mill-0", role="operator")
    tried = bench.do("action.undo", {"action": said}, who="Li", role="operator")
    bench.step()
    assert bench.line(tried)["reason"] == "somebody_elses"
    bench.do("action.undo", {"action": said}, who="Li", role="manager")
    again = bench.do("action.undo", {"action": said}, who="Li", role="manager")
    bench.step()
    assert bench.line(said)["undone"]["who"] == "Li"
    assert bench.line(again)["reason"] == "already_undone"


def test_the_same_token_is_the_same_action(bench):
    for _ in range(2):
        bench.do("comment.add", {"text": "once"}, machine="mill-0", token="same")
    bench.step()
    assert len(bench.document("machines")["mill-0"]["comments"]) == 1


def test_a_verb_that_nobody_handles_is_written_down(bench):
    saved = bench.do("scenario.save", {"name": "n", "document": {}}, machine="mill-0")
    bench.step()
    assert bench.line(saved)["outcome"] == "done"


def test_a_handler_may_be_added_and_writes_documents_of_its_own(bench):
    from twin.pipeline.desk import Effects

    bench.desk.handlers["scenario.save"] = lambda _state, action, _context: Effects(
        documents={"scenarios": {action.detail["name"]: b"{}"}}
    )
    bench.do("scenario.save", {"name": "later", "document": {}}, machine="mill-0")
    bench.step()
    assert bench.store.documents("scenarios") == {"later": b"{}"}


def test_a_handler_that_breaks_is_refused_and_the_desk_goes_on(bench, capsys):
    def broken(_state, _action, _context):
        raise KeyError("oops")

    bench.desk.handlers["scenario.save"] = broken
    tried = bench.do("scenario.save", {"name": "n", "document": {}}, machine="mill-0")
    bench.do("comment.add", {"text": "on"}, machine="mill-0")
    bench.step()
    assert bench.line(tried)["reason"] == "fault"
    assert "oops" in capsys.readouterr().err
    assert len(bench.document("machines")["mill-0"]["comments"]) == 1


def test_what_is_malformed_is_said_and_passed_over(bench):
    bench.store.add_action(b"{not json")
    bench.do("comment.add", {"text": "on"}, machine="mill-0")
    bench.step()
    assert [x["verb"] for x in bench.document("journal")] == ["action.malformed", "comment.add"]
