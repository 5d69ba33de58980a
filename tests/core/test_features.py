"""Features by their definition, one machine at a time."""

import numpy as np

from twin.core.features import base_features, features, learn_features

RNG = np.random.default_rng(2)
LEVEL, SLOPE = RNG.normal(3, 2, (200, 4)), RNG.normal(0, 0.1, (200, 4))
AGE = RNG.uniform(0, 300, 200)
LANES = np.array([0, 1, 3])
MAP = learn_features(LEVEL, SLOPE, AGE, LANES, 2, 3)


def test_six_factors_make_twenty_one_products():
    assert features(MAP, LEVEL, SLOPE, AGE).shape == (200, MAP.size) == (200, 1 + 7 + 21)


def test_base_features_have_mean_zero_and_variance_one_over_the_fleet():
    z = base_features(MAP, LEVEL, SLOPE, AGE)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(0), 1, rtol=1e-12)


def test_factors_are_uncorrelated_levels_uncorrelated_slopes_and_age():
    scores = base_features(MAP, LEVEL, SLOPE, AGE) @ MAP.components
    np.testing.assert_allclose(np.cov(scores[:, :2].T, bias=True), np.eye(2), atol=1e-9)
    np.testing.assert_allclose(np.cov(scores[:, 2:5].T, bias=True), np.eye(3), atol=1e-9)
    age = np.log1p(AGE)
    np.testing.assert_allclose(scores[:, 5], (age - age.mean()) / age.std())


def test_products_are_pairs_of_factors_standardised():
    z = base_features(MAP, LEVEL, SLOPE, AGE)
    scores, x = z @ MAP.components, features(MAP, LEVEL, SLOPE, AGE)
    column = 8
    for i in range(6):
        for j in range(i, 6):
            raw = scores[:, i] * scores[:, j]
            np.testing.assert_allclose(x[:, column], (raw - raw.mean()) / raw.std(), atol=1e-9)
            column += 1


def test_levels_beyond_the_training_range_are_followed_only_a_little():
    far = base_features(MAP, LEVEL * 1e6, SLOPE, AGE)
    assert np.all(far >= MAP.low)
    assert np.all(far <= MAP.high)


def test_no_factors_leave_the_linear_terms():
    plain = learn_features(LEVEL, SLOPE, AGE, LANES, 0, 0)
    assert plain.size == 8
    x = features(plain, LEVEL, SLOPE, AGE)
    np.testing.assert_array_equal(x[:, 1:], base_features(plain, LEVEL, SLOPE, AGE))


def test_a_sensor_without_spread_does_no_harm():
    flat = LEVEL.copy()
    flat[:, 0] = 5.0
    x = features(learn_features(flat, SLOPE, AGE, LANES, 2, 3), flat, SLOPE, AGE)
    assert np.all(np.isfinite(x))
