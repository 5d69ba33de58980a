"""The feed on an embedded store: sources, a changed plant file, the gateway beside it."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_plant import DEMO

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.pipeline.desk import Desk
from twin.pipeline.feed.feed import run_feed
from twin.pipeline.history.history import history
from twin.pipeline.site import prepare
from twin.stores.base import Store
from twin.stores.embedded import open_store

SMALL = """
[plant]
name = "small"
simulated = true
{source}
[[line]]
id = "a"
[class.pump]
period_s = 1
[[class.pump.sensor]]
id = "flow_m3h"
normal = [0, 80]
[[machine]]
id = "pump-1"
class = "pump"
line = "a"
"""
SIMULATED = '[source.sim]\ntype = "simulator"\nspeed = 20\n'
ANOTHER = '[[machine]]\nid = "pump-2"\nclass = "pump"\nline = "a"\n'


@contextmanager
def feeding(settings: Settings) -> Iterator[Store]:
    """A store on which the feed runs."""
    store = open_store(settings)
    stop, failed = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            run_feed(settings, stop)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield store
    finally:
        stop.set()
        thread.join(60)
        store.close()
    assert not failed, failed


def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("not within the time")


def write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def test_simulator_runs_resumes_and_follows_the_plant_file(tmp_path: Path) -> None:
    plant = tmp_path / "plant.toml"
    write(plant, SMALL.format(source=SIMULATED))
    settings = replace(Settings(), plant=plant, data_dir=tmp_path / "var", partitions=2)
    keep = open_store(settings)  # the server outlives the first feed
    try:
        with feeding(settings) as store:
            until(lambda: store.counters().get("accepted:sim", 0) > 20)
            clock = store.clock()
            assert (clock.speed, clock.simulated) == (20.0, True)
            write(plant, SMALL.format(source=SIMULATED) + "[[machine]]\n")
            fault = until(lambda: [e for _, e in store.last_events(20) if e.kind == "plant_file"])
            assert any("machine[1].id" in line for line in fault[0].detail["faults"])
            write(plant, SMALL.format(source=SIMULATED) + ANOTHER)

            def slots() -> tuple[str, ...]:
                return Catalogue.from_json(store.catalogue() or b"").machines_ever("pump")

            until(lambda: slots() == ("pump-1", "pump-2"))
            n = store.counters()["accepted:sim"]
            until(lambda: store.counters()["accepted:sim"] > n + 20)
            assert b"sim" in store.heartbeats()["feed"]
        stood = keep.counters()["accepted:sim"]
        with feeding(settings) as store:
            until(lambda: store.counters()["accepted:sim"] > stood + 20)
        times = history(keep, prepare(keep, settings).catalogue, "pump-1", 0, 1 << 62)["time"]
        assert set(np.diff(times)) == {1_000_000}, "no plant time is skipped, nor lived twice"
    finally:
        keep.close()


def test_gateway_serves_beside_the_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant = tmp_path / "plant.toml"
    source = '[source.plc]\ntype = "gateway"\ntoken_env = "PLC_TOKEN"\n'
    write(plant, SMALL.format(source=source))
    monkeypatch.setenv("PLC_TOKEN", "s3cret")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = replace(
        Settings(), plant=plant, data_dir=tmp_path / "var", partitions=2, gateway_port=port
    )
    url = f"http://127.0.0.1:{port}"

    def post(token: str) -> tuple[int, Any]:
        sample = {
            "machine": "pump-1",
            "time": datetime.now(UTC).isoformat(),
            "values": {"flow_m3h": 12.5},
        }
        request = urllib.request.Request(
            f"{url}/v1/readings",
            data=json.dumps([sample, sample | {"machine": "pump-9"}]).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def is_up() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    with feeding(settings) as store:
        until(is_up)
        assert post("wrong")[0] == 401
        status, body = post("s3cret")
        assert (status, body["accepted"], body["rejected"]) == (202, 1, 1)
        assert store.counters() == {"accepted:plc": 1, "rejected:plc:unknown_machine": 1}
        assert store.rejected(1)[0][1]["payload"].startswith(b'{"machine":"pump-9"')
    until(lambda: not is_up())


def test_the_demonstration_begins_with_its_warm_up(tmp_path: Path) -> None:
    settings = replace(Settings(), plant=DEMO, data_dir=tmp_path / "var", partitions=2)
    with feeding(settings) as store:
        until(lambda: store.counters().get("accepted:simulator", 0) > 10_000)


WORKING = """
[[product]]
id = "cover"
family = "covers"
[[product.step]]
class = "pump"
minutes = 2
[[product.step]]
machines = ["pump-1"]
minutes = 1
"""


def test_orders_are_run_while_the_feed_runs_and_go_on_after_it(tmp_path: Path) -> None:
    """Two hours of the plant a second; the desk beside it."""
    plant = tmp_path / "plant.toml"
    source = SIMULATED.replace("20", "7200")
    write(plant, (SMALL.format(source=source) + ANOTHER + WORKING).replace("_s = 1", "_s = 60"))
    settings = replace(Settings(), plant=plant, data_dir=tmp_path / "var", partitions=2)
    keep = open_store(settings)
    desk = Desk(keep, prepare(keep, settings))

    def told(kind: str) -> list[tuple[Any, ...]]:
        desk.step()
        events = [e for _, e in keep.events(b"0-0", 1000) if e.kind == kind]
        return [(e.detail["order"], e.detail["step"]) for e in events]

    try:
        with feeding(settings):
            until(lambda: told("operation_end"), 30)
        n_ended = len(told("operation_end"))
        with feeding(settings):
            until(lambda: len(told("operation_end")) > n_ended + 2, 30)
        for kind in ("operation_start", "operation_end"):
            assert len(told(kind)) == len(set(told(kind)))
        assert set(told("operation_end")) <= set(told("operation_start"))
    finally:
        keep.close()
