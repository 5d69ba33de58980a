"""A CP-SAT model's objective: money as whole numbers, never more than it really is.

Coefficients are rounded down, so that CP-SAT's bound remains one; they are as fine as 64 bits
allow, so that rounding matters in no answer.
"""

from math import floor, frexp, isfinite
from typing import NamedTuple

from twin.errors import PlanningError
from twin.scheduling.cpsat_model import Charge, Model

__all__ = ["Scale", "add_objective"]

FINEST = 2.0**43
"""Objective of the dearest solution: sums of it stay well within 64 bits."""


class Scale(NamedTuple):
    """Units of the objective for one of money."""

    units: float
    known: float
    """Money of what is not in the objective, being the same in every solution."""

    def money(self, objective: float) -> float:
        return objective / self.units + self.known


def add_objective(model: Model) -> Scale:
    """Charges as the objective."""
    charges = [charge for charge in model.charges if charge.most > 0]
    if not all(isfinite(charge.money) for charge in charges):
        raise PlanningError("a cost that is not finite can be no part of an objective")
    units = _units(charges)
    terms = [floor(charge.money * units + 1e-6) * charge.unit for charge in charges]
    model.cp.minimize(sum(terms) if terms else 0)
    return Scale(units, 0.0)


def _units(charges: list[Charge]) -> float:
    """One for each tick where all cost the same a tick; otherwise a power of two, fine enough."""
    rates = {abs(charge.money) for charge in charges}
    if len(rates) <= 1:
        return 1.0 / rates.pop() if rates else 1.0
    most = sum(abs(charge.money) * charge.most for charge in charges)
    return 2.0 ** (frexp(FINEST / most)[1] - 1)


def add_costs(model: Model) -> None:
    """Every term of the problem's total that is not charged where it arises."""
    weights = model.problem.weights
    if weights.makespan:
        last = model.cp.new_int_var(model.scope.ended, model.problem.horizon, "makespan")
        for now in model.operations.values():
            model.cp.add(last >= now.end)
        model.charge(last, weights.makespan * model.problem.tick_h, model.problem.horizon)
