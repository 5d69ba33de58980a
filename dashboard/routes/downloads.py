"""A window's samples as a file, as they were received: never thinned, written piece by piece.

Times carry the offset of the clock that the chart shows, sample by sample, so that the hour that
occurs twice in autumn stays two hours.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from flask import Flask, Response, abort
from numpy.typing import NDArray

from dashboard.routes.explorer_routes import Asked, Explored, answered
from dashboard.routes.table_pieces import csv_pieces, parquet_pieces
from dashboard.zone_times import offsets_us
from twin.errors import DataError, TwinError
from twin.pipeline.history.explore import Z95, Explorer, Subject
from twin.pipeline.history.window import Beliefs, Window
from twin.stores.base import Span

__all__ = ["SAMPLES_MAX", "register", "tables"]

SAMPLES_MAX = 2_000_000
"""Samples a file holds at most."""
PIECE_SAMPLES = 40_000
"""Samples read and written at once: memory stays small however long the file."""
QUALITIES = ("good", "uncertain", "bad", "missing", "not believed")


class _Part(NamedTuple):
    start: int
    end: int


def register(server: Flask, explored: Explored) -> None:
    """Add /export/history.csv and /export/history.parquet, and how large they would be."""

    @server.get("/export/history.<kind>")
    def history_export(kind: str) -> Response:
        if kind not in {"csv", "parquet"}:
            abort(404)
        try:
            asked = explored.asked()
            explorer = explored.explorer()
            parts = _parts(explorer, asked)
        except DataError as error:
            message = str(error)
            return answered(lambda: _refused(message))
        except TwinError:
            abort(503)
        found = tables(explorer, asked, parts)
        body = csv_pieces(found) if kind == "csv" else parquet_pieces(found)
        mimetype = "text/csv" if kind == "csv" else "application/vnd.apache.parquet"
        response = Response(body, mimetype=mimetype)
        name = f"{asked.machine_id}-history.{kind}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "no-store"
        # Packing it here would mean to hold all of it first.
        response.headers["Content-Encoding"] = "identity"
        return response


def _refused(message: str) -> dict[str, Any]:
    raise DataError(message)


def tables(explorer: Explorer, asked: Asked, parts: list[_Part]) -> Iterator[pa.Table]:
    """The window's samples part by part; the first has no rows if the window has none."""
    subject = explorer.subject(asked.machine_id)
    for part in parts:
        found = explorer.window(subject, part.start, part.end, None)
        yield _table(subject, found, asked, part)


def _parts(explorer: Explorer, asked: Asked) -> list[_Part]:
    """Spans of time that hold about PIECE_SAMPLES each. Raises DataError where it is too much."""
    subject = explorer.subject(asked.machine_id)
    unknown = [s for s in asked.sensors if s not in subject.sensors]
    if unknown:
        raise DataError(f"sensors: got {', '.join(unknown)}, want {', '.join(subject.sensors)}")
    n = explorer.count(subject, asked.start, asked.end)
    if n > SAMPLES_MAX:
        raise DataError(f"export: got {n} samples, want at most {SAMPLES_MAX}: choose less time")
    spans = explorer.archive.spans(subject.catalogue, asked.machine_id)
    cuts = _cuts([s for s in spans if s.end >= asked.start and s.start <= asked.end], n)
    edges = [asked.start, *(c for c in cuts if asked.start < c <= asked.end), asked.end + 1]
    return [_Part(a, b - 1) for a, b in pairwise(edges)]


def _cuts(spans: list[Span], n: int) -> list[int]:
    """Times at which to cut: beginnings of chunks, as many apart as hold PIECE_SAMPLES."""
    every = max(1, len(spans) * PIECE_SAMPLES // max(1, n))
    return sorted({span.start for span in spans[every::every]})


def _table(subject: Subject, found: Window, asked: Asked, part: _Part) -> pa.Table:
    samples, beliefs = found.samples, found.beliefs
    inside = (samples.rows == 1) & (samples.start >= part.start) & (samples.start <= part.end)
    time = samples.start[inside]
    columns: dict[str, Any] = {"time": pa.array(_moments(time, asked.zone), pa.string())}
    columns["time_utc"] = pa.array(time, pa.timestamp("us", "UTC"))
    for sensor in asked.sensors:
        n = subject.sensors.index(sensor)
        value = samples.low[inside, n].astype(np.float64)
        quality = _quality(samples, n)[inside]
        columns[sensor] = _numbers(value)
        columns[f"{sensor} quality"] = pa.array(np.array(QUALITIES)[quality], pa.string())
        level, half = _at(n, time, beliefs)
        columns[f"{sensor} estimate"] = _numbers(level)
        columns[f"{sensor} band low"] = _numbers(level - half)
        columns[f"{sensor} band high"] = _numbers(level + half)
    return pa.table(columns)


def _at(
    n: int, time: NDArray[np.int64], beliefs: Beliefs
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Level and half width of the band at each sample: the filter's own, never interpolated."""
    out = np.full((2, len(time)), np.nan)
    if beliefs.level.shape[1] and len(beliefs.time):
        where = np.minimum(np.searchsorted(beliefs.time, time), len(beliefs.time) - 1)
        same = beliefs.time[where] == time
        out[0, same] = beliefs.level[where[same], n]
        out[1, same] = Z95 * beliefs.sd[where[same], n]
    return out[0], out[1]


def _quality(samples: Any, n: int) -> NDArray[np.intp]:
    """Place of each sample's quality in QUALITIES."""
    bit = np.uint32(1 << n)
    out = np.where(np.isnan(samples.low[:, n]), 3, 0)
    out[(samples.uncertain & bit) > 0] = 1
    out[(samples.gated & bit) > 0] = 4
    out[(samples.bad & bit) > 0] = 2
    return out


def _numbers(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def _moments(times_us: NDArray[np.int64], zone: ZoneInfo) -> list[str]:
    """ISO times of the zone with the offset that held at each."""
    offsets = offsets_us(times_us, zone)
    texts = np.datetime_as_string((times_us + offsets).astype("M8[us]"), unit="ms")
    minutes = (offsets // 60_000_000).tolist()
    ends = {
        m: f"{'+' if m >= 0 else '-'}{abs(m) // 60:02d}:{abs(m) % 60:02d}" for m in set(minutes)
    }
    return [text + ends[m] for text, m in zip(texts.tolist(), minutes, strict=True)]
