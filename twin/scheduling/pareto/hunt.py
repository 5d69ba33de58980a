"""The search for a front: what is known of it, and what is left of the time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.scheduling.annealing.anneal import anneal
from twin.scheduling.check import check
from twin.scheduling.objectives import leaning, of_weights
from twin.scheduling.pareto.archive import Archive, Box, Point, box_of
from twin.scheduling.pareto.breed import Breeder
from twin.scheduling.pareto.checked import Checked
from twin.scheduling.pareto.nsga import Nsga, directions, hypervolume
from twin.scheduling.pareto.proof import Proof
from twin.scheduling.pareto.record import Front, TellFront, Traded
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Limit, Schedule, Terms

__all__ = ["Hunt"]

Array = NDArray[np.float64]

CAPACITY = 80
OTHERS = 0.05
"""What the others are worth in the anchor of one objective."""
TELL_SHARE = 0.02
"""Of the time, between two looks at a front that grows."""
CHECK_SHARE = 0.15
"""Of the time, for the checker, while the front grows."""
N_THREADS = 2
MARGIN = 0.05


class Hunt:
    """The archive and what is left of the time."""

    def __init__(
        self, problem: Problem, limit: Limit, names: tuple[str, ...], tell: TellFront | None
    ) -> None:
        self._problem, self._limit, self._names, self._tell = problem, limit, names, tell
        self._begun = limit.clock()
        self._archive = Archive(CAPACITY, np.array([getattr(problem.weights, n) for n in names]))
        self._seen: list[Point] = []
        self._begins: list[tuple[Terms, Schedule]] = []
        self._checked = Checked(problem, limit.clock)
        self._told_s, self._grown, self._proven = 0.0, False, False

    @property
    def seconds(self) -> float:
        return self._limit.clock() - self._begun

    def offer(self, plan: Schedule, begins: bool = False) -> None:
        """A plan from elsewhere: into the archive if it keeps the rules. `begins`: it is so good
        that anchors may begin at it."""
        verdict = check(self._problem, plan)
        if verdict.terms is not None and not verdict.faults:
            self._seen.append(self._taken(plan, verdict.terms))
            if begins:
                self._begins.append((verdict.terms, plan))

    def _taken(self, plan: Schedule, terms: Terms) -> Point:
        known = of_weights(terms)
        point = Point(np.array([known[name] for name in self._names]), plan)
        self._take(point)
        return point

    def anchor(self, seconds: float) -> None:
        """The annealer in one direction after the other, each with an equal share of them, from
        what is best in that direction so far: a second or two from nothing leads nowhere near."""
        rows = _anchor_rows(len(self._names))
        each_s = seconds / (len(rows) + 1)
        self._anneal(self._problem, each_s)
        for row in rows:
            shares, scale = row.tolist(), self._scale().tolist()
            self._anneal(leaning(self._problem, self._names, shares, scale), each_s)

    def _anneal(self, problem: Problem, seconds: float) -> None:
        limit = self._limit._replace(seconds=seconds, seed=self._limit.seed + len(self._seen))
        try:
            self.offer(anneal(problem, limit, self._best(problem)).schedule, begins=True)
        except PlanningError:  # in so short a time; other directions may have more luck
            return
        self._look()

    def _best(self, problem: Problem) -> Schedule | None:
        """Where an anchor may begin: what costs least by the weights of a problem."""

        def total(begin: tuple[Terms, Schedule]) -> float:
            known = of_weights(begin[0])
            return sum(float(getattr(problem.weights, name)) * known[name] for name in known)

        return min(self._begins, key=total)[1] if self._begins else None

    def _scale(self) -> Array:
        """A unit of each objective: how far it varies, as far as is known, or its size."""
        if not self._seen:
            return np.ones(len(self._names))
        values = np.array([point.values for point in self._seen])
        span, size = np.ptp(values, axis=0), np.abs(values).max(axis=0)
        unit: Array = np.where(span > 1e-6 * size, span, np.where(size > 0, size, 1.0))
        return unit

    def evolve(self, until_s: float) -> None:
        """NSGA-III until then, but for checking what is not checked yet."""
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
            while self.seconds + self._checked.expected_s(self._archive.points) < until_s:
                nsga.tell(settle(nsga.ask()))

    def prove(self) -> None:
        """CP-SAT asked for what is missing, until the time is over or nothing is."""
        self._check_all()
        proof = Proof(
            self._problem, self._names, [p for p, _ in self._checked.sound(self._archive.points)]
        )
        while (left := self._limit.seconds - self.seconds) > 0.0:
            zone = proof.next_zone()
            if zone is None:
                break
            plan = proof.ask(zone, self._limit._replace(seconds=left))
            verdict = check(self._problem, plan) if plan is not None else None
            if plan is not None and verdict is not None and verdict.terms is not None:
                proof.add(self._taken(plan, verdict.terms))
                self._look()
        self._proven = proof.is_done and not self._archive.has_lost

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
        self._check_all()
        return self._front(growing=False)

    def _check_all(self) -> None:
        for point in self._checked.missing(self._archive.points):
            self._checked.check(point)

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
            self._proven,
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
