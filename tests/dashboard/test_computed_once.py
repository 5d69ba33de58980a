"""Many readers, one computation; a server away costs the saving and not the answer."""

import threading
import time

import pytest

from dashboard.data.cache import Computed
from twin.stores.embedded import EmbeddedServer


class Counted:
    """A computation that says how often it was done, and takes a while."""

    def __init__(self, value):
        self.value, self.n = value, 0

    def __call__(self):
        self.n += 1
        time.sleep(0.05)
        return self.value


@pytest.fixture(params=["process", "server"])
def url(request, tmp_path):
    if request.param == "process":
        yield ""
        return
    server = EmbeddedServer(tmp_path)
    server.start()
    yield server.url
    server.stop()


def test_twenty_readers_at_once_cost_one_computation(url):
    computed, make, seen = Computed(url), Counted({"p": [0.1, 0.2]}), []
    threads = [
        threading.Thread(target=lambda: seen.append(computed.get("curve:m", 10, make)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make.n == 1
    assert seen == [{"p": [0.1, 0.2]}] * 20


def test_nothing_to_show_is_remembered_too(url):
    computed, make = Computed(url), Counted(None)
    assert [computed.get("curve:m", 10, make) for _ in range(3)] == [None] * 3
    assert make.n == 1


def test_keys_do_not_meet_and_values_run_out(url):
    computed = Computed(url)
    assert computed.get("past:a:1", 1, lambda: "a") == "a"
    assert computed.get("past:b:1", 1, lambda: "b") == "b"
    time.sleep(1.2)
    assert computed.get("past:a:1", 1, lambda: "new") == "new"


def test_processes_share_what_one_has_computed(tmp_path):
    server = EmbeddedServer(tmp_path)
    server.start()
    try:
        Computed(server.url).get("curve:m", 10, lambda: 0.25)
        assert Computed(server.url).get("curve:m", 10, lambda: 0.75) == 0.25
    finally:
        server.stop()


def test_a_server_that_is_away_costs_the_saving_and_not_the_answer(tmp_path):
    computed = Computed(f"unix://{tmp_path}/nobody.sock")
    assert computed.get("curve:m", 10, lambda: 0.5) == 0.5
