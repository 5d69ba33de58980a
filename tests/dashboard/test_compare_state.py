"""What the compare page says of two machines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.signals import Past
from dashboard.snapshot import Snapshot, machine_of
from dashboard.states.machine.compare_state import apart, compare_state, line_of, rivals
from twin.plant import Machine

ends = st.floats(0, 100)


def machine(snapshot: Snapshot, machine_id: str) -> Machine:
    found = machine_of(snapshot, machine_id)
    assert found is not None
    return found


def compared(snapshot: Snapshot, a: str, b: str) -> dict:
    return compare_state(snapshot, machine(snapshot, a), machine(snapshot, b))


def test_a_machine_does_not_differ_from_itself(snapshot: Snapshot) -> None:
    state = compared(snapshot, "mill-01", "mill-01")
    assert not any(state["figures"].values())
    assert not any(s["differs"] or s["away"] for s in state["sensors"])


def test_comparing_the_other_way_round_turns_signs_and_nothing_else(snapshot: Snapshot) -> None:
    one, other = compared(snapshot, "mill-01", "mill-03"), compared(snapshot, "mill-03", "mill-01")
    assert one["figures"] == other["figures"]
    assert [s["differs"] for s in one["sensors"]] == [s["differs"] for s in other["sensors"]]
    assert [s["away"] for s in one["sensors"]] == [-s["away"] for s in other["sensors"]]


def test_the_worn_machine_differs_in_state_risk_and_health(snapshot: Snapshot) -> None:
    """The invented plant's machine 0: 46 % within a day [30, 60], distance 9; machine 2 is well."""
    figures = compared(snapshot, "mill-01", "mill-03")["figures"]
    assert {name for name, differs in figures.items() if differs} >= {"code", "day", "health"}
    assert figures["age_h"] is False


def test_a_level_differs_where_it_is_clear_and_large(snapshot: Snapshot) -> None:
    views = {c: np.array(rows) for c, rows in snapshot.views.items()}
    slots = [snapshot.slots[m][1] for m in ("mill-03", "mill-04")]
    low, high = snapshot.plant.classes["mill"].sensors[0].normal
    rows = views["mill"]
    for share, sd_share, want in [(0.5, 0.01, True), (0.5, 0.4, False), (0.05, 0.001, False)]:
        rows["level"][slots[0], 0] = low + 0.2 * (high - low)
        rows["level"][slots[1], 0] = low + (0.2 + share) * (high - low)
        rows["sd"][slots, 0] = sd_share * (high - low)
        state = compared(snapshot._replace(views=views), "mill-03", "mill-04")
        assert state["sensors"][0]["differs"] is want
        assert state["sensors"][0]["share"] == pytest.approx(-share, abs=2e-3)


@given(ends, ends, ends, ends)
def test_intervals_are_apart_unless_they_share_a_value(
    a: float, b: float, c: float, d: float
) -> None:
    one, other = sorted((a, b)), sorted((c, d))
    shares = max(one[0], other[0]) <= min(one[1], other[1])
    assert apart(one, other) is not shares
    assert apart(one, other) == apart(other, one)


def test_a_life_without_an_upper_end_goes_on_for_ever() -> None:
    assert apart([5, None], [1, 2]) is True
    assert apart([1, None], [2, None]) is False
    assert apart([None, None], [2, 3]) is False


def test_only_machines_of_the_class_are_rivals(snapshot: Snapshot) -> None:
    first = machine(snapshot, "mill-01")
    ids = {m.id for m in rivals(snapshot, first)}
    assert ids == {m.id for m in snapshot.plant.machines if m.class_id == "mill"} - {"mill-01"}


def test_lives_are_laid_over_each_other_by_hours_since_their_reset() -> None:
    times = [f"2026-03-02T0{h}:00:00" for h in range(5)]
    level = np.arange(5.0)[:, None]
    past = Past(times, level, level, level, level)
    assert line_of(past, 0, 10.0)["t"] == [6.0, 7.0, 8.0, 9.0, 10.0]
    assert line_of(past, 0, None)["t"] == [0, 3600, 7200, 10800, 14400]
