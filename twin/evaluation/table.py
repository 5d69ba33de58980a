"""Scores as lines to read: the twin beside its trivial baselines, a block a subset."""

from typing import Any

__all__ = ["score_lines"]

ROWS = (
    ("RMSE, truth capped at 125", "rmse_capped", 2),
    ("RMSE, uncapped", "rmse_uncapped", 2),
    ("NASA score", "nasa_score", 0),
    ("RMSE, cross-validated by engine", "cv_rmse", 2),
    ("P(≤ 30) ROC-AUC", "p30_roc_auc", 4),
    ("P(≤ 30) PR-AUC", "p30_pr_auc", 4),
    ("P(≤ 30) Brier", "brier", 4),
    ("P(≤ 30) ECE", "ece", 4),
    ("80 % band covers", "coverage_80", 3),
    ("95 % band covers", "coverage_95", 3),
)
POLICIES = ("run_to_failure", "fixed_age", "fixed_age_in_hindsight")


def score_lines(scores: dict[str, dict[str, Any]]) -> list[str]:
    """Lines of a table for `evaluate`'s answer."""
    lines: list[str] = []
    for subset, found in scores.items():
        lines += [*_block(subset, found), ""]
    return lines[:-1]


def _block(subset: str, found: dict[str, Any]) -> list[str]:
    trivial = found["baselines"]
    bands, policy = trivial["interval_of_training_lives"], trivial["policy_cost_ratio"]
    lines = [f"{subset:32}{'twin':>10}{'constant':>12}{'age alone':>12}"]
    for name, key, digits in ROWS:
        age = trivial["age_alone"].get(key, bands.get(key))
        cells = (found[key], trivial["constant"].get(key), age)
        widths = (10, 12, 12)
        texts = [f"{_number(c, digits):>{w}}" for c, w in zip(cells, widths, strict=True)]
        lines.append(f"{name:32}" + "".join(texts))
    low, high = found["rmse_capped_ci"]
    lines.append(f"95 % of bootstrapped RMSE within {low:.2f} … {high:.2f}")
    others = ", ".join(f"{name.replace('_', ' ')} {policy[name]:.2f}" for name in POLICIES)
    lines.append(f"policy cost against oracle {found['policy_cost_ratio']:.3f} ({others})")
    published = found["published_rmse_capped"].items()
    lines.append("published RMSE: " + ", ".join(f"{name} {value:.2f}" for name, value in published))
    lines.append(f"{found['coefficients']} coefficients, fitted in {found['fit_s']:.1f} s")
    return lines


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
