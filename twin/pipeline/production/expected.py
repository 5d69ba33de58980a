"""What a day is expected to bring, with 80 % intervals: stops, and output lost to them."""

import numpy as np
from numpy.typing import NDArray

from twin.pipeline.worklist import MachineNow

__all__ = ["NO_LOSS", "expected_stops", "lost_output", "stops_interval"]

Z80 = 1.2815515655446004
NO_LOSS: dict[str, float | None] = {"percent": None, "lo": None, "hi": None}
"""Lost output where no machine's risk is known."""


def stops_interval(p: NDArray[np.float64], mass: float = 0.8) -> tuple[int, int]:
    """Central interval of the number of failures, each with its own probability p (N,).

    The exact Poisson-binomial distribution by convolution; beyond 10 sd it has no weight.
    """
    most = int(p.sum() + 10.0 * np.sqrt((p * (1 - p)).sum()) + 10.0)
    chance = np.zeros(min(most, len(p)) + 1)
    chance[0] = 1.0
    for each in p:
        chance[1:] = chance[1:] * (1.0 - each) + chance[:-1] * each
        chance[0] *= 1.0 - each
    tail = (1.0 - mass) / 2.0
    total = np.cumsum(chance)
    return int(np.searchsorted(total, tail)), int(np.searchsorted(total, 1.0 - tail))


def expected_stops(known: list[MachineNow]) -> dict[str, float | None]:
    """Failures expected within a day, and their 80 % interval; None where no risk is known."""
    if not known:
        return {"mean": None, "lo": None, "hi": None}
    p = np.array([float(now.row["p"][1]) for now in known])
    lo, hi = stops_interval(p)
    return {"mean": float(p.sum()), "lo": lo, "hi": hi}


def lost_output(known: list[MachineNow]) -> dict[str, float]:
    """Percent of a day's output lost to failures, and its 80 % interval (normal, from 0 up).

    A failure falls anywhere in the day; of a repair of d hours, d − d²/48 fall into it on average
    for d ≤ 24, and 12 for longer ones. Machines without a value of output count alike; what
    has failed is no longer a forecast.
    """
    worth = np.array([now.plant.costs_of(now.machine).output_per_h for now in known])
    worth = np.ones(len(worth)) if not worth.any() else worth
    p = np.nan_to_num(np.array([0.0 if n.is_failed else float(n.row["p"][1]) for n in known]))
    repair = np.array([now.plant.costs_of(now.machine).unplanned_h for now in known])
    inside = np.where(repair <= 24.0, repair - repair**2 / 48.0, 12.0)
    share = inside * worth / (24.0 * worth.sum())
    mean, sd = float(p @ share), float(np.sqrt((p * (1.0 - p)) @ share**2))
    lo, hi = max(0.0, mean - Z80 * sd), min(1.0, mean + Z80 * sd)
    return {"percent": 100.0 * mean, "lo": 100.0 * lo, "hi": 100.0 * hi}
