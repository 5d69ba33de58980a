"""Published job shop instances as text: the classic format and the flexible one, told by content.

Classic: a line a job, a pair machine, duration for each operation. Flexible: a line a job: how many
operations, then for each how many choices and a pair machine, duration for each choice. A line of
sizes (jobs, machines and, in flexible files, mean choices) may come first. Machines count from 0 or
from 1; one that an operation lists twice counts with its least duration.
Source: Fisher & Thompson (1963), Lawrence (1984) as in Beasley's OR-Library; Brandimarte (1993).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from twin.errors import DataError
from twin.evaluation.jobshop_rows import Row, Sizes, rows_of, take_sizes

__all__ = ["Instance", "Kind", "parse_instance"]

Kind = Literal["classic", "flexible"]
Choice = tuple[int, int]
Operation = tuple[Choice, ...]
MOST_MACHINES = 10_000
"""What a stray number must not make of a shop."""


class Instance(NamedTuple):
    name: str
    kind: Kind
    jobs: tuple[tuple[Operation, ...], ...]
    """Of each job its operations, of each operation its (machine, duration), machines from 0."""
    n_machines: int
    best_known: int | None


def parse_instance(text: str, name: str) -> Instance:
    """One instance from its text; raises DataError naming `name` and the line."""
    sizes, rows = take_sizes(list(rows_of(text)), name)
    if not rows:
        raise DataError(f"{name}: got no jobs, want a line for each")
    numbers = [row.whole for row in rows]
    read = _read_flexible if _is_flexible(numbers, sizes) else _read_classic
    jobs = [read(row) for row in numbers]
    for row, job in zip(rows, jobs, strict=True):
        if isinstance(job, str):
            raise DataError(f"{name} line {row.line}: {job}")
    found = [job for job in jobs if not isinstance(job, str)]
    kind: Kind = "flexible" if read is _read_flexible else "classic"
    return _numbered_from_0(
        Instance(Path(name).stem, kind, tuple(found), 0, None), rows, sizes, name
    )


def _is_flexible(rows: list[list[int]], sizes: Sizes | None) -> bool:
    """Which format fits more lines; where all fit both, each machine once in a job is classic."""
    flexible = sum(not isinstance(_read_flexible(row), str) for row in rows)
    classic = sum(not isinstance(_read_classic(row), str) for row in rows)
    if flexible != classic:
        return flexible > classic
    each_once = all(len(set(row[::2])) == len(row[::2]) == len(set(rows[0][::2])) for row in rows)
    return (sizes is not None and sizes.flexible) or (flexible > 0 and not each_once)


def _read_classic(row: list[int]) -> tuple[Operation, ...] | str:
    """A job's operations, or what is wrong."""
    if len(row) % 2:
        return f"got {len(row)} numbers, want pairs of machine and duration"
    job = tuple(
        ((machine, duration),) for machine, duration in zip(row[::2], row[1::2], strict=True)
    )
    return _wrong_duration(job) or job


def _read_flexible(row: list[int]) -> tuple[Operation, ...] | str:
    """A job's operations, or what is wrong."""
    n_operations, at = row[0], 1
    job: list[Operation] = []
    while at < len(row) and len(job) < n_operations:
        n_choices, pairs = row[at], row[at + 1 : at + 1 + 2 * row[at]]
        which = f"operation {len(job) + 1}"
        if n_choices < 1:
            return f"{which}: got {n_choices} choices, want at least one"
        if len(pairs) < 2 * n_choices:
            return f"{which}: got {len(pairs)} numbers, want {n_choices} pairs machine, duration"
        job.append(_each_once(zip(pairs[::2], pairs[1::2], strict=True)))
        at += 1 + 2 * n_choices
    if len(job) < n_operations or not job:
        return f"got {len(job)} operations, want {max(n_operations, 1)}"
    if at < len(row):
        return f"got {len(row)} numbers, want {at} for {n_operations} operations"
    return _wrong_duration(job) or tuple(job)


def _each_once(choices: Iterable[Choice]) -> Operation:
    """A machine that is listed twice counts with its least duration."""
    least: dict[int, int] = {}
    for machine, duration in choices:
        least[machine] = min(duration, least.get(machine, duration))
    return tuple(least.items())


def _wrong_duration(job: tuple[Operation, ...] | list[Operation]) -> str:
    if any(duration < 1 for operation in job for _, duration in operation):
        return "got a duration of 0, want 1 or more"
    return ""


def _numbered_from_0(
    instance: Instance, rows: list[Row], sizes: Sizes | None, name: str
) -> Instance:
    """Machines that never are 0 count from 1, unless the sizes leave room for a machine 0."""
    tops = [max(machine for operation in job for machine, _ in operation) for job in instance.jobs]
    lows = [min(machine for operation in job for machine, _ in operation) for job in instance.jobs]
    said = sizes.n_machines if sizes else 0
    base = 1 if min(lows) > 0 and (said == 0 or max(tops) >= said) else 0
    for row, top in zip(rows, tops, strict=True):
        if said and top - base >= said:
            raise DataError(f"{name} line {row.line}: got machine {top}, want {said} machines")
    n_machines = max(said, max(tops) - base + 1)
    if n_machines > MOST_MACHINES:
        raise DataError(f"{name}: got {n_machines} machines, want at most {MOST_MACHINES}")
    jobs = tuple(
        tuple(
            tuple((machine - base, duration) for machine, duration in operation)
            for operation in job
        )
        for job in instance.jobs
    )
    return instance._replace(jobs=jobs, n_machines=n_machines)
