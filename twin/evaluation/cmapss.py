"""Score the twin on NASA's C-MAPSS turbofans: every figure beside a trivial baseline.

Protocol. Learn from the training engines, which ran to failure; predict the test engines, which
were cut off. Remaining life is compared at each test engine's last row, truth capped at 125 cycles
(`rmse_capped`, `nasa_score`, coverage of the bands) and uncapped. P(failure within 30 cycles) is
scored on every row of every test engine (its truth follows from the last row's), and on last rows.
Cross-validation leaves out engines, never rows, and learns everything again, conditions and noise
included; the maintenance policy is costed on those out-of-fold predictions. No choice is made on
the test engines, nothing is set per subset.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.calibration import coverage, pit
from twin.errors import DataError
from twin.evaluation.baselines import baselines
from twin.evaluation.metrics import bootstrap_interval, nasa_score, pr_auc, rmse
from twin.evaluation.policy import policy_ratios
from twin.evaluation.predictions import (
    EVERY_ROW,
    FOLDS,
    SOON,
    Predictions,
    cross_validate,
    predict,
    scores_soon,
)
from twin.modelfile import ClassModel
from twin.pipeline.learning.engines import fit_engines
from twin.sources.cmapss import read_engines, read_rul, subsets_in

__all__ = [
    "EVERY_ROW",
    "FOLDS",
    "PUBLISHED",
    "cross_validate",
    "evaluate",
    "predict",
    "scores_on_test_engines",
]

Ints = NDArray[np.int64]
Progress = Callable[[str], None]

PUBLISHED: dict[str, dict[str, float]] = {
    "FD001": {"CNN (Babu 2016)": 18.45, "LSTM (Zheng 2017)": 16.14, "DCNN (Li 2018)": 12.61},
    "FD002": {"CNN (Babu 2016)": 30.29, "LSTM (Zheng 2017)": 24.49, "DCNN (Li 2018)": 22.36},
    "FD003": {"CNN (Babu 2016)": 19.82, "LSTM (Zheng 2017)": 16.18, "DCNN (Li 2018)": 12.64},
    "FD004": {"CNN (Babu 2016)": 29.16, "LSTM (Zheng 2017)": 28.17, "DCNN (Li 2018)": 23.31},
}
"""Published test RMSE, truth capped."""


def evaluate(
    data_dir: Path, subset: str | None = None, progress: Progress | None = None
) -> dict[str, dict[str, Any]]:
    """Figures of one subset, or of all whose files are in data_dir. Raises DataError."""
    subsets = [subset] if subset else subsets_in(data_dir)
    if not subsets:
        raise DataError(f"{data_dir}: no C-MAPSS files, want train_, test_ and RUL_FD00x.txt[.gz]")
    return {name: _evaluate_subset(data_dir, name, progress or _silent) for name in subsets}


def _evaluate_subset(data_dir: Path, subset: str, progress: Progress) -> dict[str, Any]:
    train, test = read_engines(data_dir, subset, "train"), read_engines(data_dir, subset, "test")
    left = read_rul(data_dir, subset)
    if len(left) != len(test):
        raise DataError(f"{subset}: got {len(left)} true lives, want {len(test)}, one an engine")
    progress(f"{subset}: fit")
    began = time.perf_counter()
    model = fit_engines(train)
    fit_s = time.perf_counter() - began
    progress(f"{subset}: predict")
    every = predict(model, test, left)
    folds, fold = cross_validate(train, lambda _: progress(f"{subset}: cross-validate"))
    policy = _policy(folds, fold)
    return scores_on_test_engines(every) | {
        "cv_rmse": rmse(folds.rul - folds.capped),
        "cv_p30_pr_auc": pr_auc(folds.p_soon, folds.truth <= SOON),
        "policy_cost_ratio": policy["rule"],
        "policy_failures": policy["rule_failures"],
        "fit_s": fit_s,
        "coefficients": _n_coefficients(model),
        "growth_per_cycle": model.fitted["growth_per_step"],
        "whiteness": model.fitted["whiteness"],
        "baselines": baselines(train, every, _last_rows(every), folds, fold)
        | {"policy_cost_ratio": policy},
        "published_rmse_capped": PUBLISHED.get(subset, {}),
    }


def scores_on_test_engines(every: Predictions) -> dict[str, Any]:
    """Figures of what was said at every row of the test engines: all that need no folds."""
    last = _last_rows(every)
    return _remaining_life(last) | _soon(every, last) | _bands(every, last)


def _last_rows(every: Predictions) -> Predictions:
    return every.at(np.append(every.engine[1:] != every.engine[:-1], True))


def _remaining_life(last: Predictions) -> dict[str, Any]:
    error = last.rul - last.capped
    return {
        "rmse_capped": rmse(error),
        "rmse_uncapped": rmse(last.rul - last.truth),
        "rmse_capped_ci": bootstrap_interval(lambda i: rmse(error[i]), len(error)),
        "nasa_score": nasa_score(last.nasa - last.capped),
        "nasa_score_of_mean": nasa_score(error),
    }


def _soon(every: Predictions, last: Predictions) -> dict[str, Any]:
    """P(≤ 30): on all test rows, and again on last rows, which are few."""
    out: dict[str, Any] = {"p30_rows": len(every.truth)}
    out |= scores_soon(every.p_soon, every.truth <= SOON)
    lasts = scores_soon(last.p_soon, last.truth <= SOON)
    return out | {f"{key}_last_row": value for key, value in lasts.items()}


def _bands(every: Predictions, last: Predictions) -> dict[str, float]:
    """Coverage of the RUL bands on last rows, beside the RMSE, and on all rows; and the PIT's
    distance from uniform on last rows within the horizon of the forecast."""
    out = {}
    for suffix, rows in (("", last), ("_all_rows", every)):
        low80, high80, low95, high95 = rows.bands.T
        out["coverage_80" + suffix] = coverage(low80, high80, rows.capped)
        out["coverage_95" + suffix] = coverage(low95, high95, rows.capped)
    u = np.random.default_rng(0).random(len(last.truth))
    uniform = np.sort(pit(last.cdf[:, 0], last.cdf[:, 1], u))
    steps = (np.arange(len(uniform)) + 0.5) / len(uniform)
    out["pit_distance"] = float(np.abs(uniform - steps).max())
    return out


def _policy(folds: Predictions, fold: Ints) -> dict[str, float]:
    cuts = np.flatnonzero(np.diff(folds.engine)) + 1
    risk = np.split(folds.step_risk, cuts)
    life = np.array([len(r) for r in risk], dtype=np.float64)
    return policy_ratios(risk, life, fold)


def _n_coefficients(model: ClassModel) -> int:
    hazard = model.hazard()
    return 0 if hazard is None else int(hazard.coef.size)


def _silent(_stage: str) -> None:
    return None
