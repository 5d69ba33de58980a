"""What a CSV of readings seems to hold: its columns, their figures, and what to make of each."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.core.view import NEVER
from twin.errors import DataError
from twin.pipeline.define.suggest import suggestion
from twin.pipeline.define.table import Table, read_table
from twin.plant import ReplaySource
from twin.sources.tables import times

__all__ = ["NoNumbersError", "NoTimesError", "profile_of", "times_of"]

EPOCH = "1970-01-01T00:00:00Z"
READABLE = 0.95
"""Share of cells that must read as what a column is taken for."""
FEW_MACHINES = 200
UNITS = ("iso", "s", "ms", "us")
EPOCHS = {"s": (1e8, 1e10), "ms": (1e11, 1e13), "us": (1e14, 1e16)}
"""Numbers that can be a time since 1970 in that unit."""


class NoTimesError(DataError):
    """No column of it holds times."""


class NoNumbersError(DataError):
    """Besides times and machines no column of it holds numbers."""


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
