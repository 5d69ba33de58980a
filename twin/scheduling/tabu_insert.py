"""Compiled moves of the flexible job shop: a critical operation goes to any place of any machine.

With heads and tails of the graph without the operation, the longest path through it in its new
place is exact, and so is the makespan: the longer of that and of the graph without it.
Source: Mastrolilli & Gambardella (2000), Nopt.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop
from twin.scheduling.tabu_graph import Graph, insert, longest_paths, paths_without, remove
from twin.scheduling.tabu_memory import (
    BEST,
    FAR,
    ITERATION,
    MAKESPAN,
    Memory,
    critical_path,
    draw,
    forbid,
    is_tabu,
)

__all__ = ["insert_step", "places"]

Ints = NDArray[np.int64]
compiled: Any = njit(cache=True, nogil=True)

VALUE, THROUGH, WHO, CHOICE, AFTER, TIES, ANY_WHO, ANY_CHOICE, ANY_AFTER, SEEN = range(10)
"""Cells of what a step has found: the best move, and any."""


@compiled
def places(shop: Shop, graph: Graph, v: int, k: int, head: Ints, tail: Ints) -> tuple[int, int]:
    """Where v may go on machine k without a cycle: after operation a, …, before operation b.

    (-1, -1): from the machine's start to its end. head and tail (N,) are of the graph without v.
    v must come after every x that may lead to its job's operation before, and before every x that
    may follow from its job's operation after; "may" is judged by heads and tails, so that some
    harmless places are missed.
    """
    duration = graph.duration
    j, m = shop.before[v], shop.after[v]
    a, x = -1, graph.first[k]
    if j >= 0:
        ready, left = head[j] + duration[j], tail[j] + duration[j]
        while x >= 0 and head[x] + duration[x] <= ready and (x == j or tail[x] >= left):
            a, x = x, graph.next[x]
    if m < 0:
        return a, -1
    ready, left = head[m] + duration[m], tail[m] + duration[m]
    while x >= 0 and (tail[x] + duration[x] > left or (x != m and head[x] < ready)):
        x = graph.next[x]
    return a, x


@compiled
def insert_step(shop: Shop, graph: Graph, memory: Memory, tenure: int, spread: int) -> None:
    """One move: the best that is not tabu or is better than the best known; else a random one.

    Shorter makespan first, then the shorter path through what moves: most plans have several
    critical paths, and no one move shortens them all.
    """
    state = memory.state
    found = np.full(10, -1)
    found[VALUE], found[THROUGH], found[TIES], found[SEEN] = FAR, FAR, 0, 0
    length = critical_path(shop, graph, state[MAKESPAN], memory)
    for step in range(length):
        v = memory.path[step]
        duration, k = graph.duration[v], graph.machine[v]
        a = remove(graph, v)
        graph.duration[v] = 0
        without = paths_without(shop, graph, v, memory.head, memory.tail)
        for choice in range(shop.options[v], shop.options[v + 1]):
            _try_machine(shop, graph, memory, found, v, choice, a, without)
        insert(graph, v, k, duration, a)
    v, choice, after = found[WHO], found[CHOICE], found[AFTER]
    if v < 0:
        v, choice, after = found[ANY_WHO], found[ANY_CHOICE], found[ANY_AFTER]
    if v < 0:
        return
    until = state[ITERATION] + tenure + draw(memory.rng, spread)
    a, k = remove(graph, v), shop.machines[choice]
    forbid(graph, v, k, after, a, memory, until)
    insert(graph, v, k, shop.durations[choice], after)
    state[MAKESPAN] = longest_paths(shop, graph)


@compiled
def _try_machine(
    shop: Shop,
    graph: Graph,
    memory: Memory,
    found: Ints,
    v: int,
    choice: int,
    a: int,
    without: int,
) -> None:
    """Every place on one machine for v, which is removed and was after a."""
    k, duration = shop.machines[choice], shop.durations[choice]
    head, tail = memory.head, memory.tail
    j, m = shop.before[v], shop.after[v]
    ready = head[j] + graph.duration[j] if j >= 0 else shop.release[v]
    left = tail[m] + graph.duration[m] if m >= 0 else 0
    x, end = places(shop, graph, v, k, head, tail)
    while True:
        y = graph.next[x] if x >= 0 else graph.first[k]
        if k != graph.machine[v] or x != a:
            start = max(ready, head[x] + graph.duration[x]) if x >= 0 else ready
            rest = max(left, tail[y] + graph.duration[y]) if y >= 0 else left
            through = start + duration + rest
            _weigh(graph, memory, found, v, choice, k, x, a, max(without, through), through)
        if y == end:
            break
        x = y


@compiled
def _weigh(
    graph: Graph,
    memory: Memory,
    found: Ints,
    v: int,
    choice: int,
    k: int,
    after: int,
    a: int,
    value: int,
    through: int,
) -> None:
    """Keep a move if it is the best that is allowed."""
    found[SEEN] += 1
    if found[WHO] < 0 and draw(memory.rng, found[SEEN]) == 0:
        found[ANY_WHO], found[ANY_CHOICE], found[ANY_AFTER] = v, choice, after
    if value > found[VALUE] or (value == found[VALUE] and through > found[THROUGH]):
        return
    if value >= memory.state[BEST] and is_tabu(graph, v, k, after, a, memory):
        return
    as_good = value == found[VALUE] and through == found[THROUGH]
    found[TIES] = found[TIES] + 1 if as_good else 1
    if draw(memory.rng, found[TIES]) == 0:
        found[VALUE], found[THROUGH] = value, through
        found[WHO], found[CHOICE], found[AFTER] = v, choice, after
