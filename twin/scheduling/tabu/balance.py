"""How a flexible job shop's work is best spread over its machines, if work could be divided.

A linear programme, order left aside: it bounds the makespan of instances that have more work than
depth, and says which machines a good plan uses.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array

from twin.scheduling.jobshop_graph import Shop

__all__ = ["Balance", "balance"]

Array = NDArray[np.float64]
solve: Any = linprog
"""Its types do not say that matrices may be sparse."""
SLACK = 1e-4
"""Of the solver's arithmetic: a bound that a makespan meets must not be rounded beyond it."""


class Balance(NamedTuple):
    bound: int
    """No schedule is shorter."""
    share: Array
    """(A,) part of its operation that each alternative does."""


def balance(shop: Shop) -> Balance:
    """Least T so that no machine has more work than T and no job takes longer than T.

    Variables: the share x of each alternative, at least 0, and T. Every operation is done: Σ x = 1.
    """
    n, n_choices = len(shop.before), len(shop.machines)
    operation = np.repeat(np.arange(n), np.diff(shop.options))
    job = (np.cumsum(shop.before < 0) - 1)[operation]
    columns = np.arange(n_choices)
    n_rows = shop.n_machines + int(job[-1]) + 1
    rows = np.concatenate((shop.machines, shop.n_machines + job, np.arange(n_rows)))
    cells = np.concatenate((shop.durations, shop.durations, np.full(n_rows, -1)))
    at = np.concatenate((columns, columns, np.full(n_rows, n_choices)))
    loads = coo_array((cells, (rows, at)), (n_rows, n_choices + 1))
    given = np.concatenate((np.zeros(shop.n_machines), -shop.release[shop.before < 0]))
    whole = coo_array((np.ones(n_choices), (operation, columns)), (n, n_choices + 1))
    cost = np.append(np.zeros(n_choices), 1.0)
    found = solve(cost, loads.tocsr(), given, whole.tocsr(), np.ones(n), method="highs")
    if found.x is None:
        even = 1.0 / np.diff(shop.options)[operation]
        return Balance(0, even)
    return Balance(int(np.ceil(found.fun - SLACK)), np.clip(found.x[:-1], 0.0, 1.0))
