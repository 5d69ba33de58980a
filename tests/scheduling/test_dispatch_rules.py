"""Dispatch rules: the orders their definitions give, and every rule of the problem kept."""

from dataclasses import replace
from itertools import count, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import PlanningError
from twin.evaluation.invented import invented_plant, small_plant
from twin.evaluation.invented_small import random_problem
from twin.scheduling.check import check
from twin.scheduling.machine_gaps import Block, Gaps
from twin.scheduling.problem import Alternative, Crew, Job, Machine, Operation, Pin, Problem, Task
from twin.scheduling.rules import IN_HASTE, RULES, best_rule
from twin.scheduling.schedule import Limit, Schedule
from twin.scheduling.service_rule import place_services
from twin.scheduling.working_time import WorkingTime

HORIZON = 1000
OPEN = ((0, HORIZON),)


def single_machine(*jobs):
    """Jobs of one operation each: (duration, due, late cost)."""
    return Problem(
        jobs=tuple(
            Job(f"j{k}", (Operation((Alternative(0, p),)),), due=due, late_cost_h=cost)
            for k, (p, due, cost) in enumerate(jobs)
        ),
        machines=(Machine("m"),),
        calendars=(OPEN,),
        horizon=HORIZON,
    )


def order(schedule):
    return np.argsort(schedule.start).tolist()


def test_spt_takes_the_shortest_and_edd_the_first_due():
    problem = single_machine((30, 50, 1.0), (10, 90, 1.0), (20, 40, 1.0))
    assert order(RULES["spt"](problem)) == [1, 2, 0]
    assert order(RULES["edd"](problem)) == [2, 0, 1]


def test_spt_minimises_the_sum_of_completion_times():
    """Smith's rule (1956): on one machine nothing is better."""
    rng = np.random.default_rng(5)
    problem = single_machine(*((int(p), 1, 1.0) for p in rng.integers(1, 50, 8)))
    durations = [job.operations[0].alternatives[0].duration for job in problem.jobs]
    got = RULES["spt"](problem).start + durations
    assert got.sum() == np.cumsum(sorted(durations)).sum()


def test_atc_is_weighted_shortest_first_when_all_is_late():
    """Slack used up, ATC is weight over work (WSPT), which is optimal then."""
    problem = single_machine((30, 0, 9.0), (10, 0, 1.0), (20, 0, 5.0))
    assert order(RULES["atc"](problem)) == [0, 2, 1]


def test_atc_lets_a_heavy_job_with_much_slack_wait():
    problem = single_machine((20, 900, 3.0), (20, 20, 1.0))
    assert order(RULES["atc"](problem)) == [1, 0]


def test_atc_stays_with_a_family_where_haste_is_equal():
    setups = (np.array([[0, 30], [30, 0]]),)
    jobs = tuple(
        Job(f"j{k}", (Operation((Alternative(0, 20),), family=k % 2),), due=0, late_cost_h=1.0)
        for k in range(6)
    )
    machine = Machine("m", family=1)
    problem = replace(single_machine(), jobs=jobs, machines=(machine,), setups=setups)
    assert order(RULES["atc"](problem)) == [1, 3, 5, 0, 2, 4]


def test_all_rules_keep_all_rules_of_the_big_plant():
    problem = invented_plant(2)
    for rule in RULES.values():
        assert check(problem, rule(problem)).faults == ()


@given(st.integers(0, 10**6))
@settings(max_examples=60)
def test_no_rule_breaks_a_rule(seed):
    problem = random_problem(np.random.default_rng(seed))
    for rule in RULES.values():
        verdict = check(problem, rule(problem))
        assert verdict.faults == ()
        assert verdict.terms is not None


def test_the_best_rule_is_the_cheapest_of_them():
    problem = small_plant(4)
    costs = {name: check(problem, rule(problem)).terms.total for name, rule in RULES.items()}
    name, schedule, terms = best_rule(problem)
    assert terms.total == min(costs.values()) == costs[name]
    assert check(problem, schedule).terms == terms


def test_the_first_plan_found_is_the_answer_when_time_is_over():
    """On a clock that counts how often it is read: once at the start, once before a next rule."""
    problem = small_plant(4)
    costs = {name: check(problem, rule(problem)).terms.total for name, rule in RULES.items()}
    for seconds, tried in ((0.0, 1), (2.0, 2), (3.0, 3)):
        name, _, terms = best_rule(problem, Limit(seconds, count().__next__))
        assert terms.total == costs[name] == min(costs[each] for each in IN_HASTE[:tried])
    assert best_rule(problem, Limit(9.0, count().__next__))[2].total == min(costs.values())


def test_time_is_not_over_before_a_rule_has_a_plan():
    problem = single_machine((900, 900, 1.0), (300, 950, 1.0))
    with pytest.raises(PlanningError, match=r"atc: .*; risk: .*; edd: .*; spt: "):
        best_rule(problem, Limit(0.0, count().__next__))


def test_a_job_that_does_not_fit_is_left_out_only_where_it_may_be():
    jobs = single_machine((900, 900, 1.0), (300, 950, 1.0)).jobs
    optional = tuple(job._replace(left_out_cost=7.0) for job in jobs)
    problem = replace(single_machine(), jobs=optional)
    schedule = RULES["spt"](problem)
    assert schedule.machine.tolist() == [-1, 0]
    with pytest.raises(PlanningError, match="fits nowhere"):
        RULES["spt"](replace(problem, jobs=jobs))


def test_what_must_be_placed_goes_first_where_else_it_finds_no_room():
    short, long_ = single_machine((150, 100, 1.0), (900, 950, 1.0)).jobs
    problem = replace(single_machine(), jobs=(short._replace(left_out_cost=7.0), long_))
    assert RULES["spt"](problem).machine.tolist() == [-1, 0]


def test_what_comes_before_a_pinned_operation_is_done_by_then():
    first, second = (Operation((Alternative(0, 40),)), Operation((Alternative(0, 10),)))
    job = Job("pinned", (first, second._replace(pin=Pin(0, 60))))
    others = single_machine((30, 30, 9.0), (30, 30, 9.0)).jobs
    problem = replace(single_machine(), jobs=(*others, job))
    for rule in RULES.values():
        schedule = rule(problem)
        assert check(problem, schedule).faults == ()
        assert schedule.start[3] == 60


def clashes(gaps, blocks):
    """Whether a block, its setup included, begins before the one before it ends."""
    family, until = gaps.family, 0
    for block in sorted(blocks, key=lambda b: b[:2]):
        begin = block.start
        if block.family is not None:
            begin = gaps.time.begin(block.start, gaps.setup(family, block.family))
            family = block.family
        if begin is None or begin < until:
            return True
        until = block.end
    return False


def brute_gap(gaps, ready, family, duration):
    """Every start in turn: the first where setup and work lie free and what follows fits."""
    for start in range(ready, HORIZON):
        end = gaps.time.end(start, duration) if gaps.time.is_open(start) else None
        if end is None or end > HORIZON:
            continue
        if not clashes(gaps, [*gaps.blocks, Block(start, end, family)]):
            return Block(start, end, family)
    return None


@given(st.integers(0, 10**6))
@settings(max_examples=80)
def test_the_earliest_gap_is_the_first_that_a_search_of_all_starts_finds(seed):
    rng = np.random.default_rng(seed)
    windows, tick = [], 0
    while tick < HORIZON:
        end = min(HORIZON, tick + int(rng.integers(20, 90)))
        windows.append((tick, end))
        tick = end + int(rng.integers(5, 40))
    setups = rng.integers(0, 12, (3, 3)).tolist()
    gaps = Gaps(WorkingTime(tuple(windows)), setups, int(rng.integers(-1, 3)), HORIZON)
    for _ in range(6):
        family = None if rng.random() < 0.3 else int(rng.integers(3))
        block = brute_gap(gaps, int(rng.integers(700)), family or 0, int(rng.integers(5, 40)))
        placed = None if block is None else block._replace(family=family)
        if placed is not None and not clashes(gaps, [*gaps.blocks, placed]):
            gaps.add(placed)
    for _ in range(3):
        ready, family, duration = (int(n) for n in rng.integers((0, 0, 1), (900, 3, 60)))
        assert gaps.earliest(ready, family, duration) == brute_gap(gaps, ready, family, duration)


def service_plant(rng):
    """Two machines to serve by one crew in shifts, one part that comes late."""
    tasks = tuple(
        Task(f"t{t}", t, int(rng.integers(3, 9)), 0, 90, tuple(rng.uniform(1, 50, 20)), part=p)
        for t, p in enumerate((0, -1))
    )
    return Problem(
        jobs=(),
        machines=(Machine("a"), Machine("b")),
        calendars=(((0, 100),), ((5, 30), (40, 70))),
        horizon=100,
        tasks=tasks,
        crews=(Crew("c", 1),),
        parts=((int(rng.integers(0, 30)),),),
        bucket=5,
    )


@given(st.integers(0, 10**6))
@settings(max_examples=25)
def test_the_dearest_service_takes_its_cheapest_start(seed):
    """Against every start of the first one placed, as the checker judges it alone."""
    problem = service_plant(np.random.default_rng(seed))
    services = place_services(problem, [[], []])
    first = services[0]
    alone = replace(problem, tasks=(problem.tasks[first.task],))
    nothing = np.zeros(0, np.int64)
    costs = [
        check(alone, Schedule(nothing, nothing, np.array([start]), np.array([0])))
        for start in range(100)
    ]
    cheapest = min(v.terms.risk for v in costs if not v.faults)
    task = problem.tasks[first.task]
    assert task.risk[first.start // problem.bucket] == cheapest
    for one, other in product(services, services):
        if one.task < other.task:
            ends = [s.start + problem.tasks[s.task].duration for s in (one, other)]
            assert one.start >= ends[1] or other.start >= ends[0]


def test_the_risk_rule_serves_while_the_machine_is_closed():
    """The curve is flat: only what production loses tells the starts apart."""
    task = Task("t", 0, 10, 0, 900, (5.0,) * 10)
    job = Job("j", (Operation((Alternative(0, 300),)),), due=0, late_cost_h=60.0)
    problem = Problem(
        jobs=(job,),
        machines=(Machine("m"),),
        calendars=(((0, 200), (240, 1000)), ((0, 1000),)),
        horizon=1000,
        tasks=(task,),
        crews=(Crew("c", 1),),
    )
    start = int(RULES["risk"](problem).task_start[0])
    assert 200 <= start <= 230
