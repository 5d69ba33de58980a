"""Scores against brute force and hand-made numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.evaluation.metrics import (
    bootstrap_interval,
    nasa_point,
    nasa_score,
    pr_auc,
    rmse,
    roc_auc,
)


def test_nasa_score_by_hand():
    assert nasa_score(np.array([10.0])) == pytest.approx(np.e - 1)
    assert nasa_score(np.array([-13.0])) == pytest.approx(np.e - 1)
    assert nasa_score(np.array([0.0, 0.0])) == 0.0


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=4, max_size=40))
def test_roc_auc_is_the_share_of_pairs_in_order(pairs):
    score = np.array([float(s) for s, _ in pairs])
    positive = np.array([y for _, y in pairs])
    if positive.all() or not positive.any():
        return
    wins = [
        1.0 if a > b else 0.5 if a == b else 0.0 for a in score[positive] for b in score[~positive]
    ]
    assert roc_auc(score, positive) == pytest.approx(np.mean(wins))


def test_average_precision_by_hand():
    score, positive = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])
    assert pr_auc(score, positive) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert pr_auc(np.zeros(4), positive) == pytest.approx(0.5)


def test_nasa_point_is_the_best_of_all_candidates():
    rng = np.random.default_rng(0)
    survival = np.sort(rng.random((5, 20)), axis=1)[:, ::-1].copy()
    survival[:, 0] = 1.0
    candidates = np.arange(0.0, 19.5, 0.5)
    truth = np.minimum(np.arange(1, 21), 19)
    mass = np.column_stack([survival[:, :-1] - survival[:, 1:], survival[:, -1]])
    for n, got in enumerate(nasa_point(survival, candidates)):
        expected = [
            sum(m * nasa_score(np.array([c - t])) for m, t in zip(mass[n], truth, strict=True))
            for c in candidates
        ]
        assert got == candidates[int(np.argmin(expected))]


def test_bootstrap_interval_of_a_mean_is_the_normal_one():
    x = np.random.default_rng(1).normal(size=400)
    low, high = bootstrap_interval(lambda i: float(x[i].mean()), 400)
    half = 1.96 * x.std() / 20
    assert low == pytest.approx(x.mean() - half, abs=0.2 * half)
    assert high == pytest.approx(x.mean() + half, abs=0.2 * half)


def test_rmse_by_hand():
    assert rmse(np.array([3.0, -4.0])) == pytest.approx(np.sqrt(12.5))
