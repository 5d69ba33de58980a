"""Running CP-SAT: complete hints, better answers as they come, a bound at the end.

Eight workers pay even on two cores: each searches in another way and they share what they find.
A hint helps only if it is complete, so that one solve that fixes what is hinted completes it.
Source: Perron, Didier & Gay (2023), "The CP-SAT-LP solver", CP 2023.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ortools.sat.python import cp_model

from twin.scheduling.cpsat.model import Expression

__all__ = ["Found", "Hint", "search"]

N_WORKERS = 8
LARGE = 10_000
"""Variables from which on presolve costs more than it brings."""

Hint = Sequence[tuple[Expression, int]]
Read = Callable[[Callable[[Expression], int]], None]
"""Called with a function that says what a variable is in the solution just found."""


class Found(NamedTuple):
    value: Callable[[Expression], int] | None
    """What each variable is in the best solution; None: none was found."""
    bound: float
    """No solution's objective is less."""
    optimal: bool
    impossible: bool
    """No solution exists."""


def search(cp: Any, hint: Hint, seconds: float, seed: int, read: Read | None = None) -> Found:
    """Minimise the model's objective. `hint` says what some variables are to be tried as.

    An exception that `read` raises stops the search and is raised from here.
    """
    large = len(cp.proto.variables) > LARGE
    if hint:
        seconds -= _complete(cp, hint, min(seconds / 3.0, 10.0), seed)
    solver = _solver(seconds, seed, large)
    listener = _Listener(read) if read is not None else None
    status = solver.solve(cp, listener)
    if listener is not None and listener.error is not None:
        raise listener.error
    found = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    return Found(
        solver.value if found else None,
        float(solver.best_objective_bound),
        status == cp_model.OPTIMAL,
        status in {cp_model.INFEASIBLE, cp_model.MODEL_INVALID},
    )


def _solver(seconds: float, seed: int, large: bool) -> Any:
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers = N_WORKERS
    parameters.max_time_in_seconds = max(0.05, seconds)
    parameters.random_seed = seed
    if large:
        parameters.cp_model_probing_level = 0
        parameters.max_presolve_iterations = 1
        parameters.symmetry_level = 0
    return solver


def _complete(cp: Any, hint: Hint, seconds: float, seed: int) -> float:
    """Hint every variable, as it is where the hinted ones are what they are hinted; seconds taken.

    Where nothing completes the hint, it breaks a rule: then the model is left without one.
    """
    cp.clear_hints()
    for variable, value in hint:
        cp.add_hint(variable, value)
    _once(cp)
    solver = _solver(seconds, seed, large=True)
    solver.parameters.num_workers = 1
    solver.parameters.fix_variables_to_their_hinted_value = True
    status = solver.solve(cp)
    cp.clear_hints()
    if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        values = list(solver.response_proto.solution)
        cp.proto.solution_hint.vars.extend(range(len(values)))
        cp.proto.solution_hint.values.extend(values)
    return float(solver.wall_time)


def _once(cp: Any) -> None:
    """Each variable hinted once: a constant stands for many, and a model with a variable hinted
    twice is invalid."""
    given = cp.proto.solution_hint
    values = dict(zip(given.vars, given.values, strict=True))
    cp.clear_hints()
    cp.proto.solution_hint.vars.extend(values.keys())
    cp.proto.solution_hint.values.extend(values.values())


class _Listener(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
    """Hands each solution on; an error must not cross the solver's own code."""

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._read = read
        self.error: Exception | None = None

    def on_solution_callback(self) -> None:
        try:
            self._read(self.value)
        except Exception as error:  # raised again by search, outside of the solver
            self.error = error
            self.stop_search()
