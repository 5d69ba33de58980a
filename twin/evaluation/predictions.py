"""What the twin says at every row of some engines, in and out of sample."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.calibration import brier, expected_calibration_error
from twin.core.hazard import failure_probability, outlook, rul_mean, rul_quantile
from twin.errors import ModelError
from twin.evaluation.metrics import nasa_point, pr_auc, roc_auc
from twin.evaluation.policy import LEAD
from twin.modelfile import ClassModel
from twin.pipeline.learning.engines import HORIZON, engine_class, engine_lives, fit_engines
from twin.pipeline.learning.learn import landmarks
from twin.pipeline.learning.servicing import step_risk
from twin.sources.cmapss import Engine

__all__ = ["EVERY_ROW", "FOLDS", "SOON", "Predictions", "cross_validate", "predict", "scores_soon"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str], None]

SOON = 30.0
"""Cycles within which a failure counts as soon."""
FOLDS = 5
EVERY_ROW = 10**9


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
        if progress is not None:
            progress("fold")
    joined = Predictions(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return joined.at(np.lexsort([joined.age, joined.engine])), fold


def scores_soon(p: Array, happened: NDArray[np.bool_]) -> dict[str, float | None]:
    """Scores of probabilities (R,); areas under curves are None where all or none failed."""
    both = bool(happened.any() and not happened.all())
    return {
        "p30_roc_auc": roc_auc(p, happened) if both else None,
        "p30_pr_auc": pr_auc(p, happened) if both else None,
        "brier": brier(p, happened),
        "ece": expected_calibration_error(p, happened),
    }
