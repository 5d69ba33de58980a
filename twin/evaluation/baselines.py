"""What needs no twin: one number for all, and training engines of the same age."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.metrics import nasa_score, rmse
from twin.evaluation.predictions import SOON, Predictions, scores_soon
from twin.pipeline.learning.engines import HORIZON
from twin.sources.cmapss import Engine

__all__ = ["baselines"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def baselines(
    train: Sequence[Engine], every: Predictions, last: Predictions, folds: Predictions, fold: Ints
) -> dict[str, Any]:
    """What needs no twin: one number for all, and the mean of training engines of the same age."""
    ages = [np.arange(1, len(e.cycle) + 1) for e in train]
    lives = np.array([len(a) for a in ages])
    capped = np.concatenate([np.minimum(n - a, HORIZON) for a, n in zip(ages, lives, strict=True)])
    constant = np.full(len(last.truth), capped.mean())
    by_age = _mean_left(lives, last.age)
    base_rate = float(
        np.mean(np.concatenate([n - a <= SOON for a, n in zip(ages, lives, strict=True)]))
    )
    happened = every.truth <= SOON
    age_risk = _soon_by_age(lives, every.age)
    cv_age = np.concatenate(
        [
            _mean_left(np.delete(lives, np.flatnonzero(fold == fold[e])), np.arange(1.0, n + 1))
            for e, n in enumerate(lives)
        ]
    )
    return {
        "constant": {
            "rmse_capped": rmse(constant - last.capped),
            "rmse_uncapped": rmse(constant - last.truth),
            "nasa_score": nasa_score(constant - last.capped),
            "cv_rmse": float(capped.std()),
            **scores_soon(np.full(len(happened), base_rate), happened),
        },
        "age_alone": {
            "rmse_capped": rmse(by_age - last.capped),
            "rmse_uncapped": rmse(by_age - last.truth),
            "nasa_score": nasa_score(by_age - last.capped),
            "cv_rmse": rmse(cv_age - folds.capped),
            **scores_soon(age_risk, happened),
        },
        "interval_of_training_lives": _life_bands(lives, last),
    }


def _mean_left(lives: Ints, age: Array) -> Array:
    """Mean capped remaining life (R,) of the training lives that outlived each age."""
    left = np.clip(lives[None, :] - age[:, None], 0.0, HORIZON)
    alive = lives[None, :] > age[:, None]
    return np.asarray((left * alive).sum(1) / np.maximum(alive.sum(1), 1))


def _soon_by_age(lives: Ints, age: Array) -> Array:
    """Share of the training lives that outlived each age and ended within 30 cycles of it."""
    alive = lives[None, :] > age[:, None]
    soon = alive & (lives[None, :] - age[:, None] <= SOON)
    return np.asarray((soon.sum(1) + 0.5) / (alive.sum(1) + 1.0))


def _life_bands(lives: Ints, last: Predictions) -> dict[str, float]:
    """Coverage of bands read off training lives older than each engine."""
    out = {}
    for name, q in (("coverage_80", (0.1, 0.9)), ("coverage_95", (0.025, 0.975))):
        inside = []
        for age, truth in zip(last.age, last.capped, strict=True):
            left = lives[lives > age] - age
            low, high = np.quantile(np.minimum(left, HORIZON), q) if len(left) else (0.0, 0.0)
            inside.append(low <= truth <= high)
        out[name] = float(np.mean(inside))
    return out
