"""What policies cost on the same machines: figures, ratios to the clairvoyant, and honest notes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_score import Scored

__all__ = ["POLICIES", "policy_lines", "policy_report"]

POLICIES = ("run_to_failure", "fixed_interval", "threshold", "twin", "oracle")
FLOOR, TUNED, LEAST = "known_wear", "tuned", "attainable"
N_BOOTSTRAP = 2000


def policy_report(
    scored: Sequence[Mapping[str, Scored]], class_of: Sequence[str], least: Mapping[str, float]
) -> dict[str, Any]:
    """Figures by policy, a plant's mean; ratios to the oracle on the same machines.

    cost, downtime_h, tardiness_h, energy (money), energy_kwh, failures and services: of a plant in
    all its months. tardiness_h: by which standing machines made orders later. life_used: mean share
    of lives ended. cost_ratio_ci: 95 %, bootstrapped over pairs of machines of all plants. classes:
    the same ratios by class; twin: as it runs, with the limits that its model files hold; tuned:
    with limits chosen in training instead, as the interval is; known_wear: tuned too, and told the
    true wear; saving: of the twin against the best fixed interval, as a share, with its interval,
    and `expected`, the same with the failures that were to be expected on these lives in place of
    those that were drawn, on both sides (plant_risk: the mean is the same, chance has less part in
    it); attainable: what services and failures cost at least without knowing the draw, in the long
    run, by `least` of each class (plant_floor), and nothing_late: the same were no order ever late,
    to all that the clairvoyant costs; notes: where the twin is not better.
    """
    policies = {
        name: _figures([s[name] for s in scored], _ratio(scored, name)) for name in POLICIES
    }
    of_class, names = np.array(class_of), (*POLICIES, FLOOR, TUNED)
    classes = {
        c: {name: _class_figures(scored, name, of_class == c) for name in names}
        for c in sorted(set(class_of))
    }
    everyone = np.ones(len(of_class), bool)
    floor, tuned = (_class_figures(scored, name, everyone) for name in (FLOOR, TUNED))
    saving, floor["saving"], tuned["saving"] = (
        _saving(scored, name) for name in ("twin", FLOOR, TUNED)
    )
    attainable = _attainable(scored, of_class, least)
    for c, row in classes.items():
        row[LEAST] = {"cost_ratio": least[c]}
    notes = _notes(policies, classes, floor, tuned, attainable, saving)
    return {
        "policies": policies,
        "classes": classes,
        FLOOR: floor,
        TUNED: tuned,
        LEAST: attainable,
        "saving": saving,
        "notes": notes,
    }


def policy_lines(found: Mapping[str, Any]) -> list[str]:
    """The report as a table, and its notes."""
    lines = [
        f"{found['months']:g} months, {found['seeds']} plants; a plant's mean, cost to oracle's"
    ]
    head = ("cost", "ratio", "95 %", "failures", "down h", "late h", "energy", "life used")
    lines.append(f"{'':16}" + "".join(f"{name:>13}" for name in head))
    for name, row in found["policies"].items():
        low, high = row["cost_ratio_ci"]
        cells = [
            f"{row['cost']:.0f}",
            f"{row['cost_ratio']:.3f}",
            f"{low:.2f}–{high:.2f}",
            f"{row['failures']:.1f}",
            f"{row['downtime_h']:.0f}",
            f"{row['tardiness_h']:.0f}",
            f"{row['energy']:.0f}",
            f"{row['life_used']:.2f}",
        ]
        lines.append(f"{name:16}" + "".join(f"{cell:>13}" for cell in cells))
    return lines + [f"- {note}" for note in found["notes"]]


def _figures(scored: Sequence[Scored], ratio: tuple[float, float, float]) -> dict[str, Any]:
    sums = {name: sum(float(np.sum(getattr(s, name))) for s in scored) for name in Scored._fields}
    mean = {name: value / len(scored) for name, value in sums.items()}
    return {
        "cost": mean["cost"],
        "cost_ratio": ratio[0],
        "cost_ratio_ci": [ratio[1], ratio[2]],
        "failures": mean["failures"],
        "services": mean["services"],
        "downtime_h": mean["down_h"],
        "tardiness_h": mean["tardiness_h"],
        "energy": mean["energy"],
        "energy_kwh": mean["energy_kwh"],
        "life_used": sums["used"] / max(1.0, sums["lives"]),
    }


def _saving(scored: Sequence[Mapping[str, Scored]], name: str) -> dict[str, Any]:
    """Of a policy against the best fixed interval, as drawn and as to be expected."""
    evened = [
        {n: s[n]._replace(cost=s[n].cost + s[n].chance) for n in (name, "fixed_interval")}
        for s in scored
    ]
    drawn, expected = (_ratio(of, name, to="fixed_interval") for of in (scored, evened))
    found = [{"share": 1.0 - r[0], "ci": [1.0 - r[2], 1.0 - r[1]]} for r in (drawn, expected)]
    return found[0] | {"expected": found[1]}


def _ratio(
    scored: Sequence[Mapping[str, Scored]],
    name: str,
    who: NDArray[np.bool_] | None = None,
    to: str = "oracle",
) -> tuple[float, float, float]:
    """Cost over that of another, and its 95 % interval over pairs of machines."""
    mine, best = (
        np.concatenate([s[n].cost if who is None else s[n].cost[who] for s in scored])
        for n in (name, to)
    )
    draws = np.random.default_rng(1).integers(0, len(mine), (N_BOOTSTRAP, len(mine)))
    ratios = mine[draws].sum(axis=1) / np.maximum(best[draws].sum(axis=1), 1e-9)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(mine.sum() / max(best.sum(), 1e-9)), float(low), float(high)


def _class_figures(
    scored: Sequence[Mapping[str, Scored]], name: str, who: NDArray[np.bool_]
) -> dict[str, Any]:
    ratio, low, high = _ratio(scored, name, who)
    failures = sum(float(s[name].failures[who].sum()) for s in scored) / len(scored)
    return {"cost_ratio": ratio, "cost_ratio_ci": [low, high], "failures": failures}


def _attainable(
    scored: Sequence[Mapping[str, Scored]], of_class: NDArray[Any], least: Mapping[str, float]
) -> dict[str, float]:
    """The classes' least ratios together, each by what the clairvoyant spends on its machines."""
    best = [s["oracle"] for s in scored]
    whole = sum(float(s.cost.sum()) for s in best)
    spent = {c: sum(float((s.cost - s.late)[of_class == c].sum()) for s in best) for c in least}
    lowest = sum(least[c] * spent[c] for c in least)
    return {
        "cost_ratio": lowest / max(sum(spent.values()), 1e-9),
        "nothing_late": lowest / max(whole, 1e-9),
    }


def _notes(
    policies: Mapping[str, Any],
    classes: Mapping[str, Any],
    floor: Mapping[str, Any],
    tuned: Mapping[str, Any],
    attainable: Mapping[str, float],
    saving: Mapping[str, Any],
) -> list[str]:
    twin = policies["twin"]["cost_ratio"]
    notes = [
        f"the twin costs {twin:.2f} times the clairvoyant, want 1.15 or less",
        f"and {_percent(saving)} less than the best fixed interval, want 30 or more",
        f"{_percent(saving['expected'])} less with the failures that were to be expected on these "
        "lives in place of those that were drawn",
        f"told the true wear, the same planner would cost {floor['cost_ratio']:.2f} times the "
        "clairvoyant: failures are drawn by hazard, and nobody can know the draw",
        "the best rule that knows the wear but not the draw, with a crew always at hand, costs "
        f"{attainable['cost_ratio']:.2f} times the clairvoyant in services and failures, and "
        f"{attainable['nothing_late']:.2f} times all of it even were no order ever late",
        "with limits chosen on training seeds as the interval is, instead of those of its models, "
        f"the twin would cost {tuned['cost_ratio']:.2f} times the clairvoyant, "
        f"{_percent(tuned['saving'])} less than the interval, to be expected "
        f"{_percent(tuned['saving']['expected'])}",
    ]
    for class_id, row in classes.items():
        mine = row["twin"]["cost_ratio"]
        worse = [n for n in POLICIES[:3] if row[n]["cost_ratio"] <= mine]
        if worse:
            notes.append(f"{class_id}: the twin is not better than {', '.join(worse)}")
        elif mine > 0.7 * row["fixed_interval"]["cost_ratio"]:
            less = 100 * (1 - mine / row["fixed_interval"]["cost_ratio"])
            notes.append(f"{class_id}: only {less:.0f} % below the best fixed interval")
    notes.append("energy is that of the orders, which are the same: it is no part of the cost")
    return notes


def _percent(saving: Mapping[str, Any]) -> str:
    low, high = saving["ci"]
    return f"{100 * saving['share']:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
