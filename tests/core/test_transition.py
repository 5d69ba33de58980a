import numpy as np
import pytest
from filterpy.common import Q_continuous_white_noise, van_loan_discretization
from hypothesis import given
from hypothesis import strategies as st
from textbook import van_loan

from twin.core.transition import near, transition, trend_matrices


@given(
    growth=st.floats(-0.5, 0.5),
    dt=st.floats(1e-6, 20.0),
    q_level=st.floats(1e-6, 2.0),
    q_slope=st.floats(1e-3, 2.0),
)
def test_closed_form_equals_the_matrix_exponential_of_van_loan(growth, dt, q_level, q_slope):
    F, Q = trend_matrices(growth, q_level, q_slope, dt)
    want_F, want_Q = van_loan(growth, q_level, q_slope, dt)
    error = 1e-12 * np.exp(abs(growth) * dt)  # expm's, of the numbers that are largest on the way
    np.testing.assert_allclose(F, want_F, rtol=1e-9, atol=error)
    np.testing.assert_allclose(Q, want_Q, rtol=1e-8, atol=1e-9 * np.abs(want_Q).max())


@pytest.mark.parametrize("dt", [1e-3, 0.5, 1.0, 37.0])
def test_without_growth_q_is_filterpys_white_noise_model(dt):
    _, Q = trend_matrices(0.0, 0.0, 0.7, dt)
    np.testing.assert_allclose(Q, Q_continuous_white_noise(2, dt, 0.7), rtol=1e-13)


def test_with_growth_f_and_q_are_filterpys_van_loan():
    F, Q = trend_matrices(0.03, 0.0, 0.7, 1.5)
    want_F, want_Q = van_loan_discretization(
        np.array([[0.0, 1.0], [0.0, 0.03]]), np.array([[0.0], [np.sqrt(0.7)]]), 1.5
    )
    np.testing.assert_allclose(F, want_F, rtol=1e-12)
    np.testing.assert_allclose(Q, want_Q, rtol=1e-10)


@pytest.mark.parametrize("x", [1 / 64, 0.5])
def test_nothing_jumps_where_the_series_change_over(x):
    inside, outside = transition(x, 1.0 - 1e-13), transition(x, 1.0 + 1e-13)
    np.testing.assert_allclose(inside, outside, rtol=1e-12)


def test_q_keeps_all_its_digits_at_tiny_growth():
    """For g → 0: ∫a² = Δ³/3 (1 + ¾·gΔ + …), by hand from the series of (e^y − 1)²."""
    for growth in (1e-12, 1e-9, 1e-6):
        assert transition(growth, 1.0)[2] == pytest.approx((1 + 0.75 * growth) / 3, rel=1e-11)


def test_two_short_steps_are_one_long_one():
    F1, Q1 = trend_matrices(0.02, 0.1, 0.2, 0.7)
    F2, Q2 = trend_matrices(0.02, 0.1, 0.2, 1.9)
    F, Q = trend_matrices(0.02, 0.1, 0.2, 2.6)
    np.testing.assert_allclose(F2 @ F1, F, rtol=1e-13)
    np.testing.assert_allclose(F2 @ Q1 @ F2.T + Q2, Q, rtol=1e-12)


def test_years_of_silence_stay_finite():
    assert np.isfinite(transition(0.03, 1e6)).all()


def test_many_steps_at_once_equal_one_at_a_time():
    dt = np.linspace(0, 1.5, 50)
    want = np.array([transition(0.01, d) for d in dt]).T
    np.testing.assert_allclose(near(0.01, dt), want, rtol=1e-15)
