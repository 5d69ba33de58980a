"""A table of readings in a file, CSV or Parquet, as columns whose faults are known.

Everything that turns text into times and numbers is here; what cannot be turned stays findable.
"""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from twin.core.view import NEVER
from twin.errors import DataError
from twin.plant import ReplaySource

__all__ = ["column_names", "frames", "qualities", "readings", "times"]

HAS_OFFSET = r"(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$"
UNIT_US = {"s": 1e6, "ms": 1e3, "us": 1.0}
QUALITY = {"good": 0, "uncertain": 1, "bad": 2}
FRAME_ROWS = 100_000


def column_names(path: Path) -> list[str]:
    """Names of a file's columns. Raises DataError if it is neither CSV nor Parquet."""
    try:
        if path.suffix == ".parquet":
            return [str(n) for n in pa.parquet.read_schema(path).names]
        with path.open(encoding="utf-8-sig") as file:
            return [str(n) for n in pd.read_csv(file, nrows=0).columns]
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: cannot be read as CSV or Parquet: {error}") from error


def frames(path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
    """These columns of the file, some 100,000 lines at a time; CSV cells as text, '' as None."""
    try:
        if path.suffix == ".parquet":
            with pa.parquet.ParquetFile(path) as file:
                for batch in file.iter_batches(FRAME_ROWS, columns=columns):
                    yield batch.to_pandas()
            return
        yield from pd.read_csv(
            path,
            usecols=columns,
            dtype=str,
            chunksize=FRAME_ROWS,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values=[""],
        )
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: {error}") from error


def times(column: pd.Series, source: ReplaySource) -> NDArray[np.int64]:
    """Source times (R,), µs UTC; NEVER where there is none to be read.

    A local time that its zone has twice or never (change of summer time) cannot be read either.
    """
    if source.time_unit == "iso":
        return _moments(column, source.timezone)
    number = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    unit_us = source.step_s * 1e6 if source.time_unit == "step" else UNIT_US[source.time_unit]
    epoch_us = round(source.epoch.timestamp() * 1e6)
    if pd.api.types.is_integer_dtype(column) and unit_us == 1.0:
        return np.asarray(column.to_numpy(dtype=np.int64) + epoch_us)
    bad = ~np.isfinite(number) | (np.abs(number) * unit_us > 9e18)
    us = np.rint(np.where(bad, 0.0, number) * unit_us).astype(np.int64) + epoch_us
    return np.where(bad, NEVER, us)


def readings(column: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Values (R,), NaN = missing; and where something stands that is no number of float32."""
    number = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    beyond = np.abs(number) > float(np.finfo(np.float32).max)
    bad = (np.isnan(number) & column.notna().to_numpy()) | beyond
    if pd.api.types.is_float_dtype(column):
        bad = beyond  # NaN in a column of numbers is a missing reading
    else:
        bad &= ~column.astype(str).str.strip().str.lower().isin(["nan", "null", "na"]).to_numpy()
    return np.where(beyond, np.nan, number), bad


def qualities(column: pd.Series) -> NDArray[np.int64]:
    """0 good, 1 uncertain, 2 bad (R,), from words or these numbers; anything else is uncertain."""
    words = column.astype(str).str.strip().str.lower()
    numbers = pd.to_numeric(words, errors="coerce")
    code = words.map(QUALITY).fillna(numbers.where(numbers.isin([0, 1, 2])))
    return np.asarray(code.mask(column.isna(), 0).fillna(1).to_numpy(dtype=np.int64))


def _moments(column: pd.Series, zone: str) -> NDArray[np.int64]:
    if pd.api.types.is_datetime64_any_dtype(column):
        aware = column if column.dt.tz is not None else _localized(column, zone)
        return _us(aware)
    text = column.astype("string").str.strip()
    has_offset = text.str.contains(HAS_OFFSET, regex=True, na=False)
    moment = pd.to_datetime(text.where(has_offset), format="ISO8601", utc=True, errors="coerce")
    local = pd.to_datetime(text.mask(has_offset), format="ISO8601", errors="coerce")
    out = _us(moment)
    plain = ~has_offset.to_numpy(dtype=bool)
    out[plain] = _us(_localized(local, zone))[plain]
    return out


def _localized(column: pd.Series, zone: str) -> pd.Series:
    aware: pd.Series = column.dt.tz_localize(ZoneInfo(zone), ambiguous="NaT", nonexistent="NaT")
    return aware


def _us(moments: pd.Series) -> NDArray[np.int64]:
    us = moments.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
    return np.asarray(us.astype(np.int64))  # NaT is the smallest number: NEVER
