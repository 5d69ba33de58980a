"""The track record's page: what it says follows from the documents, and its lists leave whole."""

import csv
import io

import pytest
from fake_record import seed_record

from dashboard.app import create_app
from dashboard.data import read_snapshot
from dashboard.data.documents import Documents
from dashboard.snapshot import Snapshot
from dashboard.states.record_state import N_SHOWN, headline_of, held, record_state
from twin.config import Settings

HOME = {"Sec-Fetch-Site": "same-origin"}


def seen(fake) -> Snapshot:
    documents = Documents(fake.store).read("record")
    return read_snapshot(fake.store, fake.plant, 1, fake.wall_us)._replace(record=documents)


@pytest.fixture(scope="module")
def seeded(plant):
    from fake_plant import START_US, FakePlant

    fake = FakePlant(plant, wall_us=START_US)
    seed_record(fake)
    return fake


def test_before_anything_was_scored_the_page_says_so(snapshot: Snapshot) -> None:
    state = record_state(snapshot)
    assert state["known"] is False
    assert all(c["held"] is None and c["headline"] is None for c in state["classes"].values())
    assert all(c["scores"]["day"] == {} for c in state["classes"].values())


def test_held_counts_the_last_decided_ranges_of_the_class(seeded) -> None:
    snapshot = seen(seeded)
    closed = snapshot.record["episodes"]["closed"]
    own = [w for w in closed if w["class"] == "mill"]
    decided = [w for w in own if w["outcome"] in {"inside", "below", "above"}][:16]
    want = sum(w["outcome"] == "inside" for w in decided)
    assert held(snapshot, "mill") == {"held": want, "of": len(decided), "kind": "range"}
    assert held(snapshot, "compressor") is None


def test_sentence_rests_on_the_weightiest_bin_that_says_neither_hardly_nor_surely() -> None:
    bins = [
        [0.01, 0.0, 0.0, 0.1, 9000, 900.0],
        [0.25, 0.2, 0.1, 0.4, 300, 12.0],
        [0.45, 0.5, 0.3, 0.7, 400, 20.0],
        [0.97, 1.0, 0.9, 1.0, 800, 99.0],
    ]
    assert headline_of({"bins": bins}) == [0.45, 0.5, 0.3, 0.7]
    assert headline_of({"bins": [[*b[:5], 9.9] for b in bins]}) is None
    assert headline_of(None) is None


def test_state_shows_the_newest_and_counts_them_all(seeded) -> None:
    snapshot = seen(seeded)
    mills = record_state(snapshot)["classes"]["mill"]
    own = [f for f in snapshot.record["episodes"]["failures"] if f["class"] == "mill"]
    assert len(own) > N_SHOWN
    assert len(mills["failures"]) == N_SHOWN
    assert mills["more"]["failures"] == len(own)
    assert [f["time"] for f in mills["failures"]] == sorted(
        (f["time"] for f in mills["failures"]), reverse=True
    )
    assert mills["fitted"]["failures"]["spindle_bearing"] > 0


def test_only_the_class_that_says_too_much_has_a_proposal(seeded) -> None:
    proposals = {c: k["proposal"] for c, k in record_state(seen(seeded))["classes"].items()}
    assert proposals["pump"]["kind"] == "recalibrate"
    assert proposals["pump"]["b_hi"] < 1
    assert [c for c, p in proposals.items() if p is not None] == ["pump"]


@pytest.mark.parametrize("name", ["record", "episodes", "dated"])
def test_lists_leave_as_csv_with_every_line(seeded, name: str) -> None:
    app = create_app(seeded.store, Settings(threads=18))
    try:
        app.reader.tick()
        answer = app.server.test_client().get(f"/export/{name}.csv", headers=HOME)
    finally:
        app.reader.stop()
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    found = seen(seeded).record
    want = {
        "record": sum(
            len(s["bins"]) for c in found["scores"].values() for h in c.values() for s in h.values()
        ),
        "episodes": len(found["episodes"]["failures"]),
        "dated": len(found["episodes"]["closed"]),
    }
    assert answer.status_code == 200
    assert len(lines) == 1 + want[name] > 10
    assert {len(line) for line in lines} == {len(lines[0])}
