"""Until when a machine that failed is expected to stand: the mean of what is left of its repair,
given how long it has lasted.

Where the store holds enough repairs of the machine's class, they are the distribution:

    E[D − t | D > t] = mean of d − t over the past repairs d > t

Where hardly any took that long, or few are known, D is taken for exponential beyond t, which has no
memory: what is left is the mean again, of the past repairs or else the class's unplanned hours. Up
to those hours a repair of a class without a past is taken to last just them. Repairs under way are
not among the past ones.
Source: mean residual life, e.g. Barlow & Proschan (1975), Statistical Theory of Reliability, ch. 3.
"""

from collections.abc import Sequence

from twin.pipeline.planning.horizon import BUCKET, TICK_US
from twin.pipeline.planning.situation import Situation
from twin.pipeline.services import HOUR_US

__all__ = ["mean_left_h", "repair_expected"]

LEAST_KNOWN, LEAST_LONGER = 5, 3
"""Past repairs from which their distribution counts; and those of them that took longer."""
QUARTER_US = BUCKET * TICK_US


def mean_left_h(lasted_h: float, past_h: Sequence[float], usual_h: float) -> float:
    """Hours that a repair is expected to take still. past_h: what repairs of the class took."""
    if len(past_h) < LEAST_KNOWN:
        return usual_h - lasted_h if lasted_h < usual_h else usual_h
    left = [d - lasted_h for d in past_h if d > lasted_h]
    known = left if len(left) >= LEAST_LONGER else list(past_h)
    return sum(known) / len(known)


def repair_expected(situation: Situation, machine_id: str, since_us: int) -> int:
    """Until when a machine that failed then is expected to stand, µs UTC, a quarter of an hour."""
    plant = situation.plant
    machine = next(m for m in plant.machines if m.id == machine_id)
    past_h = situation.repairs_h.get(machine.class_id, ())
    lasted_h = max(0, situation.now_us - since_us) / HOUR_US
    left_h = mean_left_h(lasted_h, past_h, plant.costs_of(machine).unplanned_h)
    until = max(situation.now_us, since_us) + round(left_h * HOUR_US)
    return -(-until // QUARTER_US) * QUARTER_US
