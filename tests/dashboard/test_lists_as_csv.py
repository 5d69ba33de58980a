"""Every list as a file for a spreadsheet: what is written is what is read, and nothing runs."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.exports import csv_cell, csv_response, csv_text, time_column

BERLIN = ZoneInfo("Europe/Berlin")


def us(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@given(st.lists(st.lists(st.text("abc,;\"'\n\r äß中", max_size=8), min_size=2, max_size=2)))
def test_written_cells_are_read_back(rows: list[list[str]]) -> None:
    """Read by the standard library; an apostrophe before a line break is all that is added."""
    wanted = [["'" + c if c[:1] == "\r" else c for c in row] for row in rows]
    assert read("".join(csv_text(["a", "b"], rows)))[1:] == wanted


@pytest.mark.parametrize(
    "risky", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "-1_0"]
)
def test_no_cell_begins_a_formula(risky: str) -> None:
    assert csv_cell(risky) == "'" + risky


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_number_stays_a_number(value: float) -> None:
    assert float(csv_cell(value)) == float(value)
    assert csv_cell(str(value)) == str(value)


def test_missing_number_is_an_empty_cell() -> None:
    assert [csv_cell(None), csv_cell(float("nan")), csv_cell("")] == ["", "", ""]


def test_header_says_zone_and_offset() -> None:
    header, cells = time_column("Time", [us(datetime(2026, 3, 2, 6, tzinfo=UTC)), None], BERLIN)
    assert header == "Time (Europe/Berlin, UTC+01)"
    assert cells == ["2026-03-02T07:00:00", None]


def test_hour_repeated_in_autumn_stays_two_hours() -> None:
    """The clocks went back on 25 October 2026 at 01:00 UTC."""
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    header, cells = time_column("Time", [us(before), us(before + timedelta(hours=1))], BERLIN)
    assert header == "Time (Europe/Berlin, UTC+02, UTC+01)"
    assert cells == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


def test_download_is_marked_utf_8_for_spreadsheets() -> None:
    response = csv_response("machines of 冲压线", ["a"], [["é"]])
    assert response.get_data() == b"\xef\xbb\xbfa\r\n\xc3\xa9\r\n"
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    disposition = response.headers["Content-Disposition"]
    assert disposition == 'attachment; filename="machines-of----.csv"'


def test_long_list_leaves_in_pieces() -> None:
    pieces = list(csv_text(["n"], ([n] for n in range(4500))))
    assert len(pieces) == 4
    assert [int(r[0]) for r in read("".join(pieces))[1:]] == list(range(4500))
