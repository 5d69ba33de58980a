"""Maintenance tasks as CP-SAT variables."""

from twin.errors import PlanningError
from twin.scheduling.cpsat_model import Model

__all__ = ["add_tasks"]


def add_tasks(model: Model) -> None:
    """Every task, its crew and its part: rules 5, 6 and 7."""
    if model.problem.tasks:
        raise PlanningError("this model knows no maintenance tasks yet")
