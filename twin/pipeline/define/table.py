"""A CSV as whoever made it writes them: its separator, its decimal sign, its cells as text."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.errors import DataError

__all__ = ["MAX_BYTES", "NoTableError", "Table", "read_table"]

MAX_BYTES = 64 << 20
MAX_COLUMNS = 200
HEAD_BYTES = 64 << 10
HEAD_LINES = 20
SEPARATORS = ",;\t"


class NoTableError(DataError):
    """The file is no table with a line of names."""


class Table(NamedTuple):
    """A file's cells as text, and how its numbers are written."""

    cells: pd.DataFrame
    decimal: str

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Values (R,), NaN where there is none that can be read."""
        text = self.cells[column]
        if self.decimal == ",":
            text = text.str.replace(",", ".", regex=False)
        found = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
        return np.where(np.isfinite(found), found, np.nan)


def read_table(path: Path) -> Table:
    """A CSV with a line of names; comma, semicolon or tab. Raises DataError: got and want."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DataError(f"got {size >> 20} MB, want at most {MAX_BYTES >> 20}: a few weeks do")
    try:
        head = path.read_bytes()[:HEAD_BYTES].decode("utf-8-sig", errors="strict")
    except UnicodeDecodeError:
        head = ""
    encoding = "utf-8-sig" if head else "cp1252"
    head = head or path.read_bytes()[:HEAD_BYTES].decode("cp1252", errors="replace")
    separator = _separator(head)
    _check_columns(_widths(head, separator)[:1])  # before all of it is read
    try:
        cells = pd.read_csv(
            path, sep=separator, dtype="string", encoding=encoding, skipinitialspace=True
        )
    except (ValueError, OSError) as error:
        raise NoTableError(f"cannot be read as CSV: {error}") from error
    cells.columns = [str(c).strip() for c in cells.columns]
    if len(cells) < 2 or len(cells.columns) < 2:
        raise NoTableError(
            f"got {len(cells)} lines of {len(cells.columns)} columns, "
            "want a line of names, then lines with a time and readings"
        )
    _check_columns([len(cells.columns)])
    return Table(cells, "," if separator == ";" and _has_decimal_comma(cells) else ".")


def _check_columns(counts: Sequence[int]) -> None:
    for n in counts:
        if n > MAX_COLUMNS:
            raise DataError(f"got {n} columns, want at most {MAX_COLUMNS}")


def _separator(head: str) -> str:
    """What cuts every one of the first lines into most columns.

    Not csv.Sniffer: its patterns take half a minute for 64 kB of odd quotes.
    """
    return max(SEPARATORS, key=lambda separator: min(_widths(head, separator), default=0))


def _widths(head: str, separator: str) -> list[int]:
    """Number of columns of each of the first lines."""
    lines = head.splitlines()[:HEAD_LINES]
    try:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return []
    return [len(row) for row in rows if row]


def _has_decimal_comma(cells: pd.DataFrame) -> bool:
    """Whether numbers like 3,14 stand in it."""
    head = cells.head(200)
    return any(head[c].str.fullmatch(r"[+-]?\d+,\d+").fillna(False).any() for c in head.columns)
