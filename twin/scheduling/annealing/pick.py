"""Compiled: what moves draw from chance and look up in the lines."""

from typing import Any

import numpy as np

from twin.scheduling.annealing.state import compiled, inlined

__all__ = ["alternative_of", "below", "slot_at", "uniform"]

S12, S25, S27, S11 = np.uint64(12), np.uint64(25), np.uint64(27), np.uint64(11)
STAR = np.uint64(2685821657736338717)


@inlined
def uniform(s: Any) -> Any:
    """In [0, 1). Source: xorshift64*, Vigna (2016), ACM TOMS 42:30."""
    r = s.rng[0]
    r ^= r >> S12
    r ^= r << S25
    r ^= r >> S27
    s.rng[0] = r
    return float((r * STAR) >> S11) * 1.1102230246251565e-16


@inlined
def below(s: Any, n: int) -> Any:
    """One of n whole numbers from 0."""
    return int(uniform(s) * n)


@inlined
def alternative_of(tl: Any, s: Any, x: int) -> Any:
    """One of the ways in which x can be made."""
    of = tl.operation[x]
    return of.first_alternative + below(s, of.n_alternatives)


@compiled
def slot_at(tl: Any, s: Any, x: int, m: int, tick: int) -> Any:
    """How many of a machine's operations, without x, start before a tick."""
    first, low, high = tl.machine[m].line, 0, s.in_line[m]
    while low < high:
        middle = (low + high) // 2
        if s.op[s.line[first + middle]].start < tick:
            low = middle + 1
        else:
            high = middle
    return low - (s.op[x].machine == m and s.op[x].slot < low)
