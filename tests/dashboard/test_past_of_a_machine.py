"""The past that charts show is the twin's own."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashboard.figures.signals import Past
from dashboard.states.machine.machine_state import Z95
from dashboard.states.machine.past import nearest_regime, past_of_estimate, past_of_rows, with_gaps
from twin.core.rows import row_dtype
from twin.core.statespace import Trend, trend_of
from twin.core.trend import advance, new_state, new_view, trace

MINUTE = 60_000_000
UTC = ZoneInfo("UTC")


def trend() -> Trend:
    """Two sensors, two inputs, two regimes with different units."""
    return trend_of(
        2,
        2,
        r=[0.4, 0.2],
        centre=[[0.0, 0.0], [10.0, 5.0]],
        offset=[[20.0, 5.0], [30.0, -5.0]],
        gain=[[[1.0, 0.0], [0.0, 2.0]], [[0.5, 0.1], [0.2, 0.0]]],
        scale=[[2.0, 0.5], [3.0, 1.5]],
    )


def rows(n: int, partition_slot: int = 6) -> np.ndarray:
    rng = np.random.default_rng(7)
    out = np.zeros(n, row_dtype(4))
    out["slot"] = partition_slot
    out["time"] = np.arange(n) * MINUTE
    out["value"][:, :2] = rng.normal([25, 3], 2, (n, 2))
    out["value"][:, 2:] = rng.uniform(0, 10, (n, 2))
    out["value"][5, 1] = np.nan
    out["value"][7, 2] = np.nan
    return out


def past_of(model: Trend, given: np.ndarray) -> Past:
    own = given.copy()
    own["slot"] = 0
    found = trace(model, new_state(model, np.zeros(1, np.int64)), own)
    return past_of_estimate(model, own, found, 60.0, UTC)


def test_last_estimate_drawn_is_the_one_of_the_view() -> None:
    """Second route: the view that the worker's `advance` writes from the same rows."""
    model, given = trend(), rows(40)
    state = new_state(model, np.zeros(4, np.int64))
    view = new_view(model, 4)
    for n in range(1, 41):
        past = past_of(model, given[:n])
        advance(model, state, view, given[n - 1 : n], partitions=2)
        np.testing.assert_allclose(past.level[-1], view[3]["level"], rtol=1e-5)
        np.testing.assert_allclose(past.half[-1], Z95 * view[3]["spread"], rtol=1e-5)


def test_missing_reading_is_a_gap_and_the_estimate_goes_on() -> None:
    model = trend()
    past = past_of(model, rows(9))
    assert np.isnan(past.value[5, 1])
    assert np.isnan(past.innovation[5, 1])
    assert np.isfinite(past.level[5, 1])


@pytest.mark.parametrize(("pause_s", "n_gaps"), [(60, 0), (180, 0), (181, 1), (9000, 1)])
def test_silence_of_three_periods_breaks_the_line(pause_s: int, n_gaps: int) -> None:
    times = np.array([0, 60, 60 + pause_s, 120 + pause_s]) * 1_000_000
    out, (column,) = with_gaps(times, [np.ones((4, 1))], 60.0)
    assert np.isnan(column).sum() == n_gaps
    assert np.all(np.diff(out) > 0)


def test_regime_is_the_nearest_in_scaled_inputs() -> None:
    model = trend()._replace(input_scale=np.array([1.0, 100.0]))
    assert nearest_regime(model, np.array([[4.0, 5.0], [6.0, 0.0]])).tolist() == [0, 1]


def test_no_rows_make_an_empty_past() -> None:
    model = trend()
    past = past_of(model, rows(9)[:0])
    assert past.times == []
    assert past.level.shape == (0, 2)


def test_past_without_an_estimate_shows_the_measurements_alone() -> None:
    given = rows(9)
    past = past_of_rows(given, 2, 60.0, UTC)
    np.testing.assert_array_equal(past.value, given["value"][:, :2])
    assert np.isnan(past.level).all()
