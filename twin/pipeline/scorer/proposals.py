"""What may be done about a model that has left its limits; a person decides, nothing is done here.

Recalibration: Platt's slope of all horizons together is outside its range, and its 95 % interval,
by machine, excludes 1. The proposal says what the line would have changed on machines that it was
not learnt on. Refit: the ranges of remaining life hold clearly more or fewer than they say.
Source of the limits: twin.core.calibration.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.calibration import SLOPES
from twin.core.platt_clusters import cross_validated_brier, platt_of_clusters
from twin.core.verification import wilson
from twin.core.view import HORIZONS
from twin.pipeline.scorer.episodes import Episodes
from twin.pipeline.scorer.summary import Outcomes, outcomes_of
from twin.pipeline.scorer.sums import Sums

__all__ = ["LEAST_FAILURES", "LEAST_MACHINES", "RANGES", "proposal_of"]

LEAST_FAILURES = 20
LEAST_MACHINES = 5
RANGES = (0.7, 0.9)
"""An 80 % range that holds a share outside this needs another fit."""
Array = NDArray[np.float64]


def proposal_of(
    sums: Sums, episodes: Episodes, class_id: str, version: int, now_us: int
) -> dict[str, Any] | None:
    """What to do about this version of the class's model; None: nothing, or too little is known."""
    found = [outcomes_of(sums, class_id, horizon, version) for horizon in HORIZONS]
    failures = max(o.failures for o in found)
    if failures < LEAST_FAILURES:
        return None
    base = {"class": class_id, "version": version, "failures": failures, "made": now_us}
    line = _recalibration(found)
    if line is not None:
        return base | line
    refit = _refit(episodes, class_id, version)
    return None if refit is None else base | refit


def _recalibration(found: list[Outcomes]) -> dict[str, Any] | None:
    x, p, failed, ran = _pooled(found)
    fit = platt_of_clusters(x, failed, ran)
    is_off = not SLOPES[0] <= fit.b <= SLOPES[1] and not fit.b_lo <= 1.0 <= fit.b_hi
    if not is_off or fit.clusters < LEAST_MACHINES or fit.b <= 0:
        return None
    before, after = cross_validated_brier(p, x, failed, ran)
    if not after < before:
        return None
    numbers = {"a": fit.a, "b": fit.b, "b_lo": fit.b_lo, "b_hi": fit.b_hi}
    return {"kind": "recalibrate", "machines": fit.clusters, "before": before, "after": after} | {
        name: round(value, 4) for name, value in numbers.items()
    }


def _pooled(found: list[Outcomes]) -> tuple[Array, Array, Array, Array]:
    """All horizons side by side: x, p (H·B,); failed, ran (C, H·B), a row a machine."""
    ids = sorted({i for o in found for i in o.ids})

    def side_by_side(names: list[list[str]], parts: list[Array]) -> Array:
        out = [np.zeros((len(ids), part.shape[1])) for part in parts]
        for own, part, wide in zip(names, parts, out, strict=True):
            wide[[ids.index(i) for i in own]] = part
        return np.hstack(out)

    names = [o.ids for o in found]
    return (
        np.concatenate([o.x for o in found]),
        np.concatenate([o.p for o in found]),
        side_by_side(names, [o.failed for o in found]),
        side_by_side(names, [o.ran for o in found]),
    )


def _refit(episodes: Episodes, class_id: str, version: int) -> dict[str, Any] | None:
    own = [w for w in episodes.closed if (w["class"], w["version"]) == (class_id, version)]
    decided = [w for w in own if w["outcome"] in {"inside", "below", "above"}]
    if len(decided) < LEAST_FAILURES:
        return None
    share = sum(w["outcome"] == "inside" for w in decided) / len(decided)
    low, high = wilson(np.array([share]), np.array([float(len(decided))]))
    if RANGES[0] <= share <= RANGES[1] or low[0] <= 0.8 <= high[0]:
        return None
    return {"kind": "refit", "share": round(share, 3), "of": len(decided)}
