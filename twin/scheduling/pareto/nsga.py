"""NSGA-III over plans, and hypervolume: the one file that knows pymoo.

Sources: Deb & Jain (2014), IEEE Trans. Evol. Comput. 18:577 (NSGA-III); Das & Dennis (1998), SIAM
J. Optim. 8:631 (directions); Blank & Deb (2020), IEEE Access 8:89497 (pymoo).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.core.crossover import Crossover
from pymoo.core.evaluator import Evaluator
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.indicators.hv import HV
from pymoo.operators.mutation.nom import NoMutation
from pymoo.problems.static import StaticProblem
from pymoo.util.ref_dirs import get_reference_directions

from twin.scheduling.pareto.archive import Box, Point
from twin.scheduling.schedule import Schedule

__all__ = ["Nsga", "directions", "hypervolume"]

Array = NDArray[np.float64]
Mix = Callable[[Schedule, Schedule, np.random.Generator], Schedule]

PARTITIONS = {1: 1, 2: 40, 3: 9, 4: 5, 5: 4, 6: 3, 7: 3}
"""Of the simplex, by objectives: some sixty directions."""


def directions(k: int, partitions: int | None = None) -> Array:
    """(n, k) directions spread over the simplex, the corners among them."""
    n = PARTITIONS[k] if partitions is None else partitions
    rows: Array = get_reference_directions("das-dennis", k, n_partitions=n)
    return rows


def hypervolume(values: Array, box: Box) -> float:
    """Share of the box that (n, k) values beat, from 0 to 1."""
    if len(values) == 0:
        return 0.0
    scaled = np.clip(box.scaled(values), 0.0, None)
    return float(HV(ref_point=np.ones(values.shape[1]))(scaled))


class Nsga:
    """A population that is asked for offspring and told what became of them."""

    def __init__(self, seeds: Sequence[Point], mix: Mix, seed: int) -> None:
        k = len(seeds[0].values)
        self._problem, self._rng = Problem(n_var=1, n_obj=k), np.random.default_rng(seed)
        rows = directions(k)
        self._search = NSGA3(
            rows,
            pop_size=len(rows),
            sampling=_population(seeds),
            crossover=_Mixing(mix, self._rng),
            mutation=NoMutation(),
            eliminate_duplicates=False,
        )
        self._search.setup(self._problem, termination=NoTermination(), seed=seed, verbose=False)
        self._take(self._search.ask(), seeds)

    def ask(self) -> list[Schedule]:
        """Offspring, not yet settled."""
        self._asked = self._search.ask()
        return [genome.plan for genome in self._asked.get("X")[:, 0]]

    def tell(self, points: Sequence[Point]) -> None:
        """What the offspring just asked for have become, in their order."""
        self._take(self._asked, points)

    def _take(self, population: Any, points: Sequence[Point]) -> None:
        population.set("X", _column([point.schedule for point in points]))
        values = np.array([point.values for point in points])
        Evaluator().eval(StaticProblem(self._problem, F=values), population)
        with np.errstate(all="ignore"):  # a front that is flat in an objective has no hyperplane
            self._search.tell(infills=population)


class _Genome:
    """A plan as one thing: arrays of tuples of arrays would be taken apart."""

    def __init__(self, plan: Schedule) -> None:
        self.plan = plan


class _Mixing(Crossover):  # type: ignore[misc]
    """Two parents, two children: each has most of one of them."""

    def __init__(self, mix: Mix, rng: np.random.Generator) -> None:
        super().__init__(2, 2, prob=1.0)
        self._mix, self._random = mix, rng

    def _do(self, _problem: Any, X: Any, *_args: Any, **_kwargs: Any) -> Any:
        children = np.empty_like(X)
        for i, (one, other) in enumerate(zip(X[0, :, 0], X[1, :, 0], strict=True)):
            children[0, i, 0] = _Genome(self._mix(one.plan, other.plan, self._random))
            children[1, i, 0] = _Genome(self._mix(other.plan, one.plan, self._random))
        return children


def _population(points: Sequence[Point]) -> Any:
    return Population.new("X", _column([point.schedule for point in points]))


def _column(plans: Sequence[Schedule]) -> Any:
    return np.array([[_Genome(plan)] for plan in plans], object)
