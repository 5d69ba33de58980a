"""CP-SAT over a whole plan, window by window: a solver by itself, to be run in its own process."""

from twin.errors import PlanningError
from twin.scheduling.plan import polish_plan
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Answer, Limit, Schedule, Tell

__all__ = ["cpsat_windows"]


def cpsat_windows(
    problem: Problem, limit: Limit, start: Schedule | None = None, tell: Tell | None = None
) -> Answer:
    """The start, polished; never dearer. Raises PlanningError: there is none, or it breaks a rule.

    A window's model may take longer to build than its time: who runs this ends it.
    """
    # Here, so that who names this solver for another process does not load OR-Tools itself.
    from twin.scheduling.cpsat.solver import Window, polish

    if start is None:
        raise PlanningError("there is no plan to polish")

    def window(given: Problem, plan: Schedule, first: int, last: int, seconds: float) -> Answer:
        return polish(given, plan, Window(first, last), limit._replace(seconds=seconds))

    return polish_plan(problem, limit, start, window, tell)
