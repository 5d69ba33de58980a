"""What the machine page says of a machine."""

import numpy as np
import pytest

from dashboard.snapshot import Snapshot, machine_of, row_of
from dashboard.states.machine.machine_state import hours, machine_state, quality_code
from twin.core.view import NEVER, view_dtype


def state_of(snapshot: Snapshot, machine_id: str) -> dict:
    machine = machine_of(snapshot, machine_id)
    assert machine is not None
    return machine_state(snapshot, machine)


@pytest.mark.parametrize(
    ("quality", "missing", "bad", "seen", "is_stale", "want"),
    [
        (0, 0, 0, 1, False, "good"),
        (1, 0, 0, 1, False, "uncertain"),
        (1, 1, 0, 1, False, "bad"),
        (0, 1, 0, 1, False, "good"),
        (0, 1, 0, 1, True, "stale"),
        (1, 0, 1, 1, False, "broken"),
        (0, 0, 0, NEVER, True, "never"),
        (2, 2, 2, 1, False, "good"),
    ],
)
def test_quality_of_a_value_follows_rows_and_twin(
    quality: int, missing: int, bad: int, seen: int, is_stale: bool, want: str
) -> None:
    row = np.zeros((), view_dtype(2, 0))
    row["quality"], row["missing"], row["bad"] = quality, missing, bad
    row["seen"][0] = seen
    assert quality_code(row[()], 0, is_stale) == want


def test_sensor_that_did_not_report_is_a_gap_in_the_chart(snapshot: Snapshot) -> None:
    """Machine 0 of the invented plant lacks its fourth sensor in the newest sample."""
    sample = state_of(snapshot, "mill-01")["sample"]
    assert sample["value"][3] is None
    assert sample["innovation"][3] is None
    assert sample["level"][3] is not None


def test_band_holds_95_of_100_readings(snapshot: Snapshot) -> None:
    row = row_of(snapshot, "mill-03")
    assert row is not None
    half = np.array(state_of(snapshot, "mill-03")["sample"]["half"])
    draws = np.random.default_rng(1).normal(0, row["spread"], (40_000, len(half)))
    assert np.mean(np.abs(draws) < half) == pytest.approx(0.95, abs=0.005)


def test_life_beyond_the_horizon_is_not_a_number(snapshot: Snapshot) -> None:
    life = state_of(snapshot, "mill-03")["life"]
    assert life["mid_h"] is None
    assert state_of(snapshot, "mill-01")["life"]["mid_h"] == 31


def test_steps_are_hours_by_the_class_own_step() -> None:
    assert hours(6, 1800) == 3.0
    assert hours(np.inf, 3600) is None


def test_only_own_events_are_listed_newest_first(snapshot: Snapshot) -> None:
    machine_id = snapshot.plant.machines[0].id
    kinds = [e["kind"] for e in state_of(snapshot, machine_id)["log"]]
    assert kinds == ["alarm_on", "repair"]
    other = snapshot.plant.machines[1].id
    assert state_of(snapshot, other)["log"] == []


def test_machine_never_heard_of_has_no_sample(snapshot: Snapshot) -> None:
    views = {c: np.array(rows) for c, rows in snapshot.views.items()}
    views["mill"]["time"] = NEVER
    assert state_of(snapshot._replace(views=views), "mill-01")["sample"] is None


def test_nothing_is_forecast_of_a_machine_that_is_silent(snapshot: Snapshot) -> None:
    assert state_of(snapshot, "mill-01")["withheld"] is False
    views = {c: np.array(rows) for c, rows in snapshot.views.items()}
    views["mill"]["time"] -= 3_600_000_000
    state = state_of(snapshot._replace(views=views), "mill-01")
    assert state["withheld"] is True
    assert state["item"] is None
    assert {p for numbers in state["risk"].values() for p in numbers} == {None}
    assert state["life"] == {"known": True}
