"""Tabu search with relinking for the flexible job shop; the classical one is its special case.

From a start and a few random greedy plans a search runs until nothing better comes for a while;
what it finds is kept among a few elite plans, and each next search begins between two of those.
Once that leads no further a new elite is bred: from nothing, and from the best of those before, in
turns.
Source: Mastrolilli & Gambardella (2000); González, Vela & Varela (2015), "Scatter search with path
relinking for the flexible job shop scheduling problem", European Journal of Operational Research
245; Peng, Lü & Cheng (2015), "A tabu search/path relinking algorithm to solve the job shop
scheduling problem", Computers & Operations Research 53.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.scheduling.jobshop_graph import (
    Shop,
    makespan_bound,
    makespan_cost,
    pure_shop,
    shop_schedule,
)
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Answer, Limit, Schedule, Tell
from twin.scheduling.tabu.balance import balance
from twin.scheduling.tabu.elite import Elite, Plan, between, greedy_plan, ranked_plan
from twin.scheduling.tabu.graph import empty_graph, load
from twin.scheduling.tabu.memory import BEST, BEST_AT, ITERATION, empty_memory
from twin.scheduling.tabu.search import begin, search

__all__ = ["tabu", "warm_up"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 20_000
"""Operations times moves between two looks at the clock: some milliseconds."""


class _Habits(NamedTuple):
    """How a search goes about it; found by trial on instances that no figure is claimed for."""

    blocks: bool
    """Moves of the classical job shop."""
    patience: int
    """Moves without a better plan, after which a search ends."""
    tenure: int
    spread: int
    """A move's undoing stays forbidden for tenure … tenure + spread − 1 moves."""
    n_elite: int
    idle: int
    """Searches that better nothing in the elite, after which a new one is bred."""
    by_share: float
    """How many greedy plans choose machines by how work is best spread."""


CLASSIC = _Habits(True, 4_000, 12, 8, 8, 30, 0.0)
FLEXIBLE = _Habits(False, 250, 12, 12, 12, 48, 0.75)


def tabu(
    problem: Problem, limit: Limit, start: Schedule | None = None, tell: Tell | None = None
) -> Answer:
    """The best plan found in time, and a simple bound; it ends early if the two meet.

    Repeats for a seed as far as it gets. Raises PlanningError if the problem is more than a pure
    job shop (`pure_shop`), or no plan ends within the horizon.
    """
    began = limit.clock()
    shop = pure_shop(problem)
    run = _Run(problem, shop, limit, began, tell)
    run.first(start)
    while run.goes_on():
        run.again()
    return run.answer()


def warm_up() -> None:
    """Compile the search, or read it from the cache, and load all solvers before a clock runs."""
    one, zero = np.ones(1, np.int64), np.zeros(1, np.int64)
    shop = Shop(-one, -one, zero, np.arange(2, dtype=np.int64), zero, one, 1)
    graph, memory = empty_graph(shop), empty_memory(shop, 1)
    begin(shop, graph, memory, zero, zero)
    search(shop, graph, memory, True, 1, 0, 1, 1)
    load(shop, graph, zero, zero)
    balance(shop)


class _Run:
    """One call's search."""

    def __init__(
        self, problem: Problem, shop: Shop, limit: Limit, began: float, tell: Tell | None
    ) -> None:
        self.problem, self.shop, self.tell = problem, shop, tell
        self.limit, self.began = limit, began
        self.bound = makespan_bound(shop)
        self.share: Array | None = None
        self.graph, self.memory = empty_graph(shop), empty_memory(shop, limit.seed)
        self.rng = np.random.default_rng(limit.seed)
        self.habits = CLASSIC
        if len(shop.machines) > len(shop.before):
            self.habits = FLEXIBLE
            bound, self.share = balance(shop)
            self.bound = max(self.bound, bound)
        self.elite = Elite(self.habits.n_elite)
        self.idle = self.bred = 0
        self.best: Answer | None = None
        self.best_makespan = np.iinfo(np.int64).max
        self.chunk = max(1, CHUNK // len(shop.before))

    def goes_on(self) -> bool:
        in_time = self.limit.clock() - self.began < self.limit.seconds
        return in_time and self.best_makespan > self.bound

    def first(self, start: Schedule | None) -> None:
        """Search from the start given, or else from a greedy plan."""
        plan = self._greedy() if start is None else self._read(start)
        self._descend(plan.machine, plan.order, ())
        self.champion = self.elite.best

    def again(self) -> None:
        """Search from another greedy plan while there are few, then between two good ones."""
        if self.idle >= self.habits.idle:
            self._breed()
        if not self.elite.full:
            plan = self._greedy()
            self._descend(plan.machine, plan.order, ())
            return
        a, b = self.elite.pair(self.rng)
        machine, order = between(a, b, self.rng.uniform(0.3, 0.7), self.rng)
        self._descend(machine, order, (a, b))

    def _greedy(self) -> Plan:
        """By the end of each operation, or by how work is best spread, in turns by chance."""
        by_share = self.share is not None and self.rng.random() < self.habits.by_share
        return greedy_plan(self.shop, self.rng, self.share if by_share else None)

    def _breed(self) -> None:
        """A new elite: of nothing, or of the last one's best and the best of all, in turns."""
        last, self.elite, self.idle = self.elite.best, Elite(self.habits.n_elite), 0
        self.bred += 1
        if self.bred % 2 == 0:
            self.elite.keep(last)
            self.elite.keep(self.champion)
        self.champion = min(self.champion, last, key=lambda plan: plan.makespan)

    def answer(self) -> Answer:
        if self.best is None:
            raise PlanningError(
                f"job shop: got a makespan of {self.best_makespan}, want ≤ {self.problem.horizon}"
            )
        return self.best

    def _read(self, start: Schedule) -> Plan:
        if (start.machine < 0).any():
            raise PlanningError("job shop: got a start that leaves operations out, want all placed")
        return ranked_plan(0, start.machine, start.start)

    def _descend(self, machine: Ints, order: Ints, parents: tuple[Plan, ...]) -> None:
        """Search from one plan until patience or time ends, and keep what was found."""
        blocks, patience, tenure, spread, *_ = self.habits
        state, arrays = self.memory.state, (self.shop, self.graph, self.memory)
        begin(*arrays, machine, order)
        self._note()
        while self.goes_on() and state[ITERATION] - state[BEST_AT] < patience:
            search(*arrays, blocks, self.chunk, self.bound, tenure, spread)
            self._note()
        self.idle = 0 if self.elite.keep(self._found(), parents) else self.idle + 1

    def _found(self) -> Plan:
        """The best of this descent."""
        load(self.shop, self.graph, self.memory.best_machine, self.memory.best_order)
        best = int(self.memory.state[BEST])
        return ranked_plan(best, self.graph.machine, self.graph.head)

    def _note(self) -> None:
        """Tell of a better plan; one that ends beyond the horizon is not yet an answer."""
        makespan = int(self.memory.state[BEST])
        if makespan >= self.best_makespan:
            return
        self.best_makespan = makespan
        if makespan > self.problem.horizon:
            return
        scratch = empty_graph(self.shop)
        load(self.shop, scratch, self.memory.best_machine, self.memory.best_order)
        self.best = Answer(
            shop_schedule(self.problem, scratch.machine, scratch.head, makespan),
            makespan_cost(self.problem, makespan),
            makespan_cost(self.problem, self.bound),
            self.limit.clock() - self.began,
        )
        if self.tell is not None:
            self.tell(self.best)
