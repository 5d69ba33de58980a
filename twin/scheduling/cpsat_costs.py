"""A CP-SAT model's objective: money as whole numbers, never more than it really is.

Coefficients are rounded down, so that CP-SAT's bound remains one; they are as fine as 64 bits
allow, so that rounding matters in no answer.
"""

from math import exp, floor, frexp, isfinite
from typing import NamedTuple

from twin.errors import PlanningError
from twin.scheduling.cpsat_model import Charge, Expression, Model, Placing
from twin.scheduling.cpsat_tasks import TASK
from twin.scheduling.problem import Reference

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
    if model.problem.weights.makespan:
        _makespan(model)
    if model.problem.weights.tardiness:
        _tardiness(model)
    if model.problem.reference is not None and model.problem.weights.stability:
        _stability(model, model.problem.reference)


def _makespan(model: Model) -> None:
    horizon = model.problem.horizon
    last = model.cp.new_int_var(model.scope.ended, horizon, "makespan")
    rows = model.rows
    for i, now in model.operations.items():
        if i + 1 not in model.operations or rows[i + 1][1] == 0:
            model.cp.add(last >= now.end).only_enforce_if(model.placed[rows[i][0]])
    model.charge(last, model.problem.weights.makespan * model.problem.tick_h, horizon)


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
        rate = model.problem.weights.tardiness * job.late_cost_h * model.problem.tick_h
        model.charge(late, rate, most)


def _stability(model: Model, plan: Reference) -> None:
    """Moves in machine and time against the plan in force; what is left out moved by the cap."""
    weight, rows = model.problem.weights.stability, model.rows
    for i, now in model.operations.items():
        m, start = int(plan.machine[i]), int(plan.start[i])
        if m >= 0:
            near, placed = weight * exp(-start / plan.fade), model.placed[rows[i][0]]
            stays = now.on.get(m)
            other = model.cp.new_constant(1) if stays is None else ~stays
            model.charge(other, near * plan.machine_cost)
            _move(model, now, placed, start, near * plan.time_cost, plan.cap)
    for t, task in model.tasks.items():
        start = int(plan.task_start[t])
        if start >= 0:
            near = weight * exp(-start / plan.fade)
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
    model.charge(far, money)
    model.charge(away, money / cap, cap)
