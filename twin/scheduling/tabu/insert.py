"""Compiled moves of the flexible job shop: a critical operation goes to any place of any machine.

With heads and tails of the graph without the operation, the longest path through it in its new
place is exact, and so is the makespan: the longer of that and of the graph without it.
Source: Mastrolilli & Gambardella (2000), Nopt.
"""

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop
from twin.scheduling.tabu.graph import (
    Graph,
    compiled,
    insert,
    longest_paths,
    paths_without,
    remove,
)
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

__all__ = ["insert_step", "places"]

Ints = NDArray[np.int64]
VALUE, THROUGH, WHO, CHOICE, AFTER, TIES = range(6)
"""Cells of the best move found."""
NOWHERE = -2
"""-1 is a machine's start."""


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
    """Every place on one machine for v, which is removed and was after a.

    The innermost loop: what it reads has a name of its own, and it calls nothing that takes the
    whole graph, which would make it three times as slow. So the best of one machine is kept here,
    and held against that of the others at the end.
    """
    k, duration = shop.machines[choice], shop.durations[choice]
    head, tail, took, following = memory.head, memory.tail, graph.duration, graph.next
    arc_until, prev, rank, rng = memory.arc_until, graph.prev, graph.rank, memory.rng
    now, target, ready, left = memory.state[ITERATION], memory.state[BEST], head[v], tail[v]
    at_home, first = k == graph.machine[v], graph.first[k]
    free = at_home or memory.machine_until[v, k] <= now
    x, end = places(shop, graph, v, k, head, tail)
    best, best_through, best_after, ties = found[VALUE], found[THROUGH], NOWHERE, 0
    while True:
        y = following[x] if x >= 0 else first
        if not (at_home and x == a):
            start = max(ready, head[x] + took[x]) if x >= 0 else ready
            rest = max(left, tail[y] + took[y]) if y >= 0 else left
            through = start + duration + rest
            value = max(without, through)
            as_good = value == best and through == best_through
            if as_good or value < best or (value == best and through < best_through):
                tabu = not free or (at_home and undoes(arc_until, prev, rank, v, a, x, now))
                if not tabu or value < target:
                    ties = ties + 1 if as_good else 1
                    if ties == 1 or draw(rng, ties) == 0:
                        best, best_through, best_after = value, through, x
        if y == end:
            break
        x = y
    if best_after == NOWHERE:
        return
    as_good = best == found[VALUE] and best_through == found[THROUGH]
    found[TIES] = found[TIES] + ties if as_good else ties
    if draw(rng, found[TIES]) < ties:
        found[VALUE], found[THROUGH], found[AFTER] = best, best_through, best_after
        found[WHO], found[CHOICE] = v, choice


@compiled
def _any_move(shop: Shop, graph: Graph, memory: Memory, found: Ints, length: int) -> None:
    """A random place on a random machine for a random operation of the path."""
    v = memory.path[draw(memory.rng, length)]
    choice = shop.options[v] + draw(memory.rng, shop.options[v + 1] - shop.options[v])
    duration, k = graph.duration[v], graph.machine[v]
    a = remove(graph, v)
    graph.duration[v] = 0
    paths_without(shop, graph, v, memory.head, memory.tail)
    x, end = places(shop, graph, v, shop.machines[choice], memory.head, memory.tail)
    seen = 0
    while True:
        seen += 1
        if draw(memory.rng, seen) == 0:
            found[WHO], found[CHOICE], found[AFTER] = v, choice, x
        y = graph.next[x] if x >= 0 else graph.first[shop.machines[choice]]
        if y == end:
            break
        x = y
    insert(graph, v, k, duration, a)


@compiled
def insert_step(shop: Shop, graph: Graph, memory: Memory, tenure: int, spread: int) -> None:
    """One move: the best that is not tabu or is better than the best known; else a random one.

    Shorter makespan first, then the shorter path through what moves: most plans have several
    critical paths, and no one move shortens them all.
    """
    state = memory.state
    found = memory.found
    found[:] = NOWHERE
    found[VALUE], found[THROUGH], found[TIES] = FAR, FAR, 0
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
    if found[WHO] < 0:
        _any_move(shop, graph, memory, found, length)
    v, choice, after = found[WHO], found[CHOICE], found[AFTER]
    until = state[ITERATION] + tenure + draw(memory.rng, spread)
    a, k = remove(graph, v), shop.machines[choice]
    forbid(graph, v, k, after, a, memory, until)
    insert(graph, v, k, shop.durations[choice], after)
    state[MAKESPAN] = longest_paths(shop, graph)
