"""What `twin evaluate jobshop` says: the figures' shape, their arithmetic, and known optima."""

import json
import os
from pathlib import Path

import pytest

from tests.scheduling.shops import FT06
from twin.cli import main
from twin.errors import DataError, PlanningError
from twin.evaluation import jobshop, jobshop_solve
from twin.evaluation.jobshop import evaluate_jobshop, jobshop_lines
from twin.evaluation.jobshop_files import instances_in
from twin.evaluation.jobshop_solve import Solved, instance_problem, solve_instance
from twin.pipeline.apart import ApartError
from twin.scheduling.check import check
from twin.scheduling.rules import RULES

EASY = {"ft06": 55, "la01": 666, "la02": 655, "la05": 593, "mk01": 40, "mk03": 204, "mk04": 60}
"""Least makespans: Lawrence (1984); Brandimarte (1993), as CP-SAT and Behnke & Geiger (2012)."""


@pytest.fixture
def folder(tmp_path):
    """ft06 with a best known of 50, which nothing reaches, and a flexible one that is unknown."""
    rows = [" ".join(f"{m} {d}" for m, d in job) for job in FT06]
    (tmp_path / "six.txt").write_text("\n".join(["6 6", *rows]))
    (tmp_path / "two.fjs").write_text("2 2 2\n1 2 0 3 1 5\n1 2 0 4 1 4\n")
    (tmp_path / "best_known.json").write_text(json.dumps({"six": 50}))
    return tmp_path


def test_figures_are_those_of_the_issue(folder, capsys):
    assert main(["evaluate", "jobshop", "--data", str(folder), "--seconds", "0.5", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    keys = {"kind", "makespan", "bound", "best_known", "gap", "seconds", "rule_makespan"}
    assert {name: set(one) for name, one in scores.items()} == {
        "six": keys,
        "two": keys,
        "mean_gap": {"classic", "flexible"},
    }
    six, two = scores["six"], scores["two"]
    assert (six["kind"], six["makespan"], six["best_known"]) == ("classic", 55, 50)
    assert six["gap"] == scores["mean_gap"]["classic"] == pytest.approx(0.1)
    assert six["bound"] <= 55 <= six["rule_makespan"]
    assert (two["kind"], two["makespan"], two["bound"]) == ("flexible", 4, 4)
    assert two["best_known"] is two["gap"] is scores["mean_gap"]["flexible"] is None


def test_lines_say_what_the_figures_say(folder):
    lines = jobshop_lines(evaluate_jobshop(folder, 0.5))
    six = next(line for line in lines if line.startswith("six"))
    assert [word for word in six.split() if word in "55 50 10.00 %"] == ["55", "50", "10.00", "%"]
    assert lines[-1] == "mean gap, flexible: –"


def test_seconds_that_are_none_are_refused(folder):
    with pytest.raises(DataError, match="--seconds: got 0, want more"):
        evaluate_jobshop(folder, 0.0)


@pytest.fixture(scope="module")
def data():
    default = Path(__file__).parents[2].parent / "shared" / "data"
    found = Path(os.environ.get("TWIN_DATA", default)) / "jobshop"
    if not found.is_dir():
        pytest.skip(f"published job shops not found at {found}: set TWIN_DATA")
    return found


@pytest.mark.real
def test_easy_published_instances_are_solved_to_their_optimum(data, tmp_path):
    """In two seconds each, of which good ones take a tenth."""
    for path in data.rglob("*.txt"):
        if path.stem in EASY:
            (tmp_path / path.name).write_text(path.read_text())
    scores = evaluate_jobshop(tmp_path, 2.0)
    found = {name: one["makespan"] for name, one in scores.items() if name != "mean_gap"}
    assert found == {name: EASY[name] for name in found}
    assert len(found) > 0


@pytest.mark.real
def test_no_published_instance_is_worse_than_any_dispatch_rule(data):
    for instance in instances_in(data, lambda _: None):
        problem = instance_problem(instance)
        least = min(check(problem, rule(problem)).terms.makespan_h for rule in RULES.values())
        solved = solve_instance(instance, 0.3)
        assert solved.rule_makespan == pytest.approx(least)
        assert solved.bound <= (instance.best_known or solved.makespan)
        assert (instance.best_known or 0) <= solved.makespan <= least


def test_plan_stands_when_the_process_of_cp_sat_dies(folder, monkeypatch):
    asked = []

    def die(*_args, start, **_more):
        asked.append(start)
        raise ApartError("the solver's process ended by signal SIGABRT", None)

    monkeypatch.setattr(jobshop_solve, "run_apart", die)
    six = instances_in(folder, lambda _: None)[0]
    assert jobshop_solve.solve_instance(six, 2.0).makespan == 55
    assert len(asked) == 1


def test_an_instance_that_cannot_be_solved_takes_no_other_away(folder, monkeypatch, capsys):
    def solve(instance, _seconds):
        if instance.name == "six":
            raise PlanningError("it contradicts itself")
        return Solved(4, 4, 5, 0.1)

    monkeypatch.setattr(jobshop, "solve_instance", solve)
    (folder / "NOTICE").write_text("of somebody")
    (folder / "odd.txt").write_text("2 2\n0 3 1\n")
    assert set(evaluate_jobshop(folder, 0.1)) == {"two", "mean_gap"}
    told = capsys.readouterr().err
    assert "six: it contradicts itself" in told
    assert "odd.txt line 2: got 1 jobs" in told
    (folder / "two.fjs").unlink()
    with pytest.raises(DataError, match="no plan of any"):
        evaluate_jobshop(folder, 0.1)
