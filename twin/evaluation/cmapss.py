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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.calibration import brier, coverage, expected_calibration_error, pit
from twin.core.hazard import failure_probability, outlook, rul_mean, rul_quantile
from twin.errors import DataError, ModelError
from twin.evaluation.metrics import (
    bootstrap_interval,
    nasa_point,
    nasa_score,
    pr_auc,
    rmse,
    roc_auc,
)
from twin.evaluation.policy import LEAD, policy_ratios
from twin.modelfile import ClassModel
from twin.pipeline.engines import HORIZON, engine_class, engine_lives, fit_engines
from twin.pipeline.learn import landmarks
from twin.pipeline.servicing import step_risk
from twin.sources.cmapss import Engine, read_engines, read_rul, subsets_in

__all__ = ["PUBLISHED", "Predictions", "cross_validate", "evaluate", "predict"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str], None]

SOON = 30.0
FOLDS = 5
EVERY_ROW = 10**9
PUBLISHED: dict[str, dict[str, float]] = {
    "FD001": {"CNN (Babu 2016)": 18.45, "LSTM (Zheng 2017)": 16.14, "DCNN (Li 2018)": 12.61},
    "FD002": {"CNN (Babu 2016)": 30.29, "LSTM (Zheng 2017)": 24.49, "DCNN (Li 2018)": 22.36},
    "FD003": {"CNN (Babu 2016)": 19.82, "LSTM (Zheng 2017)": 16.18, "DCNN (Li 2018)": 12.64},
    "FD004": {"CNN (Babu 2016)": 29.16, "LSTM (Zheng 2017)": 28.17, "DCNN (Li 2018)": 23.31},
}
"""Published test RMSE, truth capped."""


class Predictions(NamedTuple):
    """What was said at each row (R,) of some engines, and what is known to have come."""

    engine: Ints
    """Place of the engine in the list."""
    age: Array
    truth: Array
    """Cycles left, uncapped."""
    rul: Array
    nasa: Array
    """The prediction that the NASA score rewards."""
    p_soon: Array
    """P(failure within 30 cycles)."""
    step_risk: Array
    """P(failure in the cycle after the maintenance lead time | alive until then)."""
    bands: Array
    """(R, 4) whole cycles: 80 % band, 95 % band; 125 stands for beyond."""
    cdf: Array
    """(R, 2) P(T ≤ truth), P(T < truth)."""

    def at(self, rows: NDArray[Any]) -> "Predictions":
        """The same at some rows only."""
        return Predictions(*(part[rows] for part in self))

    @property
    def capped(self) -> Array:
        """Truth as the literature caps it."""
        return np.minimum(self.truth, HORIZON)


def evaluate(
    data_dir: Path, subset: str | None = None, progress: Progress | None = None
) -> dict[str, dict[str, Any]]:
    """Figures of one subset, or of all whose files are in data_dir. Raises DataError."""
    subsets = [subset] if subset else subsets_in(data_dir)
    if not subsets:
        raise DataError(f"{data_dir}: no C-MAPSS files, want train_, test_ and RUL_FD00x.txt[.gz]")
    return {name: _evaluate_subset(data_dir, name, progress or _silent) for name in subsets}


def predict(model: ClassModel, engines: Sequence[Engine], left: Array) -> Predictions:
    """Run the twin over engines (by its one filter) and say what it would have said at each row.

    left (N,): cycles each engine still had after its last row. Raises ModelError without a hazard.
    """
    hazard = model.hazard()
    if hazard is None:
        raise ModelError(f"class {model.class_id!r}: the model has no hazard")
    lives = engine_lives(engines, failed=False)
    marks = landmarks(model.trend(engine_class()), lives, EVERY_ROW)
    truth = marks.lead + left[marks.machine]
    future = outlook(hazard, marks.level, marks.slope, marks.age)
    edges = hazard.edges
    cycles = np.arange(HORIZON + 1)
    survival = 1.0 - failure_probability(future, edges, cycles)
    quantiles = [rul_quantile(future, edges, q) for q in (0.1, 0.9, 0.025, 0.975)]
    at = np.minimum(truth, HORIZON).astype(np.int64)
    row = np.arange(len(truth))
    cdf = 1.0 - np.column_stack([survival[row, at], survival[row, np.maximum(at - 1, 0)]])
    cdf[truth > HORIZON, 0] = 1.0
    return Predictions(
        engine=marks.machine,
        age=marks.age,
        truth=truth,
        rul=rul_mean(future, edges),
        nasa=nasa_point(survival, np.arange(0.0, HORIZON + 0.5, 0.5)),
        p_soon=failure_probability(future, edges, [SOON])[:, 0],
        step_risk=step_risk(future, edges, LEAD),
        bands=np.minimum(np.ceil(np.column_stack(quantiles)), HORIZON),
        cdf=cdf,
    )


def cross_validate(
    engines: Sequence[Engine], progress: Progress | None = None
) -> tuple[Predictions, Ints]:
    """Out-of-fold predictions of engines run to failure, and each engine's fold (N,)."""
    n_folds = min(FOLDS, len(engines))
    fold = np.random.default_rng(0).permutation(len(engines)) % n_folds
    parts = []
    for f in range(n_folds):
        rest = [engines[i] for i in np.flatnonzero(fold != f).tolist()]
        mine = np.flatnonzero(fold == f)
        model = fit_engines(rest, report=False)
        found = predict(model, [engines[i] for i in mine.tolist()], np.zeros(len(mine)))
        parts.append(found._replace(engine=mine[found.engine]))
        (progress or _silent)("fold")
    joined = Predictions(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return joined.at(np.lexsort([joined.age, joined.engine])), fold


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
    last = every.at(np.append(every.engine[1:] != every.engine[:-1], True))
    policy = _policy(folds, fold)
    out = _remaining_life(last) | _soon(every, last) | _bands(every, last)
    out |= {
        "cv_rmse": rmse(folds.rul - folds.capped),
        "cv_p30_pr_auc": pr_auc(folds.p_soon, folds.truth <= SOON),
        "policy_cost_ratio": policy["rule"],
        "policy_failures": policy["rule_failures"],
        "fit_s": fit_s,
        "coefficients": _n_coefficients(model),
        "growth_per_cycle": model.fitted["growth_per_step"],
        "whiteness": model.fitted["whiteness"],
        "baselines": _baselines(train, every, last, folds, fold) | {"policy_cost_ratio": policy},
        "published_rmse_capped": PUBLISHED.get(subset, {}),
    }
    return out


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
    out |= _scores_soon(every.p_soon, every.truth <= SOON)
    lasts = _scores_soon(last.p_soon, last.truth <= SOON)
    return out | {f"{key}_last_row": value for key, value in lasts.items()}


def _scores_soon(p: Array, happened: NDArray[np.bool_]) -> dict[str, float | None]:
    """Scores of probabilities (R,); areas under curves are None where all or none failed."""
    both = bool(happened.any() and not happened.all())
    return {
        "p30_roc_auc": roc_auc(p, happened) if both else None,
        "p30_pr_auc": pr_auc(p, happened) if both else None,
        "brier": brier(p, happened),
        "ece": expected_calibration_error(p, happened),
    }


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


def _baselines(
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
            **_scores_soon(np.full(len(happened), base_rate), happened),
        },
        "age_alone": {
            "rmse_capped": rmse(by_age - last.capped),
            "rmse_uncapped": rmse(by_age - last.truth),
            "nasa_score": nasa_score(by_age - last.capped),
            "cv_rmse": rmse(cv_age - folds.capped),
            **_scores_soon(age_risk, happened),
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


def _n_coefficients(model: ClassModel) -> int:
    hazard = model.hazard()
    return 0 if hazard is None else int(hazard.coef.size)


def _silent(_stage: str) -> None:
    return None
