"""`twin up`: parts that die come back, everything stops together, one at a time on a directory."""

import os
import signal
import subprocess
import sys
import threading
import time

import orjson
import psutil
import pytest
from worker_plant import settings_in

from twin.errors import StoreError
from twin.pipeline import supervisor
from twin.pipeline.supervisor import Part, run_up, supervise
from twin.stores.embedded import EmbeddedServer, EmbeddedStore
from twin.stores.memory import MemoryStore
from twin.stores.redis import RedisStore

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = (
    "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "pathlib.Path({ready!r}).touch(); time.sleep(600)"
)


@pytest.fixture
def supervised():
    """Runs parts under a supervisor until the test ends."""
    store, stop, threads = MemoryStore(1), threading.Event(), []

    def run(*parts):
        thread = threading.Thread(target=supervise, args=(list(parts), store, None, stop))
        thread.start()
        threads.append(thread)
        return store

    run.stop = lambda: (stop.set(), [t.join() for t in threads])
    yield run
    run.stop()


def part(name, command):
    return Part(name, command, dict(os.environ))


def test_a_killed_part_is_started_again_and_shown(supervised, monkeypatch, capfd):
    monkeypatch.setattr(supervisor, "HEARTBEAT_S", 0.1)
    worker = part("worker", SLEEPER)
    store = supervised(worker)
    _until(lambda: worker.state == "running")
    first = worker.process.pid
    os.kill(first, signal.SIGKILL)
    _until(lambda: worker.process.pid != first and worker.state == "running")
    _until(lambda: _shown(store)["worker"]["restarts"] == 1)
    assert "worker: killed by signal 9; starts again in 0.5 s" in capfd.readouterr().err


def test_pauses_double_while_a_part_keeps_dying(monkeypatch, capfd):
    now = [1000.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now[0])
    failing = part("feed", [sys.executable, "-c", "raise SystemExit(3)"])
    for _ in range(8):
        failing.tick()
        failing.process.wait()
        failing.tick()
        now[0] += 30.0
    said = [line.split()[-2] for line in capfd.readouterr().err.splitlines()]
    assert said == ["0.5", "1", "2", "4", "8", "16", "30", "30"]


def test_a_part_that_ends_cleanly_while_the_plant_runs_is_started_again(supervised, capfd):
    feed = part("feed", [sys.executable, "-c", ""])
    supervised(feed)
    _until(lambda: feed.n_restarts >= 1)
    assert "feed: ended with status 0; starts again in 0.5 s" in capfd.readouterr().err


def test_all_parts_stop_even_one_that_does_not_want_to(supervised, monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "STOP_S", 0.5)
    ready = tmp_path / "ready"
    stubborn = [sys.executable, "-c", STUBBORN.format(ready=str(ready))]
    parts = [part("a", SLEEPER), part("b", stubborn)]
    supervised(*parts)
    _until(lambda: all(p.state == "running" for p in parts) and ready.exists())
    supervised.stop()
    assert [p.process.poll() for p in parts] == [-signal.SIGTERM, -signal.SIGKILL]


def test_up_runs_parts_refuses_a_second_and_leaves_nothing_behind(tmp_path):
    settings = settings_in(tmp_path)
    env = {
        **os.environ,
        "TWIN_PLANT": str(settings.plant),
        "TWIN_DATA_DIR": str(settings.data_dir),
        "TWIN_PARTITIONS": "2",
        "TWIN_PORT": "18951",
        "TWIN_GATEWAY_PORT": "18961",
    }
    up = subprocess.Popen([sys.executable, "-m", "twin.cli", "up"], env=env)
    try:
        server = EmbeddedServer(settings.data_dir)
        _until(server.answers)
        store = RedisStore(server.url, 2)
        _until(lambda: {"up", "worker", "planner"} <= set(store.heartbeats()))
        with pytest.raises(StoreError, match="runs here already"):
            run_up(settings)
        children = psutil.Process(up.pid).children(recursive=True)
        assert len(children) >= 4
        store.close()
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 0
        _, alive = psutil.wait_procs(children, timeout=30)
        assert alive == []
        assert not server.answers()
    finally:
        up.kill()
        up.wait()


def test_parts_end_with_a_supervisor_that_is_killed():
    script = (
        "import os, threading, time\n"
        "from twin.pipeline.supervisor import Part, supervise\n"
        "from twin.stores.memory import MemoryStore\n"
        f"part = Part('p', {SLEEPER!r}, dict(os.environ))\n"
        "def tell():\n"
        "    while part.process is None: time.sleep(0.01)\n"
        "    print(part.process.pid, flush=True)\n"
        "threading.Thread(target=tell).start()\n"
        "supervise([part], MemoryStore(1), None, threading.Event())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs([child], timeout=30)
    assert alive == []


def test_an_orphaned_server_is_adopted_with_its_data(tmp_path):
    first = EmbeddedServer(tmp_path)
    assert first.start()
    store = RedisStore(first.url, 2)
    store.set_plan(b"kept")
    store.close()
    second = EmbeddedStore(tmp_path, 2)
    assert second.server.process is None
    assert second.plan() == b"kept"
    second.close()
    assert first.answers()
    first.stop()
    assert not first.answers()
    third = EmbeddedStore(tmp_path, 2)
    assert third.plan() == b"kept"
    third.close()


def test_a_long_data_directory_still_gets_its_socket(tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    store = EmbeddedStore(deep, 2)
    assert len(os.fsencode(store.server.socket)) <= 100
    store.close()


def test_a_store_with_other_partitions_is_refused(tmp_path):
    store = EmbeddedStore(tmp_path, 2)
    with pytest.raises(StoreError, match="set TWIN_PARTITIONS=2"):
        RedisStore(store.server.url, 4)
    store.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///no/such.sock", "http://x"])
def test_a_store_that_is_not_there_is_named_without_its_password(url):
    with pytest.raises(StoreError, match=r"TWIN_REDIS_URL|not reachable"):
        RedisStore(url)
    with pytest.raises(StoreError) as refused:
        RedisStore("redis://me:secret@127.0.0.1:1/0")
    assert "secret" not in str(refused.value)


def _shown(store):
    return orjson.loads(store.heartbeats().get("up", b'{"parts": {"worker": {"restarts": 0}}}'))[
        "parts"
    ]


def _until(holds, seconds=120.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
