"""Compiled tabu search: a critical operation is taken out and put back where it hurts least.

Each move removes an operation of a critical path and reinserts it on any of its machines, at any
place that surely makes no cycle. With heads and tails of the graph without it, the longest path
through it there is exact, and so is the makespan: the longer of that and of the graph without it.
Source: Mastrolilli & Gambardella (2000), Nopt; Glover (1989), tabu search.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop
from twin.scheduling.tabu_graph import Graph, insert, longest_paths, paths_without, remove

__all__ = ["BEST", "MAKESPAN", "Memory", "empty_memory", "perturb", "search"]

Ints = NDArray[np.int64]
compiled: Any = njit(cache=True, nogil=True)

ITERATION, MAKESPAN, BEST, BEST_AT = range(4)
"""Cells of `Memory.state`."""
ARCS = 1 << 16
"""Cells for pairs of operations, by hash: two pairs that share one are forbidden together."""
FAR = np.iinfo(np.int64).max


class Memory(NamedTuple):
    """What a search remembers from chunk to chunk, changed in place."""

    machine_until: Ints
    """(N, M) iteration until which an operation may not return to a machine."""
    arc_until: Ints
    """(ARCS,) iteration until which one operation may not go before another again."""
    best_machine: Ints
    """(N,) of the best plan since the state was reset."""
    best_order: Ints
    """(N,) likewise."""
    head: Ints
    """(N,) scratch: heads of the graph without the operation that moves."""
    tail: Ints
    """(N,) scratch."""
    path: Ints
    """(N,) scratch: a critical path."""
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
    return Memory(*until, best_machine, best_order, head, tail, path, np.zeros(4, np.int64), rng)


@compiled
def _draw(rng: NDArray[np.uint64], below: int) -> Any:
    """A number in 0 … below − 1. Source: Marsaglia (2003), xorshift."""
    x = rng[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    rng[0] = x
    return np.int64((x >> np.uint64(33)) % np.uint64(below))


@compiled
def _arc(u: int, v: int) -> int:
    return ((u * 40503) ^ (v * 30011 + 7)) & (ARCS - 1)


@compiled
def _critical_path(shop: Shop, graph: Graph, makespan: int, memory: Memory) -> int:
    """One critical path at random into `memory.path`, from its end back. Returns its length."""
    head, duration, path = graph.head, graph.duration, memory.path
    v, seen = -1, 0
    for i in range(len(head)):
        if head[i] + duration[i] == makespan:
            seen += 1
            if _draw(memory.rng, seen) == 0:
                v = i
    length = 0
    while v >= 0:
        path[length] = v
        length += 1
        j, k = shop.before[v], graph.prev[v]
        by_job = j >= 0 and head[j] + duration[j] == head[v]
        by_machine = k >= 0 and head[k] + duration[k] == head[v]
        if by_job and by_machine:
            v = j if _draw(memory.rng, 2) == 0 else k
        elif by_job:
            v = j
        elif by_machine:
            v = k
        else:
            v = -1
    return length


@compiled
def _places(shop: Shop, graph: Graph, v: int, k: int, memory: Memory) -> tuple[int, int]:
    """Where v may go on machine k without a cycle: after operation a, …, before operation b.

    (-1: the machine's start, its end). v must come after every x that may lead to its job's
    operation before, and before every x that may follow from its job's operation after; "may" is
    judged by heads and tails, so that some harmless places are missed.
    """
    head, tail, duration = memory.head, memory.tail, graph.duration
    j, m = shop.before[v], shop.after[v]
    a, x = -1, graph.first[k]
    if j >= 0:
        ready, left = head[j] + duration[j], tail[j] + duration[j]
        while x >= 0 and head[x] + duration[x] <= ready and (x == j or tail[x] >= left):
            a, x = x, graph.next[x]
    if m >= 0:
        ready, left = head[m] + duration[m], tail[m] + duration[m]
        while x >= 0 and (tail[x] + duration[x] > left or (x != m and head[x] < ready)):
            x = graph.next[x]
    else:
        x = -1
    return a, x


@compiled
def _is_tabu(graph: Graph, v: int, k: int, after: int, a: int, memory: Memory) -> Any:
    """Whether to put v after `after` on machine k undoes a recent move; a: what it was after."""
    now = memory.state[ITERATION]
    if k != graph.machine[v]:
        return memory.machine_until[v, k] > now
    x = graph.next[a] if a >= 0 else graph.first[k]
    y = a
    forward = False
    while x >= 0:
        if x == after:
            forward = True
            break
        x = graph.next[x]
    if forward:
        x = graph.next[a] if a >= 0 else graph.first[k]
        while True:
            if memory.arc_until[_arc(x, v)] > now:
                return True
            if x == after:
                return False
            x = graph.next[x]
    while y >= 0 and y != after:
        if memory.arc_until[_arc(v, y)] > now:
            return True
        y = graph.prev[y]
    return False


@compiled
def _forbid(graph: Graph, v: int, k: int, after: int, a: int, memory: Memory, until: int) -> None:
    """Remember what the move of v, which is removed, leaves."""
    if k != graph.machine[v]:
        memory.machine_until[v, graph.machine[v]] = until
        return
    x = graph.next[a] if a >= 0 else graph.first[k]
    moved = False
    y = x
    while y >= 0:
        if y == after:
            moved = True
            break
        y = graph.next[y]
    if moved:
        while True:
            memory.arc_until[_arc(v, x)] = until
            if x == after:
                return
            x = graph.next[x]
    y = a
    while y >= 0 and y != after:
        memory.arc_until[_arc(y, v)] = until
        y = graph.prev[y]


@compiled
def _step(shop: Shop, graph: Graph, memory: Memory, tenure: int, spread: int) -> None:
    """One move: the best that is not tabu or is better than the best known; else a random one."""
    state = memory.state
    length = _critical_path(shop, graph, state[MAKESPAN], memory)
    best_value, best_through, ties = FAR, FAR, 0
    best_v, best_k, best_after, best_duration = -1, -1, -1, 0
    any_seen, any_v, any_k, any_after, any_duration = 0, -1, -1, -1, 0
    head, tail = memory.head, memory.tail
    for step in range(length):
        v = memory.path[step]
        old_duration, old = graph.duration[v], graph.machine[v]
        a = remove(graph, v)
        graph.duration[v] = 0
        without = paths_without(shop, graph, v, head, tail)
        j, m = shop.before[v], shop.after[v]
        ready = head[j] + graph.duration[j] if j >= 0 else shop.release[v]
        left = tail[m] + graph.duration[m] if m >= 0 else 0
        for choice in range(shop.options[v], shop.options[v + 1]):
            k, duration = shop.machines[choice], shop.durations[choice]
            x, end = _places(shop, graph, v, k, memory)
            while True:
                y = graph.next[x] if x >= 0 else graph.first[k]
                if k != old or x != a:
                    start, rest = ready, left
                    if x >= 0:
                        start = max(start, head[x] + graph.duration[x])
                    if y >= 0:
                        rest = max(rest, tail[y] + graph.duration[y])
                    through = start + duration + rest
                    value = max(without, through)
                    as_good = value == best_value and through == best_through
                    better = value < best_value or (value == best_value and through < best_through)
                    if (better or as_good) and (
                        value < state[BEST] or not _is_tabu(graph, v, k, x, a, memory)
                    ):
                        ties = 1 if better else ties + 1
                        if better or _draw(memory.rng, ties) == 0:
                            best_value, best_through = value, through
                            best_v, best_k, best_after = v, k, x
                            best_duration = duration
                    any_seen += 1
                    if best_v < 0 and _draw(memory.rng, any_seen) == 0:
                        any_v, any_k, any_after, any_duration = v, k, x, duration
                if y == end:
                    break
                x = y
        graph.duration[v] = old_duration
        insert(graph, v, old, old_duration, a)
    if best_v < 0:
        if any_v < 0:
            return
        best_v, best_k, best_after, best_duration = any_v, any_k, any_after, any_duration
    until = state[ITERATION] + tenure + _draw(memory.rng, spread)
    a = remove(graph, best_v)
    _forbid(graph, best_v, best_k, best_after, a, memory, until)
    insert(graph, best_v, best_k, best_duration, best_after)
    state[MAKESPAN] = longest_paths(shop, graph)


@compiled
def search(
    shop: Shop, graph: Graph, memory: Memory, moves: int, target: int, tenure: int, spread: int
) -> None:
    """Make so many moves, or fewer once the makespan is down to the target."""
    state = memory.state
    for _ in range(moves):
        state[ITERATION] += 1
        _step(shop, graph, memory, tenure, spread)
        if state[MAKESPAN] < state[BEST]:
            state[BEST], state[BEST_AT] = state[MAKESPAN], state[ITERATION]
            memory.best_machine[:] = graph.machine
            memory.best_order[:] = graph.order
            if state[BEST] <= target:
                return


@compiled
def perturb(shop: Shop, graph: Graph, memory: Memory, moves: int) -> None:
    """Random moves of random operations, each to a random place of a random machine of its own."""
    for _ in range(moves):
        v = _draw(memory.rng, len(shop.before))
        a = remove(graph, v)
        graph.duration[v] = 0
        paths_without(shop, graph, v, memory.head, memory.tail)
        choice = shop.options[v] + _draw(memory.rng, shop.options[v + 1] - shop.options[v])
        k, duration = shop.machines[choice], shop.durations[choice]
        x, end = _places(shop, graph, v, k, memory)
        after, seen = a, 0
        while True:
            y = graph.next[x] if x >= 0 else graph.first[k]
            seen += 1
            if _draw(memory.rng, seen) == 0:
                after = x
            if y == end:
                break
            x = y
        insert(graph, v, k, duration, after)
        memory.state[MAKESPAN] = longest_paths(shop, graph)
