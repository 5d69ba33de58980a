"""Lists as CSV that a spreadsheet opens as it should: UTF-8 with BOM, the plant's zone in words.

Times are the plant's, and their header says of which zone and offset; where the clock was changed
within the list, every time carries its own. A text that a spreadsheet would run as a formula gets
an apostrophe in front (OWASP, "CSV injection").
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from flask import Response

from dashboard.times import local, offset_text

__all__ = ["csv_cell", "csv_response", "csv_text", "time_column"]

BOM = "\ufeff"
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""
PIECE_ROWS = 2000
"""Rows sent at once: a long list is never held as one text."""


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download called name.csv; cells: text, numbers, None (empty), true and false."""
    response = Response(csv_text(header, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(name)}.csv"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The document in pieces, from its byte order mark on; lines end as RFC 4180 says."""
    yield BOM + _lines([header])
    rest = iter(rows)
    while some := list(islice(rest, PIECE_ROWS)):
        yield _lines(some)


def csv_cell(value: object) -> str:
    """One cell as text; a number is never guarded, a missing one is empty.

    >>> csv_cell("=1+1"), csv_cell(-1.5), csv_cell("-1.5"), csv_cell(None), csv_cell("-A1")
    ("'=1+1", '-1.5', '-1.5', '', "'-A1")
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    guarded = text.startswith(RISKY) and not _is_number(text)
    return f"'{text}" if guarded else text


def time_column(
    name: str, times_us: Sequence[int | None], zone: ZoneInfo
) -> tuple[str, list[str | None]]:
    """Header and cells of a column of times, µs UTC: 'Time (Europe/Berlin, UTC+01)'.

    Cells are ISO times of the zone, to the second; they carry their offset where more than one
    occurs, so that the hour repeated in autumn stays two hours.
    """
    known = [t for t in times_us if t is not None]
    offsets = list(dict.fromkeys(offset_text(t, zone) for t in known))
    moves = len(offsets) > 1
    head = f"{name} ({', '.join([str(zone), *offsets])})"
    return head, [None if t is None else _moment(t, zone, moves) for t in times_us]


def _moment(time_us: int, zone: ZoneInfo, with_offset: bool) -> str:
    at = local(time_us, zone).replace(microsecond=0)
    return at.isoformat() if with_offset else at.replace(tzinfo=None).isoformat()


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([csv_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _is_number(text: str) -> bool:
    """Whether the text is a plain number; '-1_0' and a tab before one are not."""
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip() and "_" not in text


def _file_name(name: str) -> str:
    """Only what every file system takes, and no header does harm."""
    return (
        "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name) or "list"
    )
