"""What is wrong with a problem itself, before any schedule: said in plain words, got and want."""

from collections.abc import Iterator

from twin.scheduling.layout import alternative_on
from twin.scheduling.problem import Calendar, Job, Operation, Problem, Task

__all__ = ["faults_of"]


def faults_of(problem: Problem) -> tuple[str, ...]:
    """Every fault of the problem's records; none: a solver may be asked.

    That a schedule exists is not shown by this.
    """
    return tuple(_faults(problem))


def _faults(problem: Problem) -> Iterator[str]:
    yield from _scale_faults(problem)
    for c, calendar in enumerate(problem.calendars):
        yield from _calendar_faults(c, calendar, problem.horizon)
    yield from _machine_faults(problem)
    yield from _matrix_faults(problem)
    for job in problem.jobs:
        yield from _job_faults(problem, job)
    for crew in problem.crews:
        yield from _range(f"crew '{crew.id}': calendar", crew.calendar, len(problem.calendars))
        for site in sorted(crew.sites):
            yield from _range(f"crew '{crew.id}': site", site, len(problem.transport))
    for task in problem.tasks:
        yield from _task_faults(problem, task)
    yield from _reference_faults(problem)


def _scale_faults(problem: Problem) -> Iterator[str]:
    for name in ("horizon", "tick_s", "bucket"):
        if getattr(problem, name) <= 0:
            yield f"{name} is {getattr(problem, name)}, want more than 0"
    if len(problem.price) == 0:
        yield "price is empty, want at least one bucket"
    for p, arrivals in enumerate(problem.parts):
        if list(arrivals) != sorted(arrivals) or any(tick < 0 for tick in arrivals):
            yield f"part {p}: arrivals are {arrivals}, want them rising from 0 or later"


def _calendar_faults(c: int, calendar: Calendar, horizon: int) -> Iterator[str]:
    until = -1
    for start, end in calendar:
        if not 0 <= start < end <= horizon:
            yield f"calendar {c}: open {start} to {end}, want a stretch within 0 to {horizon}"
        if start <= until:
            yield f"calendar {c}: open again at {start}, want it after {until}, apart"
        until = end


def _machine_faults(problem: Problem) -> Iterator[str]:
    for machine in problem.machines:
        name = f"machine '{machine.id}'"
        yield from _range(f"{name}: calendar", machine.calendar, len(problem.calendars))
        yield from _range(f"{name}: site", machine.site, len(problem.transport))
        yield from _range(f"{name}: setup", machine.setup, len(problem.setups))
        if 0 <= machine.setup < len(problem.setups):
            yield from _range(
                f"{name}: family", machine.family, len(problem.setups[machine.setup]), -1
            )


def _matrix_faults(problem: Problem) -> Iterator[str]:
    for name, matrices in (("setups", problem.setups), ("transport", (problem.transport,))):
        for matrix in matrices:
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                yield f"{name}: a matrix has shape {matrix.shape}, want a square"
            elif (matrix < 0).any():
                yield f"{name}: a matrix has {int(matrix.min())} in it, want 0 or more"
            elif name == "setups" and matrix.diagonal().any():
                yield f"{name}: a diagonal is {matrix.diagonal().tolist()}, want zeros"


def _job_faults(problem: Problem, job: Job) -> Iterator[str]:
    if not job.operations:
        yield f"job '{job.id}': has no operations, want at least one"
    if job.late_cost_h < 0 or job.left_out_cost < 0 or job.release < 0:
        yield f"job '{job.id}': release, late_cost_h and left_out_cost want 0 or more"
    for step, operation in enumerate(job.operations):
        for said in _operation_faults(problem, operation):
            yield f"job '{job.id}' operation {step + 1}: {said}"


def _operation_faults(problem: Problem, operation: Operation) -> Iterator[str]:
    machines = [a.machine for a in operation.alternatives]
    if not machines:
        yield "has no alternatives, want at least one"
    if len(set(machines)) < len(machines):
        yield f"alternatives are on machines {machines}, want each once"
    for a in operation.alternatives:
        yield from _range("machine", a.machine, len(problem.machines))
        if a.duration <= 0 or a.power_kw < 0:
            yield f"takes {a.duration} ticks and {a.power_kw} kW, want more than 0, and 0 or more"
        if 0 <= a.machine < len(problem.machines):
            matrix = problem.machines[a.machine].setup
            if 0 <= matrix < len(problem.setups):
                yield from _range("family", operation.family, len(problem.setups[matrix]))
    pin = operation.pin
    if pin is not None:
        if alternative_on(operation, pin.machine) is None:
            yield f"is pinned to machine {pin.machine}, want one of {machines}"
        if pin.start is not None:
            yield from _range("pinned start", pin.start, problem.horizon)


def _task_faults(problem: Problem, task: Task) -> Iterator[str]:
    name = f"task '{task.id}'"
    yield from _range(f"{name}: machine", task.machine, len(problem.machines))
    yield from _range(f"{name}: part", task.part, len(problem.parts), -1)
    if task.duration <= 0 or not task.risk:
        got = f"takes {task.duration} ticks and has {len(task.risk)} costs"
        yield f"{name}: {got}, want more than 0 of each"
    if not 0 <= task.earliest <= task.latest:
        yield f"{name}: starts {task.earliest} to {task.latest}, want a window from 0 on"
    pin = task.pin
    if pin is not None:
        if not task.earliest <= pin.start <= task.latest:
            yield f"{name}: is pinned to {pin.start}, want {task.earliest} to {task.latest}"
        if pin.crew is not None:
            yield from _range(f"{name}: pinned crew", pin.crew, len(problem.crews))


def _reference_faults(problem: Problem) -> Iterator[str]:
    plan = problem.reference
    if plan is None:
        return
    sizes = (problem.n_operations, problem.n_operations, len(problem.tasks))
    got = (len(plan.machine), len(plan.start), len(plan.task_start))
    if got != sizes:
        yield f"reference has {got} entries, want {sizes}"
    if plan.cap <= 0 or plan.fade <= 0:
        yield f"reference has cap {plan.cap} and fade {plan.fade}, want more than 0"


def _range(name: str, got: int, size: int, least: int = 0) -> Iterator[str]:
    if not least <= got < size:
        yield f"{name} is {got}, want {least} to {size - 1}"
