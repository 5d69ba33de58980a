"""What a CP-SAT model of a problem is made of."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from twin.scheduling.cpsat.calendar import Pieces
from twin.scheduling.cpsat.scope import Scope
from twin.scheduling.problem import Operation, Problem

__all__ = ["Charge", "Expression", "Model", "Placing"]

Expression = Any
"""Of OR-Tools: a variable, a literal, a linear expression of them, or a number."""


class Charge(NamedTuple):
    """Money for each unit of an expression that is never negative."""

    term: str
    """A field of Weights."""
    unit: Expression
    money: float
    """Or hours, where the term is in hours; before it is weighted."""
    most: int
    """The most that the expression can be."""


@dataclass
class Placing:
    """Where an operation or a task is, as variables. Without meaning where it is left out."""

    start: Expression
    end: Expression
    first: int
    """The first possible start."""
    last: int
    """The last possible end."""
    least: int
    """The fewest ticks from start to end."""
    on: dict[int, Expression] = field(default_factory=dict)
    """By machine (of a task: by crew) whether it is there."""
    interval: dict[int, Expression] = field(default_factory=dict)
    worked: dict[int, Expression] = field(default_factory=dict)
    """By machine, its open ticks before the start."""


@dataclass
class Model:
    """What is being built, with all its variables."""

    problem: Problem
    scope: Scope
    cp: Any
    pieces: Pieces
    rows: list[tuple[int, int, Operation]]
    """(job, step, operation) by number."""
    needed: frozenset[str]
    """Terms that are worth something or have a cap; the others are not in the model."""
    counted: frozenset[int]
    """Machines on which working time matters: those with setups, or whose idle time costs."""
    operations: dict[int, Placing] = field(default_factory=dict)
    placed: dict[int, Expression] = field(default_factory=dict)
    """By job, whether it is in the plan; only of jobs with an operation in the model."""
    tasks: dict[int, Placing] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)

    def charge(self, term: str, unit: Expression, money: float, most: int = 1) -> None:
        if money and most and term in self.needed:
            self.charges.append(Charge(term, unit, money, most))
