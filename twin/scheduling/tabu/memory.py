"""What a tabu search remembers: moves not to be undone yet, the best plan, its own random numbers.

A move is forbidden if it takes an operation back to a machine it left lately, or puts it again
before (after) one that it was lately moved behind (ahead of).
Source: Glover (1989), "Tabu search, part I", ORSA Journal on Computing 1.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop
from twin.scheduling.tabu.graph import Graph, compiled

__all__ = [
    "BEST",
    "BEST_AT",
    "FAR",
    "ITERATION",
    "MAKESPAN",
    "Memory",
    "critical_path",
    "draw",
    "empty_memory",
    "forbid",
    "undoes",
]

Ints = NDArray[np.int64]

ITERATION, MAKESPAN, BEST, BEST_AT = range(4)
"""Cells of `Memory.state`."""
ARCS = 1 << 16
"""Cells for pairs of operations, by hash: two pairs that share one are forbidden together."""
FOUND = 7
FAR = np.iinfo(np.int64).max


class Memory(NamedTuple):
    """Changed in place, from chunk to chunk of a search."""

    machine_until: Ints
    """(N, M) iteration until which an operation may not return to a machine."""
    arc_until: Ints
    """(ARCS,) iteration until which one operation may not go before another again."""
    best_machine: Ints
    """(N,) of the best plan since the state was reset."""
    best_order: Ints
    """(N,) likewise."""
    head: Ints
    """(N,) scratch."""
    tail: Ints
    """(N,) scratch."""
    path: Ints
    """(N,) scratch: a critical path."""
    found: Ints
    """(FOUND,) scratch: the best move so far."""
    state: Ints
    """(4,) iteration, makespan, best makespan, iteration at which that was found."""
    rng: NDArray[np.uint64]
    """(1,) xorshift's state, not 0."""


def empty_memory(shop: Shop, seed: int) -> Memory:
    """Nothing forbidden, nothing found."""
    n = len(shop.before)
    until = np.zeros((n, shop.n_machines), np.int64), np.zeros(ARCS, np.int64)
    best_machine, best_order, head, tail, path = np.zeros((5, n), np.int64)
    mixed = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % (1 << 64)
    rng = np.array([mixed | 1], np.uint64)
    found, state = np.zeros(FOUND, np.int64), np.zeros(4, np.int64)
    return Memory(*until, best_machine, best_order, head, tail, path, found, state, rng)


@compiled
def draw(rng: NDArray[np.uint64], below: int) -> Any:
    """A number in 0 … below − 1. Source: Marsaglia (2003), xorshift."""
    x = rng[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    rng[0] = x
    return np.int64((x >> np.uint64(33)) % np.uint64(below))


@compiled
def _cell(u: int, v: int) -> int:
    """Of the pair u before v."""
    return ((u * 40503) ^ (v * 30011 + 7)) & (ARCS - 1)


@compiled
def critical_path(shop: Shop, graph: Graph, makespan: int, memory: Memory) -> int:
    """One critical path at random into `memory.path`, from its end back. Returns its length."""
    head, duration, path = graph.head, graph.duration, memory.path
    v, seen = -1, 0
    for i in range(len(head)):
        if head[i] + duration[i] == makespan:
            seen += 1
            if draw(memory.rng, seen) == 0:
                v = i
    length = 0
    while v >= 0:
        path[length] = v
        length += 1
        j, k = shop.before[v], graph.prev[v]
        by_job = j >= 0 and head[j] + duration[j] == head[v]
        by_machine = k >= 0 and head[k] + duration[k] == head[v]
        if by_job and by_machine:
            v = j if draw(memory.rng, 2) == 0 else k
        elif by_job:
            v = j
        elif by_machine:
            v = k
        else:
            v = -1
    return length


@compiled
def undoes(arc_until: Ints, prev: Ints, rank: Ints, v: int, a: int, after: int, now: int) -> Any:
    """Whether v, which is after a, undoes a recent move if it goes after `after` on its machine.

    -1: the machine's start. v may be removed or not.
    """
    later = a < 0 or (after >= 0 and rank[after] > rank[a])
    x, stop = (after, a) if later else (a, after)
    while x != stop:
        if x != v and arc_until[_cell(x, v) if later else _cell(v, x)] > now:
            return True
        x = prev[x]
    return False


@compiled
def forbid(graph: Graph, v: int, k: int, after: int, a: int, memory: Memory, until: int) -> None:
    """Remember that v, which is removed and was after a, goes after `after` on machine k.

    -1: the machine's start. It is not to be undone before an iteration.
    """
    if k != graph.machine[v]:
        memory.machine_until[v, graph.machine[v]] = until
        return
    later = a < 0 or (after >= 0 and graph.rank[after] > graph.rank[a])
    x, stop = (after, a) if later else (a, after)
    while x != stop:
        memory.arc_until[_cell(v, x) if later else _cell(x, v)] = until
        x = graph.prev[x]
