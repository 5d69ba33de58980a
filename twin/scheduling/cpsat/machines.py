"""What runs on a machine: one thing at a time, with setups in between (rule 3), and idle time.

A machine's working time makes setups plain arithmetic: between the end of one operation and the
start of the next lie at least as many open ticks as the setup takes, whatever breaks there are.
Which is next is a circuit through the machine's operations.
Source: Laborie, Rogerie, Shaw & Vilím (2018), Constraints 23:210 (optional intervals, sequences).
"""

from twin.scheduling.cpsat.model import Model
from twin.scheduling.cpsat.scope import Scope
from twin.scheduling.cpsat.sequence import add_sequence
from twin.scheduling.cpsat.tasks import TASK
from twin.scheduling.layout import numbered
from twin.scheduling.problem import Problem

__all__ = ["add_machines", "counted_machines"]


def counted_machines(problem: Problem, scope: Scope, needed: frozenset[str]) -> frozenset[int]:
    """Machines on which working time matters: families that differ, or idle time that costs."""
    rows = numbered(problem)
    families: dict[int, set[int]] = {m: set() for m in scope.rows}
    for i in scope.operations:
        for alternative in rows[i][2].alternatives:
            if alternative.machine in families:
                families[alternative.machine].add(rows[i][2].family)
    idle = "idle" in needed
    return frozenset(m for m, of in families.items() if idle or _has_setups(problem, m, of))


def _has_setups(problem: Problem, m: int, families: set[int]) -> bool:
    machine = problem.machines[m]
    before = families | ({machine.family} if machine.family >= 0 else set())
    return any(problem.setups[machine.setup][a, b] > 0 for a in before for b in families)


def add_machines(model: Model) -> None:
    """Every machine of the scope, with the tasks on it."""
    for m in model.scope.rows:
        held = operations_on(model, m)
        tasks = [t for t in model.tasks if model.problem.tasks[t].machine == m]
        intervals = [model.operations[i].interval[m] for i in held]
        intervals += [model.tasks[t].interval[TASK] for t in tasks]
        if len(intervals) > 1:
            model.cp.add_no_overlap(intervals)
        if m in model.counted and held:
            add_sequence(model, m, held, tasks)


def operations_on(model: Model, m: int) -> list[int]:
    """Those that may be on the machine in this model."""
    rim = model.scope.rows[m].rim
    return [
        i
        for i, now in model.operations.items()
        if m in now.on and (i not in model.scope.fixed or i in rim)
    ]
