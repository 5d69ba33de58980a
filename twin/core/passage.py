"""When a level passes a limit, from its mean and variance at each lead time.

    P(passed by t) ≈ max over τ ≤ t of P(level(τ) beyond the limit)

The exact chance of a first passage also counts paths that went beyond and came back; for a level
that drifts towards its limit those are few. So this is a lower bound, and its quantiles are, if
anything, late. Source: Siegmund (1986), Annals of Statistics 14:361, §1 (boundary crossing).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

__all__ = ["passage_by", "passage_quantile"]

Array = NDArray[np.float64]


def passage_by(mean: Array, sd: Array, limit: float, is_upper: bool) -> Array:
    """Chance (h,) that the limit was passed by each lead time; mean and sd (h,) of the level."""
    away = (mean - limit) if is_upper else (limit - mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.where(sd > 0, ndtr(away / sd), (away > 0).astype(np.float64))
    return np.maximum.accumulate(beyond)


def passage_quantile(lead: Array, chance: Array, q: float) -> float:
    """Lead time by which the chance (h,), rising, reaches q; inf where it never does.

    Linear between lead times; the first of them where it is reached there already.
    """
    at = int(np.searchsorted(chance, q, side="left"))
    if at == len(chance):
        return float("inf")
    if at == 0:
        return float(lead[0])
    part = (q - chance[at - 1]) / (chance[at] - chance[at - 1])
    return float(lead[at - 1] + part * (lead[at] - lead[at - 1]))
