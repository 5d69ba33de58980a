"""What a CSV of readings seems to hold: its columns, their figures, and what to make of each."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.core.view import NEVER
from twin.errors import DataError
from twin.pipeline.define.suggest import suggestion
from twin.plant import ReplaySource
from twin.sources.tables import times

__all__ = [
    "MAX_BYTES",
    "NoNumbersError",
    "NoTableError",
    "NoTimesError",
    "Table",
    "profile_of",
    "read_table",
    "times_of",
]

MAX_BYTES = 64 << 20
MAX_COLUMNS = 200
HEAD_BYTES = 64 << 10
EPOCH = "1970-01-01T00:00:00Z"
HEAD_LINES = 20
SEPARATORS = ",;\t"
READABLE = 0.95
"""Share of cells that must read as what a column is taken for."""
FEW_MACHINES = 200
UNITS = ("iso", "s", "ms", "us")
EPOCHS = {"s": (1e8, 1e10), "ms": (1e11, 1e13), "us": (1e14, 1e16)}
"""Numbers that can be a time since 1970 in that unit."""


class NoTableError(DataError):
    """The file is no table with a line of names."""


class NoTimesError(DataError):
    """No column of it holds times."""


class NoNumbersError(DataError):
    """Besides times and machines no column of it holds numbers."""


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


def profile_of(path: Path, zone: str) -> dict[str, Any]:
    """Columns with their figures and what to make of them; times without offset are of `zone`.

    Raises DataError where the file is no table, or has no column of times.
    """
    table = read_table(path)
    time_column, time_unit = _time_column(table, zone)
    at = times_of(table, time_column, time_unit, zone)
    machine_column = _machine_column(table, time_column)
    names = [c for c in table.cells.columns if c not in {time_column, machine_column}]
    if not any(np.isfinite(table.numbers(name)).any() for name in names):
        raise NoNumbersError(
            f"got columns {', '.join(table.cells.columns[:8])}, want one of numbers"
        )
    machines = [] if machine_column is None else _distinct(table.cells[machine_column])
    period_s = _period_s(at, None if machine_column is None else table.cells[machine_column])
    good = at[at != NEVER]
    return {
        "rows": len(table.cells),
        "columns": [_column(table, name) for name in names],
        "time_column": time_column,
        "time_unit": time_unit,
        "machine_column": machine_column,
        "machines": machines,
        "start": int(good.min()),
        "end": int(good.max()),
        "bad_times": int((at == NEVER).sum()),
        "period_s": period_s,
        "step_s": _step_s(period_s, float(good.max() - good.min()) / 1e6),
    }


def times_of(table: Table, column: str, unit: str, zone: str) -> NDArray[np.int64]:
    """Source times (R,), µs UTC; NEVER where there is none."""
    source = ReplaySource.model_validate(
        {"type": "replay", "path": "-", "time_unit": unit, "timezone": zone, "epoch": EPOCH}
    )
    return times(table.cells[column], source)


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


def _time_column(table: Table, zone: str) -> tuple[str, str]:
    """The first column whose cells are times, rising within a machine or not. Raises DataError."""
    for column in table.cells.columns:
        for unit in UNITS:
            if unit != "iso" and not _in_epoch(table.numbers(column), unit):
                continue
            if unit == "iso" and pd.to_numeric(table.cells[column], errors="coerce").notna().any():
                continue
            at = times_of(table, column, unit, zone)
            if np.mean(at != NEVER) >= READABLE:
                return column, unit
    raise NoTimesError(
        f"got columns {', '.join(table.cells.columns[:8])}, want one of times: "
        "ISO 8601 such as 2026-03-01T06:00:00, or seconds since 1970"
    )


def _in_epoch(values: NDArray[np.float64], unit: str) -> bool:
    low, high = EPOCHS[unit]
    return bool(np.mean((values > low) & (values < high)) >= READABLE)


def _machine_column(table: Table, time_column: str) -> str | None:
    """A column of few names, none a number: whose reading a line is."""
    for column in table.cells.columns:
        text = table.cells[column]
        if column == time_column or text.isna().any():
            continue
        names = text.nunique()
        are_numbers = np.isfinite(table.numbers(column)).mean() > 1 - READABLE
        if not are_numbers and names <= min(FEW_MACHINES, len(text) // 2):
            return str(column)
    return None


def _distinct(text: pd.Series) -> list[str]:
    return sorted(str(v) for v in text.dropna().unique())


def _period_s(at: NDArray[np.int64], machine: pd.Series | None) -> float:
    """Median time between two samples of one machine, seconds."""
    frame = pd.DataFrame({"at": at, "machine": "" if machine is None else machine.to_numpy()})
    frame = frame[frame["at"] != NEVER].sort_values(["machine", "at"], kind="stable")
    gaps = frame.groupby("machine")["at"].diff().to_numpy(dtype=np.float64)
    gaps = gaps[gaps > 0]
    return float(f"{np.median(gaps) / 1e6:.6g}") if len(gaps) else 1.0


def _step_s(period_s: float, span_s: float) -> float:
    """Unit of the model's time: a usual one with samples in it, and a fair number of it."""
    for step in (60.0, 600.0, 3600.0, 86400.0):
        if step >= 2 * period_s and span_s / step <= 5000:
            return step
    return max(86400.0, period_s)


def _column(table: Table, name: str) -> dict[str, Any]:
    values = table.numbers(name)
    known = values[np.isfinite(values)]
    written = table.cells[name].notna()
    figures = {
        "column": name,
        "missing": float(1.0 - written.mean()),
        "unreadable": int((written.to_numpy() & ~np.isfinite(values)).sum()),
        "example": [str(v) for v in table.cells[name].dropna().head(3)],
    }
    if len(known) < 2 or len(known) < 0.5 * int(written.sum()):
        return figures | {"role": "ignore", "numbers": False}
    q = np.quantile(known, [0, 0.001, 0.01, 0.5, 0.99, 0.999, 1])
    return (
        figures
        | {"numbers": True, "quantiles": [float(v) for v in q]}
        | suggestion(name, q, is_constant=bool(q[0] == q[-1]))
    )
