"""Compiled tabu search: so many moves from where it stands, and the best plan on the way.

Source: Nowicki & Smutnicki (1996), Management Science 42; Mastrolilli & Gambardella (2000).
"""

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.jobshop_graph import Shop
from twin.scheduling.tabu.blocks import block_step
from twin.scheduling.tabu.graph import Graph, compiled, load
from twin.scheduling.tabu.insert import insert_step
from twin.scheduling.tabu.memory import BEST, BEST_AT, ITERATION, MAKESPAN, Memory

__all__ = ["begin", "search"]

Ints = NDArray[np.int64]


@compiled
def _keep(memory: Memory, machine: Ints, order: Ints) -> None:
    """As the best plan; cell by cell, since numba copies an array by way of a new one."""
    for i in range(len(order)):
        memory.best_machine[i] = machine[i]
        memory.best_order[i] = order[i]


@compiled
def begin(shop: Shop, graph: Graph, memory: Memory, machine: Ints, order: Ints) -> None:
    """Stand at a plan: machine (N,), order (N,) of all operations. Nothing is forbidden."""
    memory.machine_until[:] = 0
    memory.arc_until[:] = 0
    _keep(memory, machine, order)
    memory.state[ITERATION], memory.state[BEST_AT] = 0, 0
    memory.state[MAKESPAN] = memory.state[BEST] = load(shop, graph, machine, order)


@compiled
def search(
    shop: Shop,
    graph: Graph,
    memory: Memory,
    blocks: bool,
    moves: int,
    target: int,
    tenure: int,
    spread: int,
) -> None:
    """Make so many moves, or fewer once the makespan is down to the target.

    blocks: by the moves of the classical job shop, else by those of the flexible one. What a move
    left is forbidden for tenure … tenure + spread − 1 moves.
    """
    state = memory.state
    for _ in range(moves):
        if state[BEST] <= target:
            return
        state[ITERATION] += 1
        if blocks:
            block_step(shop, graph, memory, tenure, spread)
        else:
            insert_step(shop, graph, memory, tenure, spread)
        if state[MAKESPAN] < state[BEST]:
            state[BEST], state[BEST_AT] = state[MAKESPAN], state[ITERATION]
            _keep(memory, graph.machine, graph.order)
