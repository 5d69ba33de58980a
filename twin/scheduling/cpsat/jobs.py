"""Jobs and their operations as CP-SAT variables: rules 1, 2, 4, 7 and 8 of a problem.

Start and end are shared by an operation's alternatives, with an optional interval on each machine.
On a machine with breaks, or under a tariff, the start falls into one of a few groups of pieces
(`groups`).
"""

from ortools.sat.python import cp_model

from twin.scheduling.cpsat.groups import Group, groups_of
from twin.scheduling.cpsat.model import Expression, Model, Placing
from twin.scheduling.problem import Alternative, Job, Operation, Pin

__all__ = ["add_jobs"]


def add_jobs(model: Model) -> None:
    """Every operation of the scope, and the order within each job."""
    rows = model.rows
    for i in model.scope.operations:
        j, step, operation = rows[i]
        job = model.problem.jobs[j]
        if j not in model.placed:
            model.placed[j] = _placed(model, job, j)
        before = model.operations.get(i - 1) if step else None
        first, last = _span(model, job, step, before)
        pin = model.scope.fixed.get(i, operation.pin)
        now = _operation(model, i, operation, pin, first, last, model.placed[j])
        model.operations[i] = now
        if before is not None:
            _follow(model, before, now, model.placed[j])


def _placed(model: Model, job: Job, j: int) -> Expression:
    pinned = any(operation.pin is not None for operation in job.operations)
    if model.scope.window is not None or pinned or job.left_out_cost == float("inf"):
        return model.cp.new_constant(1)
    placed = model.cp.new_bool_var(f"job{j}")
    model.charge("tardiness", ~placed, job.left_out_cost)
    return placed


def _span(model: Model, job: Job, step: int, before: Placing | None) -> tuple[int, int]:
    """First start and last end that the order within the job allows."""
    first, last = model.scope.span
    travel = int(model.problem.transport.min())
    first = max(first, job.release)
    if before is not None:
        first = max(first, before.first + before.least + travel)
    if model.scope.window is None:
        after = job.operations[step + 1 :]
        last -= sum(min(a.duration for a in operation.alternatives) for operation in after)
        last -= travel * len(after)
    return first, last


def _operation(
    model: Model,
    i: int,
    operation: Operation,
    pin: Pin | None,
    first: int,
    last: int,
    placed: Expression,
) -> Placing:
    if pin is not None and pin.start is not None:
        first, last = pin.start, model.problem.horizon
    groups = {
        a: found
        for a in operation.alternatives
        if (pin is None or a.machine == pin.machine)
        and (found := groups_of(model, a, first, last, pin))
    }
    if not groups:
        model.cp.add(placed == 0)
    starts = sorted({s for found in groups.values() for g in found for s in g.starts})
    cp, elapsed = model.cp, [g.elapsed for found in groups.values() for g in found] or [0]
    domain = cp_model.Domain.from_intervals([list(s) for s in starts] or [[first, first]])
    start = cp.new_int_var_from_domain(domain, f"s{i}")
    low = domain.min() + min(elapsed)
    high = max([g.starts[-1][1] + g.elapsed for found in groups.values() for g in found] or [low])
    end = cp.new_int_var(low, high, f"e{i}")
    now = Placing(start, end, domain.min(), high, min(elapsed))
    for alternative, found in groups.items():
        alone = len(groups) == 1
        m = alternative.machine
        now.on[m] = placed if alone else cp.new_bool_var(f"x{i}.{m}")
        _on(model, now, alternative, found, domain)
    if len(groups) > 1:
        cp.add(sum(now.on.values()) == placed)
    return now


def _on(
    model: Model, now: Placing, alternative: Alternative, groups: list[Group], domain: Expression
) -> None:
    """The interval on a machine, and what follows from the start there."""
    cp, m = model.cp, alternative.machine
    on, name = now.on[m], f"{now.start.name}.{m}"
    literals = (
        [on] if len(groups) == 1 else [cp.new_bool_var(f"{name}.{k}") for k in range(len(groups))]
    )
    if len(groups) > 1:
        cp.add(sum(literals) == on)
    sizes = sorted({g.elapsed for g in groups})
    size = sizes[0]
    if len(sizes) > 1:
        size = cp.new_int_var_from_domain(cp_model.Domain.from_values(sizes), f"d{name}")
    now.interval[m] = cp.new_optional_interval_var(now.start, size, now.end, on, f"i{name}")
    if m in model.counted:
        now.worked[m] = _worked(model, now, groups, literals, name)
    for literal, group in zip(literals, groups, strict=True):
        own = cp_model.Domain.from_intervals([list(s) for s in group.starts])
        if own.flattened_intervals() != domain.flattened_intervals():
            cp.add_linear_expression_in_domain(now.start, own).only_enforce_if(literal)
        if len(sizes) > 1:
            cp.add(size == group.elapsed).only_enforce_if(literal)
        _pay(model, now, group, literal, name)


def _worked(
    model: Model, now: Placing, groups: list[Group], literals: list[Expression], name: str
) -> Expression:
    offsets = {g.offset for g in groups}
    if len(offsets) == 1:
        return now.start - offsets.pop()
    worked = model.cp.new_int_var(0, model.problem.horizon, f"w{name}")
    for literal, group in zip(literals, groups, strict=True):
        model.cp.add(worked == now.start - group.offset).only_enforce_if(literal)
    return worked


def _pay(model: Model, now: Placing, group: Group, literal: Expression, name: str) -> None:
    """Energy: the least within the group, and what the start adds to it."""
    (a, b), slope = (group.starts[0][0], group.starts[-1][1]), group.slope
    model.charge("energy", literal, group.energy + min(0.0, slope * (b - a)))
    if slope and b > a:
        more = model.cp.new_int_var(0, b - a, f"m{name}")
        away = now.start - a if slope > 0 else b - now.start
        model.cp.add(more >= away).only_enforce_if(literal)
        model.charge("energy", more, abs(slope), b - a)


def _follow(model: Model, before: Placing, after: Placing, placed: Expression) -> None:
    """Rule 4: transport depends on both sites, and is then conditional on both choices."""
    transport = model.problem.transport
    here, there = _by_site(model, before), _by_site(model, after)
    travel = {(a, b): int(transport[a, b]) for a in here for b in there}
    least = min(travel.values(), default=0)
    model.cp.add(after.start >= before.end + least).only_enforce_if(placed)
    for (a, b), ticks in travel.items():
        if ticks > least:
            both = [here[a], there[b]]
            model.cp.add(after.start >= before.end + ticks).only_enforce_if(both)


def _by_site(model: Model, now: Placing) -> dict[int, Expression]:
    """Whether it is at each site that it may be at."""
    machines: dict[int, list[Expression]] = {}
    for m, on in now.on.items():
        machines.setdefault(model.problem.machines[m].site, []).append(on)
    return {site: _any_of(model, on) for site, on in machines.items()}


def _any_of(model: Model, on: list[Expression]) -> Expression:
    if len(on) == 1:
        return on[0]
    there = model.cp.new_bool_var("")
    model.cp.add(sum(on) == there)
    return there
