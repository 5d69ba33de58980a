"""What screens show of the record: scores by class, horizon and version, in a few documents.

scores     class → horizon → "all" or version → scores of that tally
bands      class → "all" or version → where failures fell on the life curves
held       class → how many of the last dated forecasts held
episodes   failures with what was said before; dated forecasts, open and closed
left       what was not scored, and why; when the next forecasts are due
proposals  class → what a person may do about a model that has left its limits
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.platt_clusters import PlattFit, platt_of_clusters
from twin.core.verification import (
    N_PARTS,
    Scores,
    new_tally,
    scores_of,
    skill_interval,
    weights_of,
    wilson,
)
from twin.core.view import HORIZONS
from twin.pipeline.scorer.episodes import Episodes
from twin.pipeline.scorer.sums import PLACES, WEEK_US, Sums

__all__ = [
    "ALL",
    "Outcomes",
    "bands_document",
    "episodes_document",
    "outcomes_of",
    "scores_document",
]

ALL = "all"
LEAST_FAILURES = 10
"""Below so many failures scores are shown as provisional."""
Array = NDArray[np.float64]


class Outcomes:
    """One class, horizon and version (or all): its tally, and counts by machine weighted as the
    tally's are."""

    def __init__(self, sums: Sums, class_id: str, horizon: str, version: int | None) -> None:
        def is_own(key: tuple[Any, ...]) -> bool:
            return key[:2] == (class_id, horizon) and version in (None, key[2])

        keys = [key for key in sums.tallies if is_own(key)]
        self.tally: Array = sum((sums.tallies[key] for key in keys), start=new_tally())
        self.weeks = _by_week(sums, keys)
        machines: dict[str, Array] = {}
        self.failures = 0
        for place in [key for key in sums.machines if is_own(key)]:
            for machine_id, counts in sums.machines[place].items():
                machines[machine_id] = machines.get(machine_id, 0.0) + counts
            self.failures += sum(n for n, _ in sums.failures.get(place, {}).values())
        self.scores: Scores = scores_of(self.tally)
        empty = np.zeros((0, len(self.tally), 2))
        self.ids = sorted(machines)
        counts = np.stack([machines[i] for i in self.ids]) if machines else empty
        w_failed, w_ran = weights_of(self.tally)
        n = self.tally[:, :N_PARTS, 0]
        mean = np.divide((w_failed * n).sum(1), n.sum(1), out=np.ones(len(n)), where=n.sum(1) > 0)
        self.failed, self.ran = counts[..., 0] * mean, counts[..., 1] * w_ran
        """(C, B) weighted counts of machines that have been scored."""
        self.raw = counts.sum(axis=2)

    @property
    def x(self) -> Array:
        """Logit of what was said in each bin; 0 where nothing was."""
        p = np.clip(np.nan_to_num(self.scores.forecast, nan=0.5), 1e-6, 1 - 1e-6)
        return np.asarray(np.log(p) - np.log1p(-p))

    @property
    def p(self) -> Array:
        return np.nan_to_num(self.scores.forecast, nan=0.5)

    def platt(self) -> PlattFit:
        return platt_of_clusters(self.x, self.failed, self.ran)

    def windows(self, steps: float) -> Array:
        """Horizons (B,) that do not overlap, of one machine each: what an interval may count."""
        return np.asarray(np.where(self.raw > 0, np.maximum(1.0, self.raw / steps), 0.0).sum(0))


def outcomes_of(sums: Sums, class_id: str, horizon: str, version: int | None = None) -> Outcomes:
    """What happened of a class's forecasts at a horizon; version None: of all versions."""
    return Outcomes(sums, class_id, horizon, version)


def scores_document(
    sums: Sums, class_id: str, horizons_h: dict[str, float], step_h: float
) -> dict[str, Any]:
    """Horizon → version or "all" → scores."""
    out: dict[str, Any] = {}
    for horizon in HORIZONS:
        versions = sorted({k[2] for k in sums.tallies if k[:2] == (class_id, horizon)})
        steps = max(1.0, horizons_h[horizon] / step_h)
        chosen: list[int | None] = [None, *versions] if versions else []
        out[horizon] = {
            ALL if v is None else str(v): _scores(outcomes_of(sums, class_id, horizon, v), steps)
            for v in chosen
        }
    return out


def bands_document(sums: Sums, class_id: str) -> dict[str, Any]:
    """Version or "all" → counts of PLACES, mean width in hours, weights of the PIT's tenths."""
    own = {v: band for (c, v), band in sums.bands.items() if c == class_id}
    if not own:
        return {}
    whole: dict[str, Any] = {name: sum(b[name] for b in own.values()) for name in PLACES}
    whole["width_h"] = sum(b["width_h"] for b in own.values())
    whole["pit"] = np.sum([b["pit"] for b in own.values()], axis=0).tolist()
    out = {str(v): _band(band, _late_weights(sums, class_id, v)) for v, band in own.items()}
    return {ALL: _band(whole, _late_weights(sums, class_id, None))} | out


def _late_weights(sums: Sums, class_id: str, version: int | None) -> Array:
    """Weights (K,) of failures by the part of the longest horizon in which they came."""
    tally = outcomes_of(sums, class_id, HORIZONS[-1], version).tally
    n = tally[:, :N_PARTS, 0]
    weighted = (weights_of(tally)[0] * n).sum(0)
    out: Array = np.divide(weighted, n.sum(0), out=np.ones(N_PARTS), where=n.sum(0) > 0)
    return out


def _band(band: dict[str, Any], weights: Array) -> dict[str, Any]:
    decided = sum(band[name] for name in ("below", "inside", "above"))
    width = _number(band["width_h"] / decided) if decided else None
    pit = [_number(x) for x in weights @ np.array(band["pit"], dtype=np.float64)]
    return {name: band[name] for name in PLACES} | {"width_h": width, "pit": pit}


def _scores(found: Outcomes, steps: float) -> dict[str, Any]:
    s, platt = found.scores, found.platt()
    lo, hi = skill_interval(found.p, found.failed, found.ran)
    windows = found.windows(steps)
    return {
        "n": int(s.n),
        "censored": int(s.n_censored),
        "hits": int(s.n_failed),
        "failures": found.failures,
        "machines": platt.clusters,
        "provisional": found.failures < LEAST_FAILURES,
        "base": _number(s.base_rate),
        "brier": _number(s.brier),
        "brier_base": _number(s.brier_base),
        "skill": [_number(s.skill), _number(lo), _number(hi)],
        "log": _number(s.log_score),
        "platt": [_number(x) for x in (platt.a, platt.b, platt.b_lo, platt.b_hi)],
        "bins": _bins(s, windows),
        "weeks": found.weeks,
    }


def _bins(s: Scores, windows: Array) -> list[list[float | None]]:
    """[said, seen, lowest, highest, forecasts, windows] of every bin in which something was said
    and became known."""
    low, high = wilson(s.observed, windows)
    rows = np.column_stack([s.forecast, s.observed, low, high, s.said, windows])
    return [[_number(x) for x in row] for row in rows if np.isfinite(row[:4]).all()]


def _by_week(sums: Sums, keys: list[tuple[str, str, int, str]]) -> list[list[float | None]]:
    """[begin of the week µs, forecasts, Brier, Brier of the base rate], oldest first."""
    weeks: dict[int, Array] = {}
    for key in keys:
        if key[3].isdigit():
            week = int(key[3])
            weeks[week] = weeks.get(week, new_tally()) + sums.tallies[key]
    found = [(w, scores_of(tally)) for w, tally in sorted(weeks.items())]
    return [[w * WEEK_US, s.n, _number(s.brier), _number(s.brier_base)] for w, s in found]


def episodes_document(episodes: Episodes) -> dict[str, Any]:
    """Newest first."""
    failures = sorted(episodes.failures.values(), key=lambda f: -f["time"])
    closed = sorted(episodes.closed, key=lambda w: -w["time"])
    return {"failures": failures, "closed": closed, "open": len(episodes.open)}


def _number(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None
