"""The Pareto front of a plant: plans that trade tardiness, risk, energy and changeover.

First anchors: the annealer, once for the plan as its weights have it, once for each objective
nearly alone, and for each pair. They and the dispatch rules' plans seed NSGA-III, whose offspring
are walks of the annealer (`pareto_breed`). All that is seen is offered to an external archive,
which is the front: nothing good is lost with the population. Shown as it grows.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.scheduling.anneal import anneal
from twin.scheduling.check import check
from twin.scheduling.objectives import leaning, of_weights
from twin.scheduling.pareto_archive import Archive, Box, Point, box_of
from twin.scheduling.pareto_breed import Breeder
from twin.scheduling.pareto_checked import Checked
from twin.scheduling.pareto_nsga import Nsga, directions, hypervolume
from twin.scheduling.problem import Problem
from twin.scheduling.rules import RULES
from twin.scheduling.schedule import Limit, Schedule, Terms

__all__ = ["TRADED", "Front", "Traded", "pareto_front"]

Array = NDArray[np.float64]

TRADED = ("tardiness", "risk", "energy", "changeover")
"""What is traded if nothing else is said: all that is money."""
CAPACITY = 80
ANCHOR_SHARE = 0.35
"""Of the time, for anchors."""
OTHERS = 0.05
"""What the others are worth in the anchor of one objective."""
TELL_SHARE = 0.02
"""Of the time, between two looks at a front that grows."""
CHECK_SHARE = 0.15
"""Of the time, for the checker, while the front grows."""
N_THREADS = 2
MARGIN = 0.05


class Traded(NamedTuple):
    """One point that the planner can pick."""

    schedule: Schedule
    terms: Terms


class Front(NamedTuple):
    """Plans of which none is at least as good as another in all of `objectives`."""

    objectives: tuple[str, ...]
    points: tuple[Traded, ...]
    """By the first objective, rising."""
    box: Box
    """The best and the worst of each objective among rules' plans and anchors, with a margin."""
    hypervolume: float
    """Share of the box that the points beat, 0 to 1."""
    seconds: float
    growing: bool


TellFront = Callable[[Front], None]


def pareto_front(
    problem: Problem,
    limit: Limit,
    objectives: Sequence[str] = TRADED,
    start: Schedule | None = None,
    tell: TellFront | None = None,
    seeded: bool = True,
) -> Front:
    """Trade objectives (names of weights) against each other until the time is over.

    `start`: a plan to take along. Unseeded it has dispatch rules instead of anchors, to compare.
    Every point has gone through the checker. Raises PlanningError where there is no plan at all.
    """
    hunt = _Hunt(problem, limit, tuple(objectives), tell)
    plans = list(_rule_plans(problem)) + ([start] if start is not None else [])
    for plan in plans:
        hunt.offer(plan)
    if seeded:
        hunt.anchor()
    hunt.evolve()
    return hunt.done()


def _rule_plans(problem: Problem) -> Iterator[Schedule]:
    for rule in RULES.values():
        try:
            yield rule(problem)
        except PlanningError:
            continue


class _Hunt:
    """The archive and what is left of the time."""

    def __init__(
        self, problem: Problem, limit: Limit, names: tuple[str, ...], tell: TellFront | None
    ) -> None:
        self._problem, self._limit, self._names, self._tell = problem, limit, names, tell
        self._begun = limit.clock()
        self._archive = Archive(CAPACITY)
        self._seen: list[Point] = []
        self._checked = Checked(problem, limit.clock)
        self._told_s, self._grown = 0.0, False

    @property
    def seconds(self) -> float:
        return self._limit.clock() - self._begun

    def offer(self, plan: Schedule) -> None:
        """A plan from elsewhere: into the archive if it keeps the rules."""
        verdict = check(self._problem, plan)
        if verdict.terms is not None and not verdict.faults:
            terms = of_weights(verdict.terms)
            point = Point(np.array([terms[name] for name in self._names]), plan)
            self._seen.append(point)
            self._take(point)

    def anchor(self) -> None:
        """The annealer in one direction after the other, each with an equal share of the time."""
        rows = _anchor_rows(len(self._names))
        each_s = ANCHOR_SHARE * self._limit.seconds / (len(rows) + 1)
        self._anneal(self._problem, each_s)
        for row in rows:
            shares, scale = row.tolist(), self._scale().tolist()
            self._anneal(leaning(self._problem, self._names, shares, scale), each_s)

    def _anneal(self, problem: Problem, seconds: float) -> None:
        limit = self._limit._replace(seconds=seconds, seed=self._limit.seed + len(self._seen))
        try:
            self.offer(anneal(problem, limit).schedule)
        except PlanningError:  # in so short a time; other directions may have more luck
            return
        self._look()

    def _scale(self) -> Array:
        """A unit of each objective: how far it varies, as far as is known, or its size."""
        if not self._seen:
            return np.ones(len(self._names))
        values = np.array([point.values for point in self._seen])
        span, size = np.ptp(values, axis=0), np.abs(values).max(axis=0)
        unit: Array = np.where(span > 1e-6 * size, span, np.where(size > 0, size, 1.0))
        return unit

    def evolve(self) -> None:
        """NSGA-III until the time is over, but for checking what is not checked yet."""
        if not self._archive.points:
            raise PlanningError("no plan that keeps the rules was found: there is nothing to trade")
        k, around = len(self._names), self._archive.points[0]
        rows = directions(k, 3 if k > 2 else 10) + OTHERS
        breeder = Breeder(self._problem, self._names, rows, self._scale(), around.schedule)
        rng, turns = np.random.default_rng(self._limit.seed), count(self._limit.seed * 1_000_003)
        with ThreadPoolExecutor(N_THREADS) as pool:

            def settle(plans: Sequence[Schedule]) -> list[Point]:
                found = breeder.all_walked(plans, next(turns), pool)
                points = [around if point is None else point for point in found]
                for point in points:
                    self._take(point)
                self._look()
                return points

            parents = [point.schedule for point in self._seen]
            pairs = rng.integers(len(parents), size=(max(0, len(directions(k)) - len(parents)), 2))
            first = [breeder.mixed(parents[a], parents[b], rng) for a, b in pairs]
            nsga = Nsga([*self._seen, *settle(first)], breeder.mixed, self._limit.seed)
            while (
                self.seconds + self._checked.expected_s(self._archive.points) < self._limit.seconds
            ):
                nsga.tell(settle(nsga.ask()))

    def _take(self, point: Point) -> None:
        self._grown |= self._archive.offer(point)

    def _look(self) -> None:
        """Check some of what is new; tell the front if it has grown, now and then."""
        new = self._checked.missing(self._archive.points)
        while new and self._checked.seconds < CHECK_SHARE * self.seconds:
            self._checked.check(new.pop(0))
        due = self._told_s + TELL_SHARE * self._limit.seconds
        if self._tell is not None and self._grown and self.seconds >= due:
            self._grown = False
            self._tell(self._front(growing=True))
            self._told_s = self.seconds

    def done(self) -> Front:
        for point in self._checked.missing(self._archive.points):
            self._checked.check(point)
        return self._front(growing=False)

    def _front(self, growing: bool) -> Front:
        """What the checker has found no fault in."""
        points = self._checked.sound(self._archive.points)
        values = np.array([point.values for point, _ in points])
        box = self._box()
        return Front(
            self._names,
            tuple(Traded(point.schedule, terms) for point, terms in points),
            box,
            hypervolume(values, box),
            self.seconds,
            growing,
        )

    def _box(self) -> Box:
        """About rules' plans and anchors, with a margin: what is at its side still beats something.

        Evolution leaves it as it is, so that the share grows with the front.
        """
        best, worst = box_of(np.array([point.values for point in self._seen]))
        return Box(best - MARGIN * (worst - best), worst + MARGIN * (worst - best))


def _anchor_rows(k: int) -> Array:
    """Each objective nearly alone, then every pair."""
    rows = directions(k, 2 if k > 2 else 4)
    return rows[np.argsort(-rows.max(axis=1), kind="stable")] + OTHERS
