"""The reader's feeds: one that fails harms no other, and those that nobody needs go."""

import logging
from typing import Any

import pytest

from dashboard.app import PlantTwin
from dashboard.data import reader as reader_file
from dashboard.snapshot import Snapshot
from twin.errors import SchemaError, StoreError


@pytest.mark.parametrize("fault", [SchemaError("model: not readable"), KeyError("x")])
def test_screen_that_fails_stops_no_other_and_is_said_once(
    app: PlantTwin, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    def faulty(_: Snapshot) -> dict[str, Any]:
        raise fault

    reader = app.reader
    reader.add_feed("a-faulty", faulty)
    reader.add_feed("b-sound", lambda snapshot: {"seq": snapshot.seq})
    for name in ("a-faulty", "b-sound"):
        reader._feeds[name].n_readers = 1
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            reader.tick()
    frame = reader._feeds["b-sound"]._frame
    assert frame is not None
    assert frame.seq == reader.latest.seq  # type: ignore[union-attr]
    assert len(caplog.records) == 1


def test_new_reader_gets_what_is_known_while_the_store_is_silent(app: PlantTwin) -> None:
    def silent(_: Snapshot) -> dict[str, Any]:
        raise StoreError("away")

    app.reader.tick()
    app.reader.add_feed("machine-like", silent)
    assert app.reader.feed("machine-like") is not None


def test_feeds_that_nobody_reads_are_forgotten_and_come_again(
    app: PlantTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, names = app.reader, [f"machine/{m.id}" for m in app.reader.plant.machines[:2]]
    reader.tick()
    lasting = len(reader._feeds)
    feeds = [reader.feed(name) for name in names]
    assert len(reader._feeds) == lasting + 2
    feeds[0].n_readers = 1  # type: ignore[union-attr]
    monkeypatch.setattr(reader_file, "FORGET_S", -1.0)
    reader.tick()
    assert len(reader._feeds) == len(reader._state_of) == lasting + 1
    assert reader.feed(names[0]) is feeds[0]
    assert reader.feed(names[1]) is not None
