import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.pipeline import apart_solvers
from twin.errors import PlanningError
from twin.pipeline.apart import ApartError, run_apart
from twin.scheduling.cpsat.solver import cpsat
from twin.scheduling.problem import Alternative, Job, Machine, Operation, Problem, Weights
from twin.scheduling.schedule import Schedule

PROBLEM = Problem(
    jobs=(Job("j", (Operation((Alternative(0, 2),)),)),),
    machines=(Machine("m"),),
    calendars=(((0, 9),),),
    horizon=9,
)


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_answers_arrive_as_they_are_found_and_the_last_is_the_answer():
    told = []
    answer = run_apart(apart_solvers.improves, PROBLEM, 5.0, seed=7, tell=told.append)
    assert [better.cost for better in told] == [9.0, 8.0, 7.0]
    assert answer.cost == 7.0
    assert answer.schedule.start.tolist() == [-1]


def test_what_aborts_at_times_is_asked_apart_and_proves_its_answer():
    """Two ticks of a minute, each worth 1."""
    problem = replace(PROBLEM, weights=Weights(makespan=60.0))
    answer = run_apart(cpsat, problem, 20.0)
    assert answer.schedule.start.tolist() == [0]
    assert (answer.cost, answer.bound) == pytest.approx((2.0, 2.0))


def test_solver_gets_its_start_and_its_seconds():
    start = Schedule(np.array([0]), np.array([3]), np.zeros(0, int), np.zeros(0, int))
    answer = run_apart(apart_solvers.takes_its_start, PROBLEM, 2.5, start=start)
    assert (answer.schedule.start.tolist(), answer.cost) == ([3], 2.5)


@pytest.mark.parametrize(
    ("solver", "said", "best"),
    [("aborts", "SIGABRT", 1.0), ("dies", "SIGKILL", None), ("exits", "exit code 3", None)],
)
def test_death_of_the_process_is_an_error_that_keeps_what_was_told(solver, said, best):
    with pytest.raises(ApartError, match=said) as caught:
        run_apart(getattr(apart_solvers, solver), PROBLEM, 5.0)
    assert (caught.value.best and caught.value.best.cost) == best


def test_what_hangs_is_ended_after_its_time_and_grace():
    with pytest.raises(ApartError, match="too long") as caught:
        run_apart(apart_solvers.hangs, PROBLEM, 0.1, seed=4, grace_s=0.1)
    assert caught.value.best.cost == 4.0


def test_what_is_stopped_answers_with_the_best_so_far():
    told = []
    answer = run_apart(
        apart_solvers.hangs, PROBLEM, 60.0, tell=told.append, stop=lambda: len(told) == 3
    )
    assert answer.cost == told[-1].cost == 1.0


def test_error_of_the_solver_is_raised_as_its_own():
    with pytest.raises(PlanningError, match=r"^nothing fits within 9$"):
        run_apart(apart_solvers.finds_none, PROBLEM, 5.0)


def test_error_of_the_listener_leaves_no_process(pipe):
    held = []

    def refuse(_):
        held.append(pipe.open())
        raise RuntimeError("nobody listens")

    with pytest.raises(RuntimeError, match="nobody listens"):
        run_apart(partial(apart_solvers.holds, str(pipe)), PROBLEM, 60.0, tell=refuse)
    with held[0] as line:
        assert int(line.readline())
        assert line.read() == ""


def test_process_ends_with_its_parent_however_that_ends(pipe):
    parent = subprocess.Popen([sys.executable, __file__, str(pipe)], env=_with_tests())
    with pipe.open() as held:
        assert int(held.readline()) != parent.pid
        parent.kill()
        parent.wait()
        assert held.read() == ""


def _with_tests() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


if __name__ == "__main__":
    run_apart(partial(apart_solvers.holds, sys.argv[1]), PROBLEM, 600.0)
