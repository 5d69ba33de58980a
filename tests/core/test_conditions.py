"""Regimes and answers to inputs are found in data made from known ones."""

import numpy as np

from twin.core.conditions import learn_conditions, nearest, normalise

RANGES = np.array([[0.0, 42.0], [0.0, 1.0]])


def test_six_settings_make_six_regimes_with_their_means():
    rng = np.random.default_rng(0)
    settings = np.array([[0, 0.0], [10, 0.25], [20, 0.7], [25, 0.62], [35, 0.84], [42, 0.84]])
    which = rng.integers(6, size=6000)
    u = settings[which] + rng.normal(0, 1e-3, (6000, 2))
    z = np.column_stack([100 * which, 5 * which]) + rng.normal(0, [1.0, 0.1], (6000, 2))
    found = learn_conditions(z, u, np.zeros(6000, dtype=int), RANGES, 24)
    assert len(found.centre) == 6
    place = nearest(found.centre, found.input_scale, settings)
    assert sorted(place.tolist()) == list(range(6))
    np.testing.assert_allclose(found.offset[place, 0], 100 * np.arange(6), atol=0.3)
    np.testing.assert_allclose(found.scale[:, 1], 0.1, rtol=0.1)
    assert not found.gain.any()
    again = learn_conditions(z, u, np.zeros(6000, dtype=int), RANGES, 24)
    np.testing.assert_array_equal(found.centre, again.centre)


def test_noise_about_one_setting_is_one_regime_without_gain():
    rng = np.random.default_rng(1)
    u = np.array([20.0, 0.5]) + rng.normal(0, [1e-3, 1e-4], (500, 2))
    found = learn_conditions(rng.normal(size=(500, 1)), u, np.zeros(500, dtype=int), RANGES, 24)
    assert found.centre.shape == (1, 2)
    assert not found.gain.any()


def test_answer_to_a_smooth_input_is_told_from_wear():
    rng = np.random.default_rng(2)
    n = 4000
    load = 20 + 15 * np.sin(np.arange(n) / 3) + rng.normal(0, 3, n)
    u = np.column_stack([load, np.full(n, 0.5)])
    wear = np.arange(n) / n * 50
    z = (wear + 2.0 * load + rng.normal(0, 1, n))[:, None]
    found = learn_conditions(z, u, np.zeros(n, dtype=int), RANGES, 24)
    assert len(found.centre) == 1
    np.testing.assert_allclose(found.gain[0, 0], [2.0, 0.0], atol=0.02)
    rest = normalise(found, z, u)[:, 0]
    assert abs(np.corrcoef(rest, load)[0, 1]) < 0.02
    assert np.corrcoef(rest, wear)[0, 1] > 0.99


def test_sensors_that_repeat_one_value_are_constant():
    rng = np.random.default_rng(3)
    flicker = np.where(rng.random(1000) < 0.02, 21.6, 21.61)
    z = np.column_stack([np.full(1000, 518.67), flicker, rng.normal(size=1000)])
    found = learn_conditions(
        z, np.zeros((1000, 0)), np.zeros(1000, dtype=int), np.zeros((0, 2)), 24
    )
    assert found.constant.tolist() == [True, True, False]
    assert np.all(found.scale > 0)


def test_missing_values_do_not_move_the_mean():
    z = np.array([[1.0], [np.nan], [3.0], [np.nan]])
    found = learn_conditions(z, np.zeros((4, 0)), np.zeros(4, dtype=int), np.zeros((0, 2)), 8)
    assert found.offset[0, 0] == 2.0
