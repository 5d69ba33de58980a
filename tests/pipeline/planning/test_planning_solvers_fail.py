"""Solvers that lie, die, wait or are not compiled yet: there is a plan all the same."""

import numpy as np
import pytest
from planning_bench import World, planned_world

from twin.errors import PlanningError
from twin.pipeline.planning.compiled import small_problem
from twin.scheduling.check import check
from twin.scheduling.rules import best_rule
from twin.scheduling.schedule import Answer, Schedule

pytestmark = pytest.mark.usefixtures("known_cost")


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, 4, mill_0=60.0)


def wrong(problem, _start, _seconds, _seed):
    """A solver that lies: all at once on the first machine that can, and for free."""
    first = [op.alternatives[0].machine for job in problem.jobs for op in job.operations]
    machine = np.array(first, np.int64)
    nobody = np.full(len(problem.tasks), -1, np.int64)
    schedule = Schedule(machine, np.zeros(len(machine), np.int64), nobody, nobody)
    return Answer(schedule, -1e9, None, 0.0)


def test_a_plan_that_the_checker_faults_is_never_written(tmp_path):
    world = World(tmp_path, improve=wrong)
    for n in range(4):
        world.add_order(f"A-{n}")
    world.settle()
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert world.loop.refused > 0
    assert world.document("planning")["refused"] == world.loop.refused
    for name, text in world.store.documents("schedule").items():
        assert b'"anneal"' not in text, name


def died(_problem, _start, _seconds, _seed):
    raise PlanningError("the solver's process ended by signal SIGABRT")


def test_a_solver_that_dies_leaves_the_plan_of_the_rules(tmp_path):
    world = World(tmp_path, improve=died)
    world.add_order("A-0")
    world.settle()
    assert world.document("in_force")["operations"]
    assert world.document("in_force")["solver"] in {"spt", "edd", "atc", "risk"}


def test_the_very_first_plan_is_shown_at_once_and_in_force_when_it_has_been_improved(tmp_path):
    asked = []

    def improve(problem, start, _seconds, _seed):
        asked.append(problem)
        assert start is None  # from nothing: a rule's plan would hold it
        _, schedule, terms = best_rule(problem)
        return Answer(schedule, terms.total, None, 0.0)

    world = World(tmp_path, improve=improve)
    world.add_order("A-0")
    world.desk_step()
    assert world.step() == "first"
    assert not asked
    assert world.document("proposed")["operations"]
    assert world.document("in_force") is None
    world.settle()
    assert asked
    assert world.document("in_force")["who"] == "planner"


def test_only_a_plan_that_nobody_waits_for_is_polished(world):
    calls = []

    def by(name):
        def improve(_problem, _start, _seconds, _seed):
            calls.append(name)
            raise PlanningError("nothing better")

        return improve

    world.loop.improve, world.loop.unhurried = by("hurried"), by("unhurried")
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle() == ["rush"]
    world.wall += 700.0
    assert world.step() == "clock"
    assert calls == ["hurried", "unhurried"]


class Compiler:
    """Says what it is told to."""

    ready, long = False, True

    def is_ready(self):
        return self.ready

    def is_long(self):
        return self.long


def test_while_solvers_compile_plans_come_from_rules_and_the_first_in_force_waits(tmp_path):
    asked = []

    def improve(problem, *_):
        asked.append(problem)
        _, schedule, terms = best_rule(problem)
        return Answer(schedule, terms.total, None, 0.0)

    world, compiler = World(tmp_path, improve=improve), Compiler()
    world.loop._compiling = compiler
    world.add_order("A-0")
    world.settle()
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle() == ["rush"]
    assert {o["order"] for o in world.document("proposed")["operations"]} == {"A-0", "RUSH"}
    assert not asked
    assert world.document("in_force") is None
    assert world.document("planning")["compiling"] is True
    compiler.ready, compiler.long = True, False
    world.settle()
    assert asked
    assert world.document("in_force")["who"] == "planner"
    assert world.document("planning")["compiling"] is False


def test_a_restart_does_not_put_a_plan_of_the_rules_where_an_improved_one_was(world):
    asked, compiler, before = [], Compiler(), world.document("proposed")

    def improve(problem, *_):
        asked.append(problem)
        raise PlanningError("nothing better")

    world.improve = improve
    world.restart()
    world.loop._compiling = compiler
    for _ in range(3):
        assert world.settle() == []
        world.wall += 700.0
    assert world.document("proposed") == before
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle() == ["rush"], "what comes meanwhile is planned for by rules"
    assert not asked
    compiler.ready = True
    assert world.settle() == ["clock"]
    assert asked


def test_the_small_plant_that_solvers_are_compiled_on_can_be_planned():
    problem = small_problem()
    _, schedule, _ = best_rule(problem)
    assert not check(problem, schedule).faults
    assert (schedule.machine >= 0).all()
