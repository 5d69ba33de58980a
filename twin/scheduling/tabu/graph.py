"""Compiled walks over the disjunctive graph of a job shop: heads, tails, insertion.

Operations are nodes; arcs lead to the next of the job and to the next on the machine. The head of
a node is the longest path to it, its tail the longest path from its end to the very end; the
makespan is the longest path through any node. N operations, M machines, times in ticks.
Source: Balas (1969); Mastrolilli & Gambardella (2000), "Effective neighbourhood functions for the
flexible job shop problem", Journal of Scheduling 3.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop

__all__ = [
    "Graph",
    "compiled",
    "empty_graph",
    "insert",
    "load",
    "longest_paths",
    "paths_without",
    "remove",
]

Ints = NDArray[np.int64]

OPTIONS: Any = {"cache": True, "nogil": True, "_nrt": False}
compiled: Any = njit(**OPTIONS)
"""Nothing compiled here makes an array: without numba's run time no reference is counted, which
else takes three quarters of the time, since each look into a Graph counts one up and one down."""


class Graph(NamedTuple):
    """One plan, changed in place; -1: no such operation."""

    machine: Ints
    """(N,) of each operation."""
    duration: Ints
    """(N,) there."""
    prev: Ints
    """(N,) the operation before it on its machine."""
    next: Ints
    """(N,) the one after it."""
    first: Ints
    """(M,) first operation of each machine."""
    order: Ints
    """(N,) operations so that every arc leads onward."""
    rank: Ints
    """(N,) place of each in `order`."""
    head: Ints
    """(N,) earliest start."""
    tail: Ints
    """(N,) least time from its end to the very end."""
    peak: Ints
    """(N,) latest end of the operations up to each place of `order`."""
    waits: Ints
    """(N,) scratch."""
    last: Ints
    """(M,) scratch."""


def empty_graph(shop: Shop) -> Graph:
    """Room for a plan; `load` fills it."""
    n = len(shop.before)
    sizes = n, n, n, n, shop.n_machines, n, n, n, n, n, n, shop.n_machines
    return Graph(*(np.zeros(size, np.int64) for size in sizes))


@compiled
def load(shop: Shop, graph: Graph, machine: Ints, order: Ints) -> Any:
    """Take a plan: each machine does its operations in the order given. Returns the makespan."""
    last = graph.last
    last[:] = -1
    graph.first[:] = -1
    for i in order:
        k = machine[i]
        graph.machine[i], graph.prev[i], graph.next[i] = k, last[k], -1
        if last[k] >= 0:
            graph.next[last[k]] = i
        else:
            graph.first[k] = i
        last[k] = i
        for choice in range(shop.options[i], shop.options[i + 1]):
            if shop.machines[choice] == k:
                graph.duration[i] = shop.durations[choice]
    return longest_paths(shop, graph)


@compiled
def longest_paths(shop: Shop, graph: Graph) -> int:
    """Order, heads and tails anew. Returns the makespan; -1 if there is a cycle.

    Source: Kahn (1962), topological sorting.
    """
    n = len(shop.before)
    waits = graph.waits
    order, head, tail, duration = graph.order, graph.head, graph.tail, graph.duration
    found = 0
    for i in range(n):
        waits[i] = (shop.before[i] >= 0) + (graph.prev[i] >= 0)
        head[i] = shop.release[i]
        if waits[i] == 0:
            order[found] = i
            found += 1
    done, makespan = 0, 0
    while done < found:
        i = order[done]
        graph.rank[i] = done
        done += 1
        end = head[i] + duration[i]
        makespan = max(makespan, end)
        graph.peak[done - 1] = makespan
        for j in (shop.after[i], graph.next[i]):
            if j >= 0:
                head[j] = max(head[j], end)
                waits[j] -= 1
                if waits[j] == 0:
                    order[found] = j
                    found += 1
    if found < n:
        return -1
    for place in range(n - 1, -1, -1):
        i = order[place]
        j, k = shop.after[i], graph.next[i]
        by_job = tail[j] + duration[j] if j >= 0 else 0
        by_machine = tail[k] + duration[k] if k >= 0 else 0
        tail[i] = max(by_job, by_machine)
    return makespan


@compiled
def remove(graph: Graph, v: int) -> int:
    """Take v off its machine. Returns the operation that was before it."""
    a, b = graph.prev[v], graph.next[v]
    if a >= 0:
        graph.next[a] = b
    else:
        graph.first[graph.machine[v]] = b
    if b >= 0:
        graph.prev[b] = a
    graph.prev[v], graph.next[v] = -1, -1
    return int(a)


@compiled
def insert(graph: Graph, v: int, k: int, duration: int, a: int) -> None:
    """Put v on machine k, where it takes `duration`, after a (-1: first)."""
    b = graph.next[a] if a >= 0 else graph.first[k]
    graph.machine[v], graph.duration[v] = k, duration
    graph.prev[v], graph.next[v] = a, b
    if a >= 0:
        graph.next[a] = v
    else:
        graph.first[k] = v
    if b >= 0:
        graph.prev[b] = v


@compiled
def paths_without(shop: Shop, graph: Graph, v: int, head: Ints, tail: Ints) -> int:
    """Heads and tails (N,) of the graph without v, which must be removed; its `duration` is 0.

    The order kept from before the removal still holds, so that heads before v and tails after it
    do not change. Returns the makespan without v.
    """
    n, at = len(shop.before), graph.rank[v]
    order, duration = graph.order, graph.duration
    for i in range(n):
        head[i], tail[i] = graph.head[i], graph.tail[i]
    makespan = graph.peak[at - 1] if at > 0 else 0
    for place in range(at, n):
        i = order[place]
        j, k = shop.before[i], graph.prev[i]
        reached = shop.release[i]
        if j >= 0:
            reached = max(reached, head[j] + duration[j])
        if k >= 0:
            reached = max(reached, head[k] + duration[k])
        head[i] = reached
        makespan = max(makespan, reached + duration[i])
    for place in range(at, -1, -1):
        i = order[place]
        j, k = shop.after[i], graph.next[i]
        left = 0
        if j >= 0:
            left = tail[j] + duration[j]
        if k >= 0:
            left = max(left, tail[k] + duration[k])
        tail[i] = left
    return makespan
