"""When a limit is passed: against the closed form for Brownian motion with drift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import invgauss

from twin.core.passage import passage_by, passage_quantile

LEAD = np.linspace(0.0, 200.0, 4001)


@pytest.mark.parametrize("drift", [0.3, 1.0])
def test_the_chance_is_a_lower_bound_of_the_exact_one_and_near_it_with_drift(drift):
    limit, sd = 20.0, 0.5 * np.sqrt(LEAD)
    got = passage_by(drift * LEAD, sd, limit, True)
    mu, scale = limit / drift, limit**2 / 0.25
    exact = invgauss.cdf(LEAD, mu / scale, scale=scale)  # first passage of a Wiener process
    assert (got <= exact + 1e-12).all()
    assert np.abs(got - exact).max() < 0.05
    for q in (0.1, 0.5, 0.9):
        at = passage_quantile(LEAD, got, q)
        assert at == pytest.approx(invgauss.ppf(q, mu / scale, scale=scale), rel=0.06)


def test_a_certain_level_passes_when_it_does():
    chance = passage_by(LEAD * 0.5, np.zeros(len(LEAD)), 30.0, True)
    assert passage_quantile(LEAD, chance, 0.5) == pytest.approx(60.0, abs=0.06)
    assert passage_quantile(LEAD, passage_by(-LEAD, 0 * LEAD, 30.0, True), 0.1) == np.inf


@given(st.floats(-3, 3), st.floats(0.1, 5), st.floats(-10, 10))
def test_down_is_up_in_a_mirror(drift, width, limit):
    sd = width * np.sqrt(1.0 + LEAD[:200])
    up = passage_by(drift * LEAD[:200], sd, limit, True)
    down = passage_by(-drift * LEAD[:200], sd, -limit, False)
    np.testing.assert_allclose(up, down)
    assert (np.diff(up) >= 0).all()
