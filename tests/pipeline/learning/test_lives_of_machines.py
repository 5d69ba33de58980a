"""A history is cut where machines fail, are serviced or repaired."""

import numpy as np
import pytest

from twin.core.rows import RESET, row_dtype
from twin.errors import DataError
from twin.pipeline.learning.lives import HistoryEvent, cut_lives

MODES = ["bearing", "seal"]


def readings(times, resets=()):
    rows = np.zeros(len(times) + len(resets), row_dtype(1))
    rows["time"] = [*times, *resets]
    rows["slot"] = 7
    rows["slot"][len(times) :] |= RESET
    return rows


def times(lives):
    return [life.rows["time"].tolist() for life in lives]


def test_failure_ends_a_life_and_repair_begins_the_next():
    events = [HistoryEvent("m", 30, "failure", "seal"), HistoryEvent("m", 60, "reset")]
    lives = cut_lives({"m": readings(range(0, 100, 10))}, events, MODES)
    assert [(x.cause, x.end_us) for x in lives] == [(1, 30), (-1, 90)]
    assert times(lives) == [[0, 10, 20, 30], [70, 80, 90]]
    assert lives[1].born_us == 61


def test_reset_rows_count_as_repairs():
    lives = cut_lives({"m": readings(range(0, 60, 10), resets=[25])}, [], MODES)
    assert times(lives) == [[0, 10, 20], [30, 40, 50]]
    assert [x.cause for x in lives] == [-1, -1]
    assert all(not (x.rows["slot"] & RESET).any() for x in lives)


def test_a_life_cut_off_is_known_until_its_last_sample_only():
    lives = cut_lives({"m": readings([0, 10, 20])}, [HistoryEvent("m", 500, "service")], MODES)
    assert [(x.cause, x.end_us) for x in lives] == [(-1, 20)]


def test_failure_after_the_last_sample_keeps_its_time():
    lives = cut_lives(
        {"m": readings([0, 10, 20])}, [HistoryEvent("m", 25, "failure", "bearing")], MODES
    )
    assert [(x.cause, x.end_us) for x in lives] == [(0, 25)]


def test_failure_without_a_known_repair_begins_a_new_life_at_once():
    events = [HistoryEvent("m", 20, "failure", "seal"), HistoryEvent("m", 50, "failure", "seal")]
    lives = cut_lives({"m": readings(range(0, 60, 10))}, events, MODES)
    assert times(lives) == [[0, 10, 20], [30, 40, 50]]


def test_censor_ends_what_is_known():
    lives = cut_lives({"m": readings(range(0, 60, 10))}, [HistoryEvent("m", 20, "censor")], MODES)
    assert times(lives) == [[0, 10, 20]]


def test_commissioning_is_the_birth_of_the_first_life():
    lives = cut_lives({"m": readings([50, 60])}, [], MODES, born_us={"m": 10})
    assert lives[0].born_us == 10


def test_rows_out_of_order_or_twice_are_put_right():
    lives = cut_lives({"m": readings([20, 0, 10, 10])}, [], MODES)
    assert times(lives) == [[0, 10, 20]]


def test_lives_of_one_machine_share_its_number():
    histories = {"a": readings([0, 10]), "b": readings([0, 10, 40, 50], resets=[30])}
    assert [x.machine for x in cut_lives(histories, [], MODES)] == [0, 1, 1]


@pytest.mark.parametrize(
    "event", [HistoryEvent("m", 5, "failure", "rust"), HistoryEvent("x", 5, "service")]
)
def test_events_that_fit_nothing_are_refused(event):
    with pytest.raises(DataError, match=r"rust|'x'"):
        cut_lives({"m": readings([0, 10])}, [event], MODES)
