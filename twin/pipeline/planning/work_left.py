"""What is left to do of a step of an order that is under way."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from twin.pipeline.planning.horizon import TICK_US, line_spans
from twin.pipeline.planning.situation import Situation
from twin.plant import Product

__all__ = ["ticks_left"]

DAY_US = 86_400_000_000
BACK_LEAST_US, BACK_MOST_US = 30 * DAY_US, 400 * DAY_US
WEEK_PER_SHIFT = 21
"""How far back the work of a step under way is counted: its own time on a line that is open eight
hours a week."""


def ticks_left(situation: Situation, order: Mapping[str, Any], product: Product, n: int) -> int:
    """Work that is left of a step under way: by the pieces done where they are told, else by the
    open time since it began in which its machine did not stand failed."""
    state, step, quantity = order["steps"][n], product.steps[n], float(order["quantity"])
    whole = step.minutes_for(quantity, state["machine"])
    if state.get("quantity_done"):
        done = min(quantity, float(state["quantity_done"]))
        fixed = step.minutes_for(0.0, state["machine"])
        return max(1, ceil((whole - fixed) * (1.0 - done / quantity)))
    machine = next(x for x in situation.plant.machines if x.id == state["machine"])
    until = min(situation.now_us, situation.failed_us.get(machine.id, situation.now_us))
    # Nothing can need to be looked at further back: it has long been worked through by now.
    back_us = min(BACK_MOST_US, max(BACK_LEAST_US, ceil(whole) * TICK_US * WEEK_PER_SHIFT))
    start = max(int(state["start"]), until - back_us)
    spans = line_spans(situation.plant, machine.line, start, until) if start < until else []
    worked = sum(b - a for a, b in spans) // TICK_US
    return max(1, ceil(whole) - worked)
