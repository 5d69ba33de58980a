"""Compiled moves of the classical job shop: to the ends of critical blocks and from them inward.

Only these can shorten a plan whose machines are given. How long it then is, is judged by new heads
and tails of the operations between, which is quick, nearly exact and never needed exactly.
Source: Balas & Vazacopoulos (1998), Management Science 44 (N6 and the estimate); Zhang, Li, Guan &
Rao (2007), Computers & Operations Research 34 (N7).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop
from twin.scheduling.tabu.graph import Graph, compiled, insert, longest_paths, remove
from twin.scheduling.tabu.memory import (
    BEST,
    FAR,
    ITERATION,
    MAKESPAN,
    Memory,
    critical_path,
    draw,
    forbid,
    undoes,
)

__all__ = ["block_step", "estimate_later", "estimate_sooner"]

Ints = NDArray[np.int64]
VALUE, WHO, AFTER, TIES, ANY_WHO, ANY_AFTER, SEEN = range(7)
"""Cells of what a step has found: the best move, and any."""


@compiled
def _reached(shop: Shop, graph: Graph, i: int) -> Any:
    """When its job lets operation i start."""
    j = shop.before[i]
    return graph.head[j] + graph.duration[j] if j >= 0 else shop.release[i]


@compiled
def _left(shop: Shop, graph: Graph, i: int) -> Any:
    """What its job still takes after operation i."""
    j = shop.after[i]
    return graph.tail[j] + graph.duration[j] if j >= 0 else 0


@compiled
def estimate_later(shop: Shop, graph: Graph, u: int, v: int, head: Ints) -> Any:
    """About the longest path through what moves when u goes directly after v, further on.

    head (N,) is scratch.
    """
    a, b, p = graph.prev[u], graph.next[v], graph.duration
    free = graph.head[a] + p[a] if a >= 0 else 0
    i = u
    while i != v:
        i = graph.next[i]
        head[i] = max(_reached(shop, graph, i), free)
        free = head[i] + p[i]
    after = graph.tail[b] + p[b] if b >= 0 else 0
    after = max(_left(shop, graph, u), after) + p[u]
    longest = max(_reached(shop, graph, u), free) + after
    while i != u:
        after = max(_left(shop, graph, i), after) + p[i]
        longest = max(longest, head[i] + after)
        i = graph.prev[i]
    return longest


@compiled
def estimate_sooner(shop: Shop, graph: Graph, v: int, u: int, head: Ints) -> Any:
    """About the longest path through what moves when v goes directly before u, further ahead.

    head (N,) is scratch.
    """
    a, b, p = graph.prev[u], graph.next[v], graph.duration
    free = graph.head[a] + p[a] if a >= 0 else 0
    begin = max(_reached(shop, graph, v), free)
    free = begin + p[v]
    i = u
    while i != v:
        head[i] = max(_reached(shop, graph, i), free)
        free = head[i] + p[i]
        i = graph.next[i]
    after = graph.tail[b] + p[b] if b >= 0 else 0
    longest = 0
    while i != u:
        i = graph.prev[i]
        after = max(_left(shop, graph, i), after) + p[i]
        longest = max(longest, head[i] + after)
    return max(longest, begin + p[v] + max(_left(shop, graph, v), after))


@compiled
def _may_go_later(shop: Shop, graph: Graph, u: int, v: int) -> Any:
    """Whether surely no path leads from the job's next operation after u to v."""
    j = shop.after[u]
    left = _left(shop, graph, u)
    return j < 0 or (j != v and graph.tail[v] + graph.duration[v] >= left)


@compiled
def _may_go_sooner(shop: Shop, graph: Graph, v: int, u: int) -> Any:
    """Whether surely no path leads from u to the job's operation before v."""
    j = shop.before[v]
    reached = _reached(shop, graph, v)
    return j < 0 or (j != u and graph.head[u] + graph.duration[u] >= reached)


@compiled
def _weigh(memory: Memory, found: Ints, who: int, after: int, value: int, tabu: bool) -> None:
    """Keep a move, which is as good as the best or better, if it is allowed."""
    if tabu and value >= memory.state[BEST]:
        found[SEEN] += 1
        if draw(memory.rng, found[SEEN]) == 0:
            found[ANY_WHO], found[ANY_AFTER] = who, after
        return
    found[TIES] = found[TIES] + 1 if value == found[VALUE] else 1
    if draw(memory.rng, found[TIES]) == 0:
        found[VALUE], found[WHO], found[AFTER] = value, who, after


@compiled
def _try_later(shop: Shop, graph: Graph, memory: Memory, found: Ints, u: int, v: int) -> None:
    """u directly after v, which comes later on its machine."""
    if not _may_go_later(shop, graph, u, v):
        return
    value = estimate_later(shop, graph, u, v, memory.head)
    if value <= found[VALUE]:
        now, a = memory.state[ITERATION], graph.prev[u]
        tabu = undoes(memory.arc_until, graph.prev, graph.rank, u, a, v, now)
        _weigh(memory, found, u, v, value, tabu)


@compiled
def _try_sooner(shop: Shop, graph: Graph, memory: Memory, found: Ints, v: int, u: int) -> None:
    """v directly before u, which comes sooner on its machine."""
    if not _may_go_sooner(shop, graph, v, u):
        return
    value = estimate_sooner(shop, graph, v, u, memory.head)
    if value <= found[VALUE]:
        now, a, after = memory.state[ITERATION], graph.prev[v], graph.prev[u]
        tabu = undoes(memory.arc_until, graph.prev, graph.rank, v, a, after, now)
        _weigh(memory, found, v, after, value, tabu)


@compiled
def _try_block(shop: Shop, graph: Graph, memory: Memory, found: Ints, low: int, high: int) -> None:
    """Moves within path[low … high], one machine's, the earliest operation at `high`."""
    path = memory.path
    first, last = path[high], path[low]
    for at in range(low, high + 1):
        x = path[at]
        inner = x not in (first, last)
        if low > 0 and x != last:
            _try_later(shop, graph, memory, found, x, last)
            if inner:
                _try_sooner(shop, graph, memory, found, last, x)
        if graph.head[first] > 0 and x != first:
            _try_sooner(shop, graph, memory, found, x, first)
            if inner:
                _try_later(shop, graph, memory, found, first, x)


@compiled
def block_step(shop: Shop, graph: Graph, memory: Memory, tenure: int, spread: int) -> None:
    """One move: the best that is not tabu or looks better than the best known; else a random one.

    Operations of a block that starts at 0 only go later, those of the last block only sooner: else
    nothing is gained.
    """
    state, path = memory.state, memory.path
    found = memory.found
    found[:] = -1
    found[VALUE], found[TIES], found[SEEN] = FAR, 0, 0
    length = critical_path(shop, graph, state[MAKESPAN], memory)
    low = 0
    while low < length:
        high = low
        while high + 1 < length and graph.prev[path[high]] == path[high + 1]:
            high += 1
        if high > low:
            _try_block(shop, graph, memory, found, low, high)
        low = high + 1
    v, after = found[WHO], found[AFTER]
    if v < 0:
        v, after = found[ANY_WHO], found[ANY_AFTER]
    if v < 0:
        return
    a, k = remove(graph, v), graph.machine[v]
    until = state[ITERATION] + tenure + draw(memory.rng, spread)
    forbid(graph, v, k, after, a, memory, until)
    insert(graph, v, k, graph.duration[v], after)
    state[MAKESPAN] = longest_paths(shop, graph)
