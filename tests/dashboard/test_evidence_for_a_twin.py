"""Quality of sensors is counted as the rows say it; white innovations are called white."""

import numpy as np
import pytest

from dashboard.states.machine.evidence import gaps_s, lag_one, nis_range, sensor_quality, whiteness
from twin.core.rows import row_dtype
from twin.core.trend import APPLIED, LATE
from twin.plant import Plant

MINUTE = 60_000_000


def rows() -> np.ndarray:
    """Six rows of three lanes, the third an input: every one of the four qualities occurs."""
    out = np.zeros(6, row_dtype(3))
    out["time"] = np.arange(6) * MINUTE
    out["value"] = 1.0
    out["quality"][1] = 0b001  # first sensor uncertain
    out["value"][2, 0] = np.nan  # missing
    out["value"][3, 0], out["quality"][3] = np.nan, 0b001  # bad
    out["value"][5, 1] = np.nan
    return out


def test_qualities_are_counted_and_sum_to_the_rows(plant: Plant) -> None:
    flags = np.array([APPLIED] * 5 + [LATE], np.uint8)
    gated = np.array([0, 0b10, 0, 0b11, 0, 0], np.uint32)
    found = sensor_quality(rows(), flags, gated, 2, plant)
    first, second = found["sensors"]
    kinds = ("good", "uncertain", "bad", "missing")
    assert [first[k] for k in kinds] == [3, 1, 1, 1]
    assert [second[k] for k in kinds] == [5, 0, 0, 1]
    assert (first["gated"], second["gated"]) == (1, 2)
    assert (found["rows"], found["late"]) == (6, 1)


def test_last_good_is_the_newest_row_that_was_good(plant: Plant) -> None:
    """The plant's zone is Berlin, an hour ahead of UTC on 1 January 1970."""
    first, second = sensor_quality(rows(), None, None, 2, plant)["sensors"]
    assert first["last_good"] == "1970-01-01T01:05:00"
    assert second["last_good"] == "1970-01-01T01:04:00"
    assert first["gated"] is None


def test_nothing_received_has_no_last_good(plant: Plant) -> None:
    found = sensor_quality(rows()[:0], None, None, 2, plant)
    assert found["since"] is None
    assert found["sensors"][0]["last_good"] is None


@pytest.mark.parametrize("phi", [0.0, 0.4, -0.6])
def test_autocorrelation_is_that_of_an_ar1_process(phi: float) -> None:
    """Closed form: x[t] = φ x[t−1] + e has autocorrelation φ at lag 1."""
    rng = np.random.default_rng(5)
    x = np.zeros((20_000, 1))
    for k in range(1, len(x)):
        x[k] = phi * x[k - 1] + rng.normal()
    r, n = lag_one(x)
    assert r[0] == pytest.approx(phi, abs=0.02)
    assert n[0] == len(x) - 1


def test_pairs_across_a_gap_do_not_count() -> None:
    x = np.array([[1.0], [np.nan], [1.0], [1.0]])
    r, n = lag_one(x)
    assert (r[0], n[0]) == (1.0, 1)


def test_white_innovations_keep_to_the_bound_in_95_of_100_windows() -> None:
    rng = np.random.default_rng(11)
    within = 0
    for _ in range(400):
        found = whiteness(rng.normal(size=(240, 4)))
        assert found is not None
        within += abs(found["r"]) <= found["bound"]
    assert within / 400 == pytest.approx(0.95, abs=0.035)


def test_the_sensor_furthest_from_white_is_named() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 3))
    x[:, 1] = np.cumsum(x[:, 1]) / 5
    found = whiteness(x)
    assert found is not None
    assert found["worst"] == 1
    assert found["worst_r"] > 0.9


def test_too_few_innovations_say_nothing() -> None:
    assert whiteness(np.zeros((5, 2))) is None
    assert whiteness(np.full((500, 2), np.nan)) is None


def test_nis_of_an_exact_twin_lies_within_its_range() -> None:
    """Second route: the worker's smoothing, x += (NIS − x)/32, run on χ² draws of 8 sensors."""
    rng = np.random.default_rng(3)
    draws = rng.chisquare(1, size=(40_000, 8)).mean(axis=1)
    x, inside, low_high = 1.0, 0, nis_range(8, 32.0)
    for n, nis in enumerate(draws):
        x += (nis - x) / 32.0
        inside += n >= 200 and low_high[0] <= x <= low_high[1]
    assert inside / (len(draws) - 200) == pytest.approx(0.95, abs=0.01)


def test_only_what_is_beyond_three_periods_is_a_gap() -> None:
    times = np.array([0, 1, 4, 8]) * MINUTE
    assert gaps_s(times, 60.0) == 240.0
