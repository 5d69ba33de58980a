"""The front of small problems: equal to what is proven, and every value there attained."""

import time
from typing import NamedTuple

import numpy as np
import pytest

from tests.reference.exhaustive import every_schedule
from tests.scheduling.tiny import tiny_problem
from twin.scheduling.check import check
from twin.scheduling.objectives import of_weights
from twin.scheduling.pareto.archive import Box
from twin.scheduling.pareto.front import pareto_front
from twin.scheduling.pareto.zones import Zones
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem
from twin.scheduling.schedule import Limit

LIMIT = Limit(120.0, time.perf_counter)
"""More than any proof here needs, on however busy a machine: a search ends when it has proof."""


@pytest.fixture(autouse=True)
def _short_hunt(monkeypatch):
    """Half a second for anchors and evolution; what they miss, the proofs find."""
    monkeypatch.setattr("twin.scheduling.pareto.front.PROOF_SHARE", {2: 0.996, 3: 0.996})


class Shop(NamedTuple):
    """Flexible, each operation on a few of the machines: some faster, some with less power."""

    seed: int
    jobs: int
    steps: int
    machines: int
    horizon: int
    families: int = 1
    durations: tuple[int, int] = (2, 4)
    choices: int = 2
    price: tuple[float, ...] = (2.0,)
    due: tuple[int, int] = (4, 11)

    def problem(self):
        """All costs are whole numbers; a tick is an hour, a family's change takes one."""
        rng = np.random.default_rng(self.seed)
        return Problem(
            tuple(self._job(rng, f"j{j}") for j in range(self.jobs)),
            tuple(Machine(f"m{m}", family=0, setup_cost_h=2.0) for m in range(self.machines)),
            (((0, self.horizon),),),
            self.horizon,
            setups=(1 - np.eye(self.families, dtype=np.int64),),
            price=np.array(self.price),
            bucket=12,
            tick_s=3600.0,
        )

    def _job(self, rng, name):
        family = int(rng.integers(self.families)) if self.families > 1 else 0
        steps = tuple(self._operation(rng, family) for _ in range(self.steps))
        due, late = int(rng.integers(self.due[0], self.due[1] + 1)), float(rng.integers(1, 6))
        return Job(name, steps, 0, due, late)

    def _operation(self, rng, family):
        on, (least, most) = rng.permutation(self.machines)[: self.choices], self.durations
        kinds = [(int(rng.integers(least, most + 1)), float(rng.integers(1, 5))) for _ in on]
        return Operation(
            tuple(Alternative(m, *kind) for m, kind in zip(on.tolist(), kinds, strict=True)), family
        )


PROVEN = {
    # 12 operations, with setups, and power that is cheap from the twelfth hour on
    (
        Shop(2, 4, 3, 4, 30, families=2, durations=(3, 3), price=(6.0, 2.0)),
        ("makespan", "energy"),
    ): [
        *((10, 576), (11, 558), (12, 540), (13, 494), (14, 434), (15, 390), (16, 356), (17, 316)),
        *((18, 264), (19, 240), (20, 216), (21, 192), (22, 186), (23, 180), (25, 174)),
    ],
    # 20, with due dates
    (Shop(1, 5, 4, 6, 32, due=(8, 19)), ("tardiness", "energy")): [
        *((4, 256), (10, 252), (12, 244), (22, 240), (40, 236)),
    ],
    # 30, three machines for each
    (Shop(2, 6, 5, 8, 60, durations=(2, 7), choices=3), ("makespan", "energy")): [
        *((18, 408), (19, 384), (20, 378), (21, 370), (22, 366), (24, 362), (26, 360), (28, 356)),
        (29, 354),
    ],
}
"""By `epsilon.exact_front` with a minute for each step, point by point from nothing: no annealing,
no evolution, no zones; each value the least under the caps, proven by CP-SAT."""


def values(terms, names):
    return tuple(round(of_weights(terms)[name], 6) for name in names)


@pytest.mark.parametrize(("shop", "names"), PROVEN, ids=lambda x: getattr(x, "jobs", None))
def test_front_is_the_proven_one_up_to_thirty_operations(shop, names):
    problem = shop.problem()
    front = pareto_front(problem, LIMIT, names)
    assert [values(point.terms, names) for point in front.points] == PROVEN[shop, names]
    assert front.proven
    for point in front.points:
        assert check(problem, point.schedule) == ((), point.terms)


@pytest.mark.parametrize(
    ("seed", "names"),
    [
        (0, ("tardiness", "energy", "changeover")),
        (8, ("makespan", "idle", "risk")),
        (1, ("stability", "energy")),
    ],
)
def test_front_of_a_tiny_problem_is_what_nothing_beats_of_all_there_is(seed, names):
    problem = tiny_problem(seed)
    verdicts = (check(problem, schedule) for schedule in every_schedule(problem))
    known = {values(verdict.terms, names) for verdict in verdicts if verdict.valid}
    best = {a for a in known if not any(b != a and np.all(np.less_equal(b, a)) for b in known)}
    front = pareto_front(problem, LIMIT, names)
    assert front.proven
    assert [values(point.terms, names) for point in front.points] == sorted(best)


def test_zones_hold_just_what_no_point_equals_or_beats():
    rng = np.random.default_rng(1)
    points, zones = rng.integers(1, 7, (12, 3)).astype(float), Zones(3, [1.0] * 3)
    for point in points:
        zones.add(point)
    uppers = zones.open(Box(points.min(axis=0), points.max(axis=0)))
    for x in np.ndindex(8, 8, 8):
        free = not np.any(np.all(points <= np.array(x), axis=1))
        assert free == bool(np.any(np.all(np.array(x) <= zones.caps(uppers), axis=1)))
    for upper in uppers:
        zones.close(upper)
    assert len(zones.open(Box(points.min(axis=0), points.max(axis=0)))) == 0
