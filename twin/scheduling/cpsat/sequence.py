"""Setups between what follows on a machine (rule 3), and its idle time.

A machine's working time makes setups plain arithmetic: between the end of one operation and the
start of the next lie at least as many open ticks as the setup takes, whatever breaks there are.
Which is next is a circuit through the machine's operations, 0 being the machine as it is found.
Source: Laborie, Rogerie, Shaw & Vilím (2018), Constraints 23:210 (optional intervals, sequences).
"""

from typing import NamedTuple

from twin.errors import PlanningError
from twin.scheduling.cpsat.model import Expression, Model, Placing
from twin.scheduling.cpsat.tasks import TASK
from twin.scheduling.layout import alternative_on

__all__ = ["add_sequence"]

MAX_ARCS = 40_000
"""On one machine: what a circuit can hold and still be searched."""


class _Node(NamedTuple):
    """An operation on the machine."""

    now: Placing
    on: Expression
    worked: Expression
    duration: int
    family: int


def add_sequence(model: Model, m: int, held: list[int], tasks: list[int]) -> None:
    """Setups of a machine's operations, against each other and against its tasks; its idle time.

    Raises PlanningError for more operations than a circuit can hold.
    """
    if len(held) ** 2 > MAX_ARCS:
        said = f"{len(held)} operations could run on machine '{model.problem.machines[m].id}'"
        raise PlanningError(f"{said}: too many for an exact model with setups, plan it in windows")
    nodes = {i: _node(model, m, i) for i in held}
    setup = _circuit(model, m, nodes)
    for t in tasks:
        done = _worked(model, m, model.tasks[t].end, model.tasks[t])
        for i, node in nodes.items():
            _apart(model, model.tasks[t], node, done, setup[i])
    if "idle" in model.needed:
        _idle(model, m, nodes, setup, tasks)


def _node(model: Model, m: int, i: int) -> _Node:
    operation, now = model.rows[i][2], model.operations[i]
    alternative = alternative_on(operation, m)
    assert alternative is not None
    return _Node(now, now.on[m], now.worked[m], alternative.duration, operation.family)


def _circuit(model: Model, m: int, nodes: dict[int, _Node]) -> dict[int, Expression]:
    """Each operation's setup in ticks, by what comes before it."""
    row, machine = model.scope.rows[m], model.problem.machines[m]
    price_h = machine.setup_cost_h
    ticks, number = model.problem.setups[machine.setup], {i: k + 1 for k, i in enumerate(nodes)}
    setup: dict[int, Expression] = dict.fromkeys(nodes, 0)
    arcs = [(0, 0, model.cp.new_bool_var(""))]

    def add_arc(i: int | None, j: int, needed: int) -> None:
        arc = model.cp.new_bool_var("")
        arcs.append((0 if i is None else number[i], number[j], arc))
        done = 0 if i is None else nodes[i].worked + nodes[i].duration
        model.cp.add(nodes[j].worked >= done + needed).only_enforce_if(arc)
        if needed:
            setup[j] += needed * arc
            model.charge("changeover", arc, needed * price_h * model.problem.tick_h)

    for j, node in nodes.items():
        arcs.append((number[j], number[j], ~node.on))
        if row.closed in {None, j}:
            arcs.append((number[j], 0, model.cp.new_bool_var("")))
        if row.opened == j:
            add_arc(None, j, 0)
        elif row.opened is None:
            add_arc(None, j, 0 if machine.family < 0 else int(ticks[machine.family, node.family]))
        for i, before in nodes.items():
            if i not in {j, row.closed} and j != row.opened and _can_follow(before, node):
                add_arc(i, j, int(ticks[before.family, node.family]))
    model.cp.add_circuit(arcs)
    return setup


def _can_follow(before: _Node, after: _Node) -> bool:
    return before.now.first + before.now.least <= after.now.last - after.now.least


def _apart(model: Model, task: Placing, node: _Node, done: Expression, setup: Expression) -> None:
    """A task lies before an operation's setup or after its end, not between the two.

    That they do not overlap is said already; `done`: open ticks before the task's end.
    """
    if isinstance(setup, int):
        return
    before, after = model.cp.new_bool_var(""), model.cp.new_bool_var("")
    model.cp.add(node.worked >= done + setup).only_enforce_if(before)
    model.cp.add(task.start >= node.now.end).only_enforce_if(after)
    model.cp.add_bool_or(before, after, ~node.on, ~task.on[TASK])


def _worked(model: Model, m: int, tick: Expression, now: Placing) -> Expression:
    """Open ticks of the machine before a tick of a task."""
    segments = _segments(model, m, now)
    worked = model.cp.new_int_var(0, model.problem.horizon, "")
    literals = [model.cp.new_bool_var("") for _ in segments]
    model.cp.add_exactly_one(literals)
    for literal, (a, b, before, opened) in zip(literals, segments, strict=True):
        model.cp.add_linear_constraint(tick, a, b).only_enforce_if(literal)
        count = before + tick - a if opened else before
        model.cp.add(worked == count).only_enforce_if(literal)
    return worked


def _segments(model: Model, m: int, now: Placing) -> list[tuple[int, int, int, bool]]:
    """(first tick, last tick, open ticks before the first, whether it is open) over a range."""
    segments, tick, worked = [], 0, 0
    for window in model.pieces.windows(model.problem.machines[m].calendar):
        segments.append((tick, window.first - 1, worked, False))
        segments.append((window.first, window.last, window.worked, True))
        tick, worked = window.last + 1, window.worked + window.last + 1 - window.first
    segments.append((tick, model.problem.horizon, worked, False))
    return [s for s in segments if s[0] <= min(s[1], now.last) and s[1] >= now.first]


def _idle(
    model: Model,
    m: int,
    nodes: dict[int, _Node],
    setup: dict[int, Expression],
    tasks: list[int],
) -> None:
    """Open ticks from the first block to the last, less what is worked and what tasks take.

    In a window only what lies between the operations that stay at its sides counts: the rest is
    as it was.
    """
    cp, horizon, row = model.cp, model.problem.horizon, model.scope.rows[m]
    first, last, idle = (cp.new_int_var(0, horizon, "") for _ in range(3))
    taken: Expression = 0
    for i, node in nodes.items():
        own = 0 if i == row.opened else setup[i]
        cp.add(first <= node.worked - own).only_enforce_if(node.on)
        cp.add(last >= node.worked + node.duration).only_enforce_if(node.on)
        taken += node.duration * node.on
    for t in tasks:
        taken += _taken(model, m, model.tasks[t], first, last)
    cp.add(idle >= last - first - taken)
    model.charge("idle", idle, model.problem.tick_h, horizon)


def _taken(model: Model, m: int, task: Placing, first: Expression, last: Expression) -> Expression:
    """Open ticks that a task takes of those between the machine's first block and last."""
    cp = model.cp
    begun, done = (_worked(model, m, tick, task) for tick in (task.start, task.end))
    inside, taken = cp.new_bool_var(""), cp.new_int_var(0, model.problem.horizon, "")
    cp.add(taken <= done - begun)
    cp.add(taken == 0).only_enforce_if(~inside)
    cp.add(first <= begun).only_enforce_if(inside)
    cp.add(last >= done).only_enforce_if(inside)
    cp.add_implication(inside, task.on[TASK])
    return taken
