"""The plant file's table of objectives: what it says is kept, what it says wrong is named."""

from typing import Any

import pytest

from twin.plant import PlantFile, faults

PLANT: dict[str, Any] = {
    "plant": {"name": "Hall"},
    "line": [{"id": "a"}],
    "class": {"mill": {"period_s": 60, "sensor": [{"id": "temp_degc", "normal": [20, 60]}]}},
    "machine": [{"id": "mill-1", "class": "mill", "line": "a"}],
}


def faults_with(**objectives: Any) -> list[str]:
    return faults(PLANT | {"objectives": objectives})


def test_a_plant_without_the_table_is_judged_by_money_alone() -> None:
    assert faults(PLANT) == []
    given = PlantFile.model_validate(PLANT).objectives
    assert (given.makespan_h, given.idle_h, given.order) == (0.0, 0.0, [])
    assert {given.tardiness, given.risk, given.energy, given.changeover, given.stability} == {1.0}


def test_an_order_and_weights_are_taken_as_written() -> None:
    assert faults_with(idle_h=12.5, energy=2, order=["risk", "tardiness", "idle_h"]) == []


def test_a_name_that_is_no_objective_is_named_with_what_was_got_and_wanted() -> None:
    (fault,) = faults_with(order=["tardiness", "riks"])
    assert fault.startswith('objectives.order[1]: got "riks", want')
    assert "'risk'" in fault
    (fault,) = faults_with(enery=2.0)
    assert fault.startswith("objectives: got key 'enery' (did you mean 'energy'?), want one of")


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (["tardiness", "risk", "risk"], "got 'risk' more than once, want each once"),
        (["energy", "tardiness"], "got 'energy' without 'tardiness' before it"),
        (["risk", "makespan_h"], "got 'makespan_h' without 'tardiness' before it"),
    ],
)
def test_an_order_in_which_an_empty_plan_is_best_or_a_name_comes_twice_is_a_fault(
    order: list[str], says: str
) -> None:
    (fault,) = faults_with(order=order)
    assert fault.startswith(f"objectives.order: {says}")


@pytest.mark.parametrize("wrong", [{"tardiness": 0}, {"risk": -1}, {"idle_h": float("nan")}])
def test_a_weight_that_cannot_be_is_a_fault(wrong: dict[str, float]) -> None:
    (fault,) = faults_with(**wrong)
    assert fault.startswith(f"objectives.{next(iter(wrong))}: got ")
