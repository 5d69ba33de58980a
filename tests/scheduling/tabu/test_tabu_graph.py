"""Compiled walks and moves against the plainest reckoning: longest paths by definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scheduling.shops import longest_path, random_plan, shops
from twin.scheduling.jobshop_graph import pure_shop, starts
from twin.scheduling.tabu.blocks import estimate_later, estimate_sooner
from twin.scheduling.tabu.elite import between, greedy_plan, ranked_plan
from twin.scheduling.tabu.graph import (
    empty_graph,
    insert,
    load,
    longest_paths,
    paths_without,
    remove,
)
from twin.scheduling.tabu.insert import places
from twin.scheduling.tabu.memory import BEST, MAKESPAN, empty_memory
from twin.scheduling.tabu.search import begin, search

seeds = st.integers(0, 2**16)
few = settings(max_examples=30)


def orders_of(graph):
    """Of each machine its operations from first to last, told by `next`; `prev` says the same."""
    orders = []
    for first in graph.first:
        order, i = [], int(first)
        while i >= 0:
            assert graph.prev[i] == (order[-1] if order else -1)
            order.append(i)
            i = int(graph.next[i])
        orders.append(order)
    return orders


def planned(problem, seed):
    shop = pure_shop(problem)
    graph = empty_graph(shop)
    machine, order = random_plan(shop, seed)
    return shop, graph, load(shop, graph, machine, order)


@few
@given(shops(), seeds)
def test_heads_and_tails_are_the_longest_paths(problem, seed):
    shop, graph, makespan = planned(problem, seed)
    heads, tails, longest = longest_path(shop, graph.machine, orders_of(graph))
    assert (graph.head.tolist(), graph.tail.tolist(), makespan) == (heads, tails, longest)


@few
@given(shops(), seeds)
def test_a_plan_read_in_its_order_starts_as_early_as_its_heads(problem, seed):
    shop, graph, makespan = planned(problem, seed)
    start, end = starts(shop, graph.machine, graph.order)
    assert start.tolist() == graph.head.tolist()
    assert end.max() == makespan


@few
@given(shops(), seeds)
def test_paths_without_an_operation_are_those_of_the_graph_without_it(problem, seed):
    shop, graph, _ = planned(problem, seed)
    head, tail = np.zeros((2, len(shop.before)), np.int64)
    for v in range(len(shop.before)):
        took, k = int(graph.duration[v]), int(graph.machine[v])
        a = remove(graph, v)
        graph.duration[v] = 0
        makespan = paths_without(shop, graph, v, head, tail)
        found = head.tolist(), tail.tolist(), makespan
        lasts = graph.duration.tolist()
        assert found == longest_path(shop, graph.machine, orders_of(graph), lasts)
        insert(graph, v, k, took, a)


@few
@given(shops(), seeds)
def test_every_place_makes_no_cycle_and_takes_as_long_as_foreseen(problem, seed):
    shop, graph, _ = planned(problem, seed)
    head, tail = np.zeros((2, len(shop.before)), np.int64)
    for v in range(len(shop.before)):
        took, old = int(graph.duration[v]), int(graph.machine[v])
        a = remove(graph, v)
        for c in range(shop.options[v], shop.options[v + 1]):
            k, duration = int(shop.machines[c]), int(shop.durations[c])
            graph.duration[v] = 0
            longest_paths(shop, graph)
            without = paths_without(shop, graph, v, head, tail)
            x, end = places(shop, graph, v, k, head, tail)
            ready, left = head[v], tail[v]
            while True:
                y = int(graph.next[x] if x >= 0 else graph.first[k])
                came = max(ready, head[x] + graph.duration[x] if x >= 0 else 0)
                goes = max(left, tail[y] + graph.duration[y] if y >= 0 else 0)
                insert(graph, v, k, duration, x)
                _, _, makespan = longest_path(shop, graph.machine, orders_of(graph))
                assert makespan == max(without, came + duration + goes)
                remove(graph, v)
                graph.duration[v] = 0
                if y == end:
                    break
                x = y
        insert(graph, v, old, took, a)
        longest_paths(shop, graph)


@few
@given(shops(flexible=False), seeds)
def test_a_swap_of_neighbours_is_foreseen_exactly(problem, seed):
    """Of two neighbours that change places new heads and tails are exact (Taillard 1994)."""
    shop, graph, _ = planned(problem, seed)
    scratch = np.zeros(len(shop.before), np.int64)
    for u in range(len(shop.before)):
        v = int(graph.next[u])
        if v < 0 or _leads_to(shop, graph, int(shop.after[u]), v):
            continue
        later = estimate_later(shop, graph, u, v, scratch)
        sooner = estimate_sooner(shop, graph, v, u, scratch)
        k, took = int(graph.machine[u]), int(graph.duration[u])
        a = remove(graph, u)
        insert(graph, u, k, took, v)
        heads, tails, _ = longest_path(shop, graph.machine, orders_of(graph))
        exact = max(heads[i] + graph.duration[i] + tails[i] for i in (u, v))
        assert later == sooner == exact
        remove(graph, u)
        insert(graph, u, k, took, a)


def _leads_to(shop, graph, i, v):
    return i >= 0 and (
        i == v or any(_leads_to(shop, graph, int(j), v) for j in (shop.after[i], graph.next[i]))
    )


@pytest.mark.parametrize("blocks", [True, False])
@few
@given(st.data(), seeds)
def test_moves_keep_every_operation_on_a_machine_of_its_own_without_cycle(blocks, data, seed):
    shop = pure_shop(data.draw(shops(flexible=not blocks)))
    graph, memory = empty_graph(shop), empty_memory(shop, seed)
    begin(shop, graph, memory, *random_plan(shop, seed))
    for _ in range(8):
        search(shop, graph, memory, blocks, 5, 0, 4, 4)
        orders = orders_of(graph)
        assert sorted(i for order in orders for i in order) == list(range(len(shop.before)))
        assert all(graph.machine[i] == k for k, order in enumerate(orders) for i in order)
        _, _, makespan = longest_path(shop, graph.machine, orders)
        assert makespan == memory.state[MAKESPAN] >= memory.state[BEST]
    _, end = starts(shop, memory.best_machine, memory.best_order)
    assert end.max() == memory.state[BEST]


@few
@given(shops(), seeds, st.floats(0, 1))
def test_plans_between_two_keep_every_jobs_order_and_machines_of_either(problem, seed, share):
    shop, rng = pure_shop(problem), np.random.default_rng(seed)
    a = greedy_plan(shop, rng)
    machine, order = random_plan(shop, seed)
    b = ranked_plan(0, machine, starts(shop, machine, order)[0])
    machine, order = between(a, b, share, rng)
    rank = np.argsort(order)
    assert all(rank[i] > rank[j] for i, j in enumerate(shop.before) if j >= 0)
    assert ((machine == a.machine) | (machine == b.machine)).all()
