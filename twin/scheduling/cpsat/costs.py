"""A CP-SAT model's objective: money as whole numbers, never more than it really is.

Coefficients are rounded down, so that CP-SAT's bound remains one; they are as fine as 64 bits
allow, so that rounding matters in no answer.
"""

from collections.abc import Mapping, Sequence
from math import exp, floor, frexp, isfinite
from typing import NamedTuple

from twin.errors import PlanningError
from twin.scheduling.cpsat.model import Charge, Expression, Model, Placing
from twin.scheduling.cpsat.tasks import TASK
from twin.scheduling.problem import Reference

__all__ = ["Scale", "add_caps", "add_costs", "add_objective"]

FINEST = 2.0**40
"""Objective of the dearest solution: sums of it stay well within 64 bits."""
LACK = 1.0 + 1e-12
"""What a float may lack of the number that it stands for."""


class Scale(NamedTuple):
    """What whole numbers stand for."""

    units: float
    """Units of the objective for one of money."""

    def money(self, objective: float) -> float:
        return objective / self.units


def add_objective(model: Model) -> Scale:
    """The charges, weighted, as the objective."""
    weights = model.problem.weights
    charges = [c._replace(money=c.money * getattr(weights, c.term)) for c in model.charges]
    charges = [charge for charge in charges if charge.money]
    units = _units(charges)
    model.cp.minimize(_sum(charges, units))
    return Scale(units)


def add_caps(model: Model, caps: Mapping[str, float]) -> None:
    """No more of a term than its cap, in the units of `Terms`, before it is weighted."""
    for term, cap in caps.items():
        charges = [charge for charge in model.charges if charge.term == term]
        if not charges and cap < 0.0:  # what nothing is charged for is 0
            model.cp.add_bool_or([])
        elif charges:
            units = _units(charges)
            most = floor(cap * units * LACK + 1e-6)
            model.cp.add(_sum(charges, units) <= most)


def _sum(charges: Sequence[Charge], units: float) -> Expression:
    """Of whole numbers, each rounded down, but not for what a float lacks of its own number."""
    if not all(isfinite(charge.money) for charge in charges):
        raise PlanningError("a cost that is not finite can be no part of an objective")
    return sum(floor(charge.money * units + 1e-6) * charge.unit for charge in charges)


def _units(charges: Sequence[Charge]) -> float:
    """One for each tick where all cost the same a tick; otherwise a power of two, fine enough."""
    rates = {abs(charge.money) for charge in charges}
    if len(rates) <= 1:
        return 1.0 / rates.pop() if rates else 1.0
    most = sum(abs(charge.money) * charge.most for charge in charges)
    return float(2.0 ** (frexp(FINEST / most)[1] - 1))


def add_costs(model: Model) -> None:
    """Every term of the problem's total that is not charged where it arises."""
    if "makespan" in model.needed:
        _makespan(model)
    if "tardiness" in model.needed:
        _tardiness(model)
    if model.problem.reference is not None and "stability" in model.needed:
        _stability(model, model.problem.reference)


def _makespan(model: Model) -> None:
    horizon = model.problem.horizon
    last = model.cp.new_int_var(model.scope.ended, horizon, "makespan")
    rows = model.rows
    for i, now in model.operations.items():
        if i + 1 not in model.operations or rows[i + 1][1] == 0:
            model.cp.add(last >= now.end).only_enforce_if(model.placed[rows[i][0]])
    model.charge("makespan", last, model.problem.tick_h, horizon)


def _tardiness(model: Model) -> None:
    first = 0
    for j, job in enumerate(model.problem.jobs):
        first += len(job.operations)
        end = model.operations.get(first - 1)
        if end is None or job.due is None or not job.late_cost_h or end.last <= job.due:
            continue
        most = end.last - job.due
        late = model.cp.new_int_var(0, most, f"late{j}")
        model.cp.add(late >= end.end - job.due).only_enforce_if(model.placed[j])
        model.charge("tardiness", late, job.late_cost_h * model.problem.tick_h, most)


def _stability(model: Model, plan: Reference) -> None:
    """Moves in machine and time against the plan in force; what is left out moved by the cap."""
    rows = model.rows
    for i, now in model.operations.items():
        m, start = int(plan.machine[i]), int(plan.start[i])
        if m >= 0:
            near, placed = exp(-start / plan.fade), model.placed[rows[i][0]]
            stays = now.on.get(m)
            other = model.cp.new_constant(1) if stays is None else ~stays
            model.charge("stability", other, near * plan.machine_cost)
            _move(model, now, placed, start, near * plan.time_cost, plan.cap)
    for t, task in model.tasks.items():
        start = int(plan.task_start[t])
        if start >= 0:
            near = exp(-start / plan.fade)
            _move(model, task, task.on[TASK], start, near * plan.time_cost, plan.cap)


def _move(model: Model, now: Placing, placed: Expression, was: int, money: float, cap: int) -> None:
    """money · min(1, |Δstart| / cap): either the whole, or a share by the distance."""
    if not money:
        return
    far, away = model.cp.new_bool_var(""), model.cp.new_int_var(0, cap, "")
    model.cp.add_implication(~placed, far)
    near = [placed, ~far]
    model.cp.add(away >= now.start - was).only_enforce_if(near)
    model.cp.add(away >= was - now.start).only_enforce_if(near)
    model.charge("stability", far, money)
    model.charge("stability", away, money / cap, cap)
