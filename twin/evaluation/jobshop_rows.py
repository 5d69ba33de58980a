"""Lines of numbers in a published job shop's text, and the sizes that may stand before them.

What is not a line of numbers (headings, comments after #, // or %, "LB: 5", "EOF") says nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from twin.errors import DataError

__all__ = ["Row", "Sizes", "rows_of", "take_sizes"]

COMMENT = re.compile(r"#|//|%")
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
MOST = 10**9
"""No number may be larger: sums of a million of them stay far within 64 bits."""
STRAY = 2
"""Numbers after the last job that may be anything, a bound say; as many are no job's."""


class Row(NamedTuple):
    line: int
    numbers: list[float]
    word: str = ""
    """What follows the numbers and is none."""

    @property
    def whole(self) -> list[int]:
        return [int(number) for number in self.numbers]


class Sizes(NamedTuple):
    line: int
    n_machines: int
    flexible: bool
    """It has a third number: mean choices."""


def rows_of(text: str) -> Iterator[Row]:
    """Every line that begins with a number, up to its first word."""
    for line, whole in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        words = COMMENT.split(whole)[0].split()
        numbers: list[float] = []
        for word in words:
            if not NUMBER.fullmatch(word):
                break
            numbers.append(float(word.replace(",", ".")))
        if numbers:
            yield Row(line, numbers, "".join(words[len(numbers) : len(numbers) + 1]))


def take_sizes(rows: list[Row], name: str) -> tuple[Sizes | None, list[Row]]:
    """A first line of two or three numbers is the sizes, unless all lines are alike.

    Returns it, None where there is none, and the jobs' lines. Raises DataError naming file and
    line where these are not as many as it says, or are not of whole numbers.
    """
    if not rows or len(rows[0].numbers) not in {2, 3}:
        return None, _whole(_without_stray(rows, 1, 1), name)
    head, (n_jobs, n_machines) = rows[0], rows[0].numbers[:2]
    left = _without_stray(rows[1:], n_jobs, STRAY)
    if n_jobs != len(left):
        if {len(row.numbers) for row in rows} == {2}:
            return None, _whole(rows, name)
        want = f"want the {n_jobs:g} that line {head.line} says"
        raise DataError(f"{name} line {rows[-1].line}: got {len(left)} jobs, {want}")
    _whole([Row(head.line, [n_machines])], name)
    return Sizes(head.line, int(n_machines), len(head.numbers) == 3), _whole(left, name)


def _without_stray(rows: list[Row], n_jobs: float, most: int) -> list[Row]:
    """Without lines of so few numbers at the end that there need not be."""
    while len(rows) > n_jobs and len(rows[-1].numbers) <= most:
        rows = rows[:-1]
    return rows


def _whole(rows: list[Row], name: str) -> list[Row]:
    """The same; raises DataError where a number is not whole, negative or too large."""
    for row in rows:
        got = row.word or next((f"{n:g}" for n in row.numbers if n % 1), "")
        if got:
            raise DataError(f"{name} line {row.line}: got {got!r}, want whole numbers")
        least, most = min(row.numbers), max(row.numbers)
        if least < 0:
            raise DataError(f"{name} line {row.line}: got {least:g}, want no negative number")
        if most > MOST:
            raise DataError(f"{name} line {row.line}: got {most:g}, want at most {MOST}")
    return rows
