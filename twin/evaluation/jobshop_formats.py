"""Published job shop instances as text: the classic format and the flexible one, told by content.

Classic: a line a job, a pair machine, duration for each operation. Flexible: a line a job: how many
operations, then for each how many choices and a pair machine, duration for each choice. A line of
sizes (jobs, machines and, in flexible files, mean choices) may come first, lines of words before
it, and comments after #. Machines count from 0 or from 1.
Source: Fisher & Thompson (1963), Lawrence (1984) as in Beasley's OR-Library; Brandimarte (1993).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from twin.errors import DataError

__all__ = ["Instance", "Kind", "parse_instance"]

Kind = Literal["classic", "flexible"]
Choice = tuple[int, int]
Operation = tuple[Choice, ...]


class Instance(NamedTuple):
    name: str
    kind: Kind
    jobs: tuple[tuple[Operation, ...], ...]
    """Of each job its operations, of each operation its (machine, duration), machines from 0."""
    n_machines: int
    best_known: int | None


class _Row(NamedTuple):
    line: int
    numbers: list[int]


class _Sizes(NamedTuple):
    line: int
    n_machines: int
    flexible: bool
    """It has a third number: mean choices."""


def parse_instance(text: str, name: str) -> Instance:
    """One instance from its text; raises DataError naming `name` and the line."""
    rows = list(_rows(text, name))
    sizes, rows = _take_sizes(rows, name)
    if not rows:
        raise DataError(f"{name}: got no jobs, want a line for each")
    numbers = [row.numbers for row in rows]
    read = _read_flexible if _is_flexible(numbers, sizes) else _read_classic
    jobs = [read(row.numbers) for row in rows]
    for row, job in zip(rows, jobs, strict=True):
        if isinstance(job, str):
            raise DataError(f"{name} line {row.line}: {job}")
    found = [job for job in jobs if not isinstance(job, str)]
    kind: Kind = "flexible" if read is _read_flexible else "classic"
    return _numbered_from_0(
        Instance(Path(name).stem, kind, tuple(found), 0, None), rows, sizes, name
    )


def _rows(text: str, name: str) -> Iterator[_Row]:
    """Lines of whole numbers; words may stand before the first of them only."""
    begun = False
    for line, whole in enumerate(text.splitlines(), 1):
        words = whole.split("#")[0].split()
        if not words or (not begun and not words[0][0].isdigit()):
            continue
        try:
            numbers = [int(float(w)) if not begun and n == 2 else int(w) for n, w in _at(words)]
        except ValueError:
            got = next(word for word in words if not word.isdigit())
            raise DataError(f"{name} line {line}: got {got!r}, want whole numbers") from None
        begun = True
        if min(numbers) < 0:
            raise DataError(f"{name} line {line}: got {min(numbers)}, want no negative number")
        yield _Row(line, numbers)


def _at(words: list[str]) -> list[tuple[int, str]]:
    """Words by place; the third of three may be the sizes' mean, which has a fraction."""
    return [(n if len(words) == 3 else 0, word) for n, word in enumerate(words)]


def _take_sizes(rows: list[_Row], name: str) -> tuple[_Sizes | None, list[_Row]]:
    """A first line of two or three numbers is the sizes, unless all lines are alike."""
    if not rows or len(rows[0].numbers) not in {2, 3}:
        return None, rows
    (n_jobs, n_machines, *more), left = rows[0].numbers, rows[1:]
    widths = {len(row.numbers) for row in rows}
    if n_jobs != len(left):
        if widths == {2}:
            return None, rows
        want = f"want the {n_jobs} that line {rows[0].line} says"
        raise DataError(f"{name} line {rows[-1].line}: got {len(left)} jobs, {want}")
    return _Sizes(rows[0].line, n_machines, bool(more)), left


def _is_flexible(rows: list[list[int]], sizes: _Sizes | None) -> bool:
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
        job.append(tuple(zip(pairs[::2], pairs[1::2], strict=True)))
        at += 1 + 2 * n_choices
    if len(job) < n_operations or not job:
        return f"got {len(job)} operations, want {max(n_operations, 1)}"
    if at < len(row):
        return f"got {len(row)} numbers, want {at} for {n_operations} operations"
    return _wrong_duration(job) or tuple(job)


def _wrong_duration(job: tuple[Operation, ...] | list[Operation]) -> str:
    if any(duration < 1 for operation in job for _, duration in operation):
        return "got a duration of 0, want 1 or more"
    return ""


def _numbered_from_0(
    instance: Instance, rows: list[_Row], sizes: _Sizes | None, name: str
) -> Instance:
    """Machines that never are 0 count from 1, unless the sizes leave room for a machine 0."""
    tops = [max(machine for operation in job for machine, _ in operation) for job in instance.jobs]
    lows = [min(machine for operation in job for machine, _ in operation) for job in instance.jobs]
    said = sizes.n_machines if sizes else 0
    base = 1 if min(lows) > 0 and (said == 0 or max(tops) >= said) else 0
    for row, top in zip(rows, tops, strict=True):
        if said and top - base >= said:
            raise DataError(f"{name} line {row.line}: got machine {top}, want {said} machines")
    jobs = tuple(
        tuple(
            tuple((machine - base, duration) for machine, duration in operation)
            for operation in job
        )
        for job in instance.jobs
    )
    return instance._replace(jobs=jobs, n_machines=max(said, max(tops) - base + 1))
