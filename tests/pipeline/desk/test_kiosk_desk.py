"""Displays at the desk: made, given a new link, withdrawn, each time by name."""

import pytest
from desk_bench import T0_US, Bench
from worker_plant import PARTITIONS, settings_in

from twin.kiosk import KIND, kiosk_of
from twin.pipeline.site import prepare
from twin.stores.memory import MemoryStore


@pytest.fixture
def bench(tmp_path):
    store = MemoryStore(PARTITIONS)
    return Bench(store, prepare(store, settings_in(tmp_path)))


def made(bench, **document):
    kiosk_id = bench.do("kiosk.create", {"name": "Hall 2", "document": document})
    bench.step()
    return kiosk_id


def kept(bench, kiosk_id):
    return kiosk_of(bench.store.documents(KIND)[kiosk_id])


def test_display_is_kept_with_its_settings_and_its_maker(bench):
    kiosk = kept(bench, made(bench, distance_m=8, language="zh"))
    assert (kiosk.name, kiosk.distance_m, kiosk.language) == ("Hall 2", 8.0, "zh")
    assert (kiosk.made_by, kiosk.made_us) == ("Late", T0_US)
    assert (kiosk.generation, kiosk.is_revoked, kiosk.areas) == (1, False, ((),))


def test_new_link_counts_up_and_opens_a_withdrawn_display_again(bench):
    kiosk_id = made(bench)
    bench.do("kiosk.revoke", {"kiosk": kiosk_id})
    bench.step()
    assert kept(bench, kiosk_id).is_revoked
    bench.do("kiosk.renew", {"kiosk": kiosk_id})
    bench.step()
    kiosk = kept(bench, kiosk_id)
    assert (kiosk.generation, kiosk.is_revoked) == (2, False)


@pytest.mark.parametrize(
    ("verb", "detail", "refusal"),
    [
        ("kiosk.revoke", {"kiosk": "none"}, "unknown_kiosk"),
        ("kiosk.renew", {"kiosk": "none"}, "unknown_kiosk"),
        ("kiosk.create", {"name": "A", "document": {"areas": [["nowhere"]]}}, "unknown_line"),
        ("kiosk.create", {"name": "A", "document": {"distance_m": 99}}, "unreadable"),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_is_said(bench, verb, detail, refusal):
    action = bench.do(verb, detail)
    bench.step()
    assert bench.store.documents(KIND) == {}
    assert refusal in str(bench.line(action))


def test_display_is_withdrawn_once(bench):
    kiosk_id = made(bench)
    bench.do("kiosk.revoke", {"kiosk": kiosk_id})
    bench.step()
    again = bench.do("kiosk.revoke", {"kiosk": kiosk_id})
    bench.step()
    assert "already_revoked" in str(bench.line(again))


def test_two_new_links_of_one_step_are_two(bench):
    kiosk_id = made(bench)
    for _ in range(2):
        bench.do("kiosk.renew", {"kiosk": kiosk_id})
    assert bench.desk.step() == 2
    assert kept(bench, kiosk_id).generation == 3


def test_display_made_and_withdrawn_in_one_step_is_withdrawn_once(bench):
    kiosk_id = bench.do("kiosk.create", {"name": "Hall 2", "document": {}})
    withdrawn = [bench.do("kiosk.revoke", {"kiosk": kiosk_id}) for _ in range(2)]
    assert bench.desk.step() == 3
    assert kept(bench, kiosk_id).is_revoked
    assert [bench.line(i)["reason"] for i in withdrawn] == [None, "already_revoked"]
