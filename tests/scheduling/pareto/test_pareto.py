"""What is true of any Pareto front; exact ones are in test_pareto_exact."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scheduling.counted_clock import CountedClock
from twin.errors import PlanningError
from twin.evaluation.invented import small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.annealing.anneal import anneal
from twin.scheduling.check import check
from twin.scheduling.objectives import of_weights
from twin.scheduling.pareto import hunt
from twin.scheduling.pareto.archive import Archive, Box, Point
from twin.scheduling.pareto.front import TRADED, pareto_front
from twin.scheduling.pareto.nsga import directions, hypervolume
from twin.scheduling.problem import Alternative, Crew, Job, Machine, Operation, Problem, Task
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Limit, empty_schedule


def limit(seconds, seed=1):
    return Limit(seconds, CountedClock(0.02), seed)


def values(terms, names):
    return tuple(round(of_weights(terms)[name], 6) for name in names)


@pytest.mark.parametrize("seeded", [True, False])
@pytest.mark.parametrize("make", [small_plant, lambda seed: random_problem(rng(seed))])
def test_points_keep_the_rules_and_none_beats_another(make, seeded):
    problem, told = make(6), []
    front = pareto_front(problem, limit(1.5), tell=told.append, seeded=seeded, small=0)
    for shown in (*told, front):
        known = np.array([values(point.terms, TRADED) for point in shown.points])
        for point in shown.points:
            assert check(problem, point.schedule) == ((), point.terms)
        for row in known:
            better = np.all(known <= row, axis=1) & np.any(known < row, axis=1)
            assert not better.any()
        assert 0.0 <= shown.hypervolume <= 1.0
    assert not front.growing
    assert all(shown.growing for shown in told)


def test_front_beats_or_has_a_plan_as_good_as_the_best_rule():
    problem = small_plant(2)
    want = np.array(values(best_rule(problem)[2], TRADED))
    front = pareto_front(problem, limit(1.5), small=0)
    known = np.array([values(point.terms, TRADED) for point in front.points])
    assert np.any(np.all(known <= want + 1e-6, axis=1))


def test_anchors_begin_at_the_best_plan_of_their_direction(monkeypatch):
    problem = small_plant(3)
    start = best_rule(problem)[1]
    known, begun = [start], []

    def spied(leaning, limit, begin):
        totals = [check(leaning, plan).terms.total for plan in known]
        begun.append((check(leaning, begin).terms.total, min(totals)))
        answer = anneal(leaning, limit, begin)
        known.append(answer.schedule)
        return answer

    monkeypatch.setattr(hunt, "anneal", spied)
    pareto_front(problem, limit(2.0), start=start, small=0)
    got, want = zip(*begun, strict=True)
    assert len(got) > 5
    assert got == pytest.approx(want)


def test_same_seed_and_clock_give_the_same_front():
    fronts = [pareto_front(small_plant(3), limit(1.0, seed=5), small=0) for _ in range(2)]
    one, other = ([point.terms for point in front.points] for front in fronts)
    assert one == other


def test_services_alone_have_the_front_of_their_best_starts():
    """Every order is done; two services, a crew that can do one at a time, curves that fall."""
    service = Task("a", 0, 5, 0, 40, (9.0, 7.0, 4.0), 50.0)
    problem = Problem(
        (), (Machine("m"),) * 2, (((0, 60),),), 60, (service, service._replace(machine=1))
    )
    front = pareto_front(replace(problem, crews=(Crew("c"),)), limit(0.6))
    assert [point.terms.risk for point in front.points] == [8.0]


def test_where_there_is_no_plan_there_is_nothing_to_trade():
    job = Job("too long", (Operation((Alternative(0, 5),)),))
    with pytest.raises(PlanningError):
        pareto_front(Problem((job,), (Machine("m"),), (((0, 4),),), 4), limit(0.5))


def rng(seed):
    return np.random.default_rng(seed)


def nothing():
    return empty_schedule(small_plant(1))


@pytest.mark.parametrize("seed", range(5))
def test_archive_keeps_what_nothing_beats(seed):
    offered = rng(seed).integers(0, 6, (60, 3)).astype(float)
    archive = Archive(100)
    for row in offered:
        archive.offer(Point(row, nothing()))
    want = {tuple(a) for a in offered if not any(np.all(b <= a) and np.any(b < a) for b in offered)}
    assert {tuple(point.values) for point in archive.points} == want
    assert len(archive.points) == len(want)


def test_full_archive_keeps_the_extremes_and_spreads():
    """Points on a line: of those crowded at one end some go, the ends stay."""
    archive = Archive(6)
    for x in (0.0, 0.01, 0.02, 0.03, 0.5, 1.0, 0.25, 0.75):
        archive.offer(Point(np.array([x, 1.0 - x]), nothing()))
    kept = sorted(point.values[0] for point in archive.points)
    assert len(kept) == 6
    assert (kept[0], kept[-1]) == (0.0, 1.0)
    assert {0.25, 0.5, 0.75} <= set(kept)


def test_full_archive_keeps_what_costs_least():
    """However crowded it stands: in the middle of three where one must go."""
    archive = Archive(4, worth=np.array([1.0, 1.0]))
    for row in ((0.0, 10.0), (10.0, 0.0), (0.95, 1.1), (1.0, 1.0), (1.1, 0.95)):
        archive.offer(Point(np.array(row), nothing()))
    assert (1.0, 1.0) in {tuple(point.values) for point in archive.points}
    assert len(archive.points) == 4


def test_hypervolume_is_the_area_of_the_steps():
    """In a box of 4 by 2: (1, 1) beats 3 · 1, (2, 0) beats 2 · 2, both 2 · 1."""
    box = Box(np.zeros(2), np.array([4.0, 2.0]))
    assert hypervolume(np.array([[1.0, 1.0], [2.0, 0.0]]), box) == pytest.approx(5.0 / 8.0)
    assert hypervolume(np.array([[9.0, 0.0]]), box) == 0.0
    assert hypervolume(np.zeros((0, 2)), box) == 0.0


def test_directions_have_corners_and_sum_to_one():
    for k in range(2, 8):
        rows = directions(k)
        assert rows.sum(axis=1) == pytest.approx(1.0)
        assert {tuple(row) for row in np.eye(k)} <= {tuple(row) for row in rows}
