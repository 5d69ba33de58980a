"""Wherever the desk dies, nothing is lost and nothing is done twice.

The standard is a desk that never died, over the same streams in a memory store. A desk dies at its
n-th call of the store, before or after the call takes effect, and another one takes over.
"""

import numpy as np
import orjson
import pytest
from desk_bench import HOUR_US, TEMP, Bench
from mortal_store import dying_desk
from worker_plant import PARTITIONS, settings_in

from twin.core.view import view_dtype
from twin.errors import StoreError
from twin.pipeline.desk import Desk
from twin.pipeline.site import prepare
from twin.stores.base import FIRST_ID, Commit, Run
from twin.stores.embedded import EmbeddedStore
from twin.stores.memory import MemoryStore
from twin.stores.redis import RedisStore


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    held = EmbeddedStore(tmp_path_factory.mktemp("store"), partitions=PARTITIONS)
    yield held
    held.close()


@pytest.fixture(params=["memory", "redis"])
def store(request):
    if request.param == "memory":
        yield MemoryStore(PARTITIONS)
        return
    held = request.getfixturevalue("server")
    held._link.call("FLUSHALL")
    fresh = RedisStore(held.server.url, partitions=PARTITIONS)
    yield fresh
    fresh.close()


def bench_on(store, folder):
    return Bench(store, prepare(store, settings_in(folder)))


def fill(bench):
    """Alarms, people's doings and a repair; a step between is a commit of its own."""
    bench.alarm_on()
    bench.do("comment.add", {"text": "hot"}, machine="mill-0")
    bench.step_here()
    bench.do("alarm.shelve", {"alarm": TEMP, "hours": 1, "reason": "fan"})
    bench.do("failure.report", {}, machine="mill-0")
    bench.step_here()
    bench.do("repair.report", {}, machine="mill-0")
    bench.do("service.plan", {"start": bench.now + HOUR_US, "duration_h": 1}, machine="mill-1")
    bench.step_here()


def outcome(bench):
    """All that the desk has written, without the ids that a stream gives."""
    journal = [(x["verb"], x["machine"], x["outcome"], x["n"]) for x in bench.document("journal")]
    resets = [bench.store.entries(p, FIRST_ID, None, 99) for p in range(PARTITIONS)]
    log = bench.document("mill-0", "log")
    return {
        "journal": journal,
        "states": {i: a["state"] for i, a in bench.document("alarms").items()},
        "resets": [[fields for _, fields in found] for found in resets],
        "kinds": bench.kinds(),
        "services": [(s["machine"], s["state"]) for s in bench.document("services")],
        "log": [(x["verb"], x["outcome"]) for x in log["log"]],
        "count": sum(bench.document("alarm_rates")["counts"]),
    }


def uninterrupted(folder):
    bench = bench_on(MemoryStore(PARTITIONS), folder)
    bench.step_here = bench.step
    fill(bench)
    return outcome(bench)


def test_killed_anywhere_the_outcome_is_that_of_a_desk_that_never_died(store, tmp_path):
    wanted = uninterrupted(tmp_path)
    assert wanted["resets"][0]
    assert len(wanted["kinds"]) == 5
    for after in (False, True):
        for dies_at in range(1, 30, 1 if isinstance(store, MemoryStore) else 4):
            if isinstance(store, RedisStore):
                store._link.call("FLUSHALL")
                fresh = RedisStore(store.url, partitions=PARTITIONS)
            else:
                fresh = MemoryStore(PARTITIONS)
            bench = bench_on(fresh, tmp_path)
            bench.step_here = dying_desk(bench, bench.step, dies_at, after)
            fill(bench)
            assert outcome(bench) == wanted, (dies_at, after)


def test_of_two_desks_at_once_the_later_writes_nothing_and_takes_up_what_is_there(store, tmp_path):
    bench = bench_on(store, tmp_path)
    bench.step()
    other = Desk(store, bench.site)
    other.step()
    bench.do("comment.add", {"text": "once"}, machine="mill-0")
    bench.step()
    with pytest.raises(StoreError):
        other.step()
    other.step()
    assert len(bench.document("machines")["mill-0"]["comments"]) == 1
    assert len(bench.document("journal")) == 1


def test_a_restarted_desk_knows_what_the_one_before_knew(store, tmp_path):
    bench = bench_on(store, tmp_path)
    bench.alarm_on()
    said = bench.do("comment.add", {"text": "hot"}, machine="mill-0", token="a")
    bench.step()
    bench.desk = Desk(store, bench.site)
    bench.do("comment.add", {"text": "hot"}, machine="mill-0", token="a")
    bench.do("action.undo", {"action": said})
    bench.alarm_off(after_s=60)
    bench.step()
    assert bench.state() == "returned_unacknowledged"
    assert bench.document("machines")["mill-0"]["comments"] == []
    assert [x["verb"] for x in bench.document("mill-0", "log")["log"]] == ["comment.add"]


def test_events_dropped_before_they_were_read_are_said_and_alarms_taken_from_the_views(tmp_path):
    bench = bench_on(MemoryStore(PARTITIONS), tmp_path)
    bench.alarm_on()
    bench.step()
    bench.store._events.limit = 3
    bench.alarm_off(after_s=1)  # lost
    for n in range(5):
        bench.event("changed", "mill-1", after_s=2 + n)
    rows = views()
    lease = bench.store.lease(0, "w", 10_000)
    bench.store.commit(lease, rows)
    bench.desk = Desk(bench.store, bench.site)
    bench.step()
    assert "stream.trimmed" in {x["verb"] for x in bench.document("journal")}
    assert bench.state() == "returned_unacknowledged"


def views():
    """A commit of a worker whose machines are all within their limits."""
    blob = np.zeros(3, view_dtype(3, 1)).tobytes()
    return Commit(b"1-0", {}, [], [Run("mill", 0, blob, True)])


def test_a_quiet_desk_writes_nothing_between_two_summaries(tmp_path):
    bench = bench_on(MemoryStore(PARTITIONS), tmp_path)
    bench.step()
    before = bench.store.documents("desk")
    for _ in range(5):
        bench.desk.step()
    assert bench.store.documents("desk") == before
    assert orjson.loads(before["position"])["n"] == 0
