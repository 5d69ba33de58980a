"""orders.csv: what spreadsheets write is read, what is wrong is named by row, column, got, want."""

import csv
import io
import tomllib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_bench import PRODUCTS
from worker_plant import MACHINE, MACHINES, PLANT

from twin.actions import checked_detail
from twin.errors import DataError
from twin.pipeline.orders.file import (
    ROWS_MAX,
    ColumnsError,
    NotTextError,
    TooManyRowsError,
    read_orders,
)
from twin.pipeline.orders.rows import WANTED, Known, fault_text
from twin.pipeline.orders.text import records_of
from twin.plant import Plant

BERLIN = ZoneInfo("Europe/Berlin")
TEXT = PLANT.replace('name = "small"', 'name = "small"\ntimezone = "Europe/Berlin"')
TEXT += "".join(MACHINE.format(c=c, n=i) for c, n in MACHINES.items() for i in range(n))
TEXT += PRODUCTS.replace(
    'id = "cover"', 'id = "cover"\nname = { en = "Bearing cover", zh = "轴承盖" }'
)
SMALL = Plant.model_validate(tomllib.loads(TEXT))


def us(text: str) -> int:
    """A time of Berlin, by the standard library's own reckoning."""
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1_000_000)


NOW = us("2026-03-01T06:00")
KNOWN = Known(SMALL, {"A-1": {}}, NOW)
HEAD = "order;product;quantity;release;due;priority;note\n"


def read(text, known=KNOWN):
    return read_orders(text if isinstance(text, bytes) else text.encode(), known)


def only(row):
    """The one row of a table."""
    (found,) = read(HEAD + row).rows
    return found


def test_a_row_becomes_the_detail_of_an_order():
    row = only("B-7;cover;120;2026-03-02 06:00;2026-03-04 18:00;2;for the spare parts store")
    assert row.faults == []
    assert row.detail == {
        "id": "B-7",
        "product": "cover",
        "quantity": 120,
        "release": us("2026-03-02T06:00"),
        "due": us("2026-03-04T18:00"),
        "priority": 2,
        "note": "for the spare parts store",
    }
    assert checked_detail("order.add", row.detail) == row.detail


def test_what_is_left_empty_has_its_usual_value():
    assert only(";cover;5;;2026-03-04 18:00;;").detail == {
        "id": None,
        "product": "cover",
        "quantity": 5,
        "release": None,
        "due": us("2026-03-04T18:00"),
        "priority": 3,
        "note": "",
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-04 18:00", "2026-03-04T18:00"),
        ("2026-03-04T18:00:30", "2026-03-04T18:00:30"),
        ("2026/3/4 6:05", "2026-03-04T06:05"),
        ("04.03.2026 18:00", "2026-03-04T18:00"),
        ("4.3.2026", "2026-03-05T00:00"),  # due on a day: by its end
        ("2026-03-04", "2026-03-05T00:00"),
        ("2026-03-04T17:00:00Z", "2026-03-04T18:00"),
        ("2026-03-04T12:00-05:00", "2026-03-04T18:00"),
        ("2026-10-25 02:30", "2026-10-25T02:30"),  # twice that night: the earlier
    ],
)
def test_times_are_read_as_the_plants_clocks_show_them(written, meant):
    assert only(f";cover;5;;{written};;").detail["due"] == us(meant)


def test_a_day_of_release_is_its_beginning():
    assert only(";cover;5;2.3.2026;4.3.2026;;").detail["release"] == us("2026-03-02T00:00")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (";lid;5;;2026-03-04;;", "product: got 'lid', want one of cover, bracket"),
        (";;5;;2026-03-04;;", "product: got '', want a value"),
        (";cover;1,5;;2026-03-04;;", "quantity: got '1,5', want a whole number from 1"),
        (";cover;1.000;;2026-03-04;;", "quantity: got '1.000', want a whole number"),
        (";cover;0;;2026-03-04;;", "quantity: got '0', want a whole number from 1 to 1000000"),
        (";cover;-4;;2026-03-04;;", "quantity: got '-4', want"),
        (";cover;;;2026-03-04;;", "quantity: got '', want a value"),
        (";cover;5;;03/04/2026;;", "due: got '03/04/2026', want a date and a time such as"),
        (";cover;5;;soon;;", "due: got 'soon', want a date and a time such as"),
        (";cover;5;;31.02.2026;;", "due: got '31.02.2026', want a date"),
        (";cover;5;;;;", "due: got '', want a value"),
        (";cover;5;;9999-12-31;;", "due: got '9999-12-31', want a date"),
        (";cover;5;;2026-03-29 02:30;;", "want a time that there is: the clocks go forward"),
        (";cover;5;;2026-02-01;;", "due: got '2026-02-01', want a time after the release, 2026-03"),
        (";cover;5;2026-03-05;2026-03-03;;", "after the release, 2026-03-05 00:00"),
        (";cover;5;;2026-03-04;6;", "priority: got '6', want a whole number from 1, the most"),
        (";cover;5;;2026-03-04;high;", "priority: got 'high', want"),
        ("A-1;cover;5;;2026-03-04;;", "order: got 'A-1', want a number that no order has yet"),
        ("A 1;cover;5;;2026-03-04;;", "order: got 'A 1', want at most 64 letters"),
        ("../x;cover;5;;2026-03-04;;", "order: got '../x', want at most 64 letters"),
    ],
)
def test_what_is_wrong_is_named_by_column_got_and_want(row, said):
    found = only(row)
    assert found.detail is None
    assert said in "; ".join(map(fault_text, found.faults))


def test_all_faults_of_a_row_are_told_at_once_and_hinder_no_other_row():
    table = read(HEAD + "x y;lid;no;;soon;9;\n\nB-1;cover;5;;2026-03-04;;\n")
    bad, good = table.rows
    assert {f.column for f in bad.faults} == {"order", "product", "quantity", "due", "priority"}
    assert (bad.number, good.number) == (2, 4)  # as a spreadsheet counts, empty rows too
    assert good.detail["id"] == "B-1"


def test_of_orders_twice_in_a_file_the_first_good_one_is_taken():
    rows = ["B-1;lid;5;;2026-03-04;;", "B-1;cover;5;;2026-03-04;;", "B-1;cover;6;;2026-03-04;;"]
    found = read(HEAD + "\n".join(rows)).rows
    assert [bool(row.detail) for row in found] == [False, True, False]
    assert fault_text(found[2].faults[0]) == (
        "order: got 'B-1', want each number once; row 3 has it too"
    )


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_marks_and_line_ends_of_all_spreadsheets_are_read(separator, encoding, end):
    rows = [
        ["Product", "Quantity", "Due"],
        ["cover", "5", "2026-03-04"],
        ["轴承盖", "6", "2026-03-04"],
    ]
    text = end.join(separator.join(row) for row in rows) + end
    table = read(text.encode(encoding))
    assert [row.detail["quantity"] for row in table.rows] == [5, 6]
    assert {row.detail["product"] for row in table.rows} == {"cover"}


@pytest.mark.parametrize(
    "head",
    [
        "Auftrag;Produkt;Menge;Freigabe;Termin;Priorität;Bemerkung",
        "订单号;产品;数量;最早开工;交期;优先级;备注",
        "Order no.;Part-Number;QTY;Not before (Europe/Berlin, UTC+01);Due_Date;PRIO;Remarks",
    ],
)
def test_headings_of_three_languages_are_known(head):
    (row,) = read(head + "\nB-1;cover;5;2026-03-02;2026-03-04;1;n").rows
    assert row.detail["id"] == "B-1"
    assert row.detail["priority"] == 1
    assert row.detail["release"] == us("2026-03-02T00:00")


def test_a_product_is_known_by_its_name_in_any_language_and_case():
    for name in ("cover", "COVER", "bearing cover", "轴承盖"):
        assert only(f";{name};5;;2026-03-04;;").detail["product"] == "cover"


def test_columns_that_say_nothing_are_told_and_left_out():
    table = read("Plant;product;quantity;due;Colour\nx;cover;5;2026-03-04;red\n")
    assert table.ignored == ["Plant", "Colour"]
    assert table.rows[0].detail


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"", ColumnsError, "want columns product, quantity, due"),
        (b"\n\n", ColumnsError, "want columns"),
        (b"product;due\ncover;2026-03-04", ColumnsError, "want columns quantity"),
        (b"product;qty;due;quantity\n", ColumnsError, "want quantity once"),
        (b"product;quantity;due\n\x81", NotTextError, "not UTF-8"),
        (b"PK\x03\x04\0\0", NotTextError, "no text"),
        (
            b"product;quantity;due\n" + b"cover;5;2026-03-04\n" * (ROWS_MAX + 1),
            TooManyRowsError,
            "at most",
        ),
    ],
)
def test_what_is_no_table_of_orders_is_refused_whole(body, error, said):
    with pytest.raises(error, match=said):
        read(body)


def test_quoted_cells_hold_separators_and_line_ends():
    row = only('B-1;cover;5;;2026-03-04;;"first; then\nsecond"')
    assert row.detail["note"] == "first; then\nsecond"


def test_a_quote_that_never_ends_is_a_fault_of_its_row_alone():
    table = read(HEAD + 'B-1;cover;5;;2026-03-04;;"first\nB-2;cover;5;;2026-03-04;;\n')
    bad, good = table.rows
    assert [fault_text(f) for f in bad.faults] == ["row: got 'first', want a quote that ends"]
    assert (bad.number, good.number, good.detail["id"]) == (2, 3, "B-2")


def test_quotes_that_never_end_cost_no_more_than_a_second_reading(monkeypatch):
    """Every line ends the quote of the one above it and begins another."""
    n, n_read, reader = 20_000, [0], csv.reader

    def counted(lines, **how):
        n_read[0] += len(lines)
        return reader(lines, **how)

    monkeypatch.setattr(csv, "reader", counted)
    found = records_of("order,product,quantity,due\n" + 'b","c\n' * n, str.isalpha)
    assert [r.number for r in found] == list(range(1, n + 2))
    assert all(r.is_open and r.cells == ['b"', "c\n"] for r in found[1:])
    assert n_read[0] < 4 * n


def test_cells_without_a_heading_are_a_fault_unless_they_are_empty():
    text = "product,quantity,due\ncover,5,000,2026-03-04\ncover,5,2026-03-04,,\n"
    bad, good = read(text).rows
    assert fault_text(bad.faults[0]).startswith("row: got '2026-03-04', want no more cells than")
    assert good.detail["quantity"] == 5


@pytest.mark.parametrize("before", ["sep=;\n", '"sep=;"\r\n', ";;;\n", "\n ;;\n", "SEP=;\r"])
def test_lines_that_spreadsheets_put_before_the_headings_are_no_headings(before):
    (row,) = read(before + "product;quantity;due\ncover;5;2026-03-04\n").rows
    assert row.detail["quantity"] == 5
    assert row.number == 2 + len(before.splitlines())


def test_a_separator_that_the_file_names_is_the_one():
    (row,) = read("sep=|\nproduct|quantity|due\ncover|5|2026-03-04\n").rows
    assert row.detail["product"] == "cover"


@pytest.mark.parametrize(
    ("encoding", "head"),
    [("cp1252", "Produkt;Stück;fällig;Priorität"), ("gb18030", "产品;数量;交期;优先级")],
)
def test_code_pages_of_spreadsheets_are_read(encoding, head):
    (row,) = read(f"{head}\ncover;5;2026-03-04;1\n".encode(encoding)).rows
    assert (row.detail["quantity"], row.detail["priority"]) == (5, 1)


@pytest.mark.parametrize(
    ("encoding", "note"), [("cp1252", "für Café"), ("cp1252", "Größe 5"), ("gb18030", "急单")]
)
def test_a_note_tells_the_code_page_where_headings_do_not(encoding, note):
    (row,) = read(f"{HEAD};cover;5;;2026-03-04;1;{note}\n".encode(encoding)).rows
    assert row.detail["note"] == note


def test_where_the_plant_file_names_no_product_the_row_says_so():
    bare = KNOWN._replace(plant=SMALL.model_copy(update={"products": ()}))
    ((*_, faults),) = read(HEAD + ";cover;5;;2026-03-04;;", bare).rows
    assert [fault_text(f) for f in faults] == [
        "product: got 'cover', want a product: the plant file names none yet"
    ]


CELL = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)


@settings(max_examples=150)
@given(st.lists(st.lists(CELL, min_size=7, max_size=7), max_size=4))
def test_whatever_the_cells_hold_every_row_is_either_an_order_or_has_a_fault(rows):
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([HEAD.strip().split(";"), *rows])
    try:
        table = read(text.getvalue())
    except DataError:
        return
    for row in table.rows:
        assert (row.detail is None) == bool(row.faults)
        assert all(fault.want in WANTED for fault in row.faults)
        if row.detail is not None:
            checked_detail("order.add", row.detail)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC)))
def test_an_iso_time_with_offset_is_the_moment_it_says(when):
    due = max(when.replace(microsecond=0), datetime(2026, 4, 1, tzinfo=UTC))
    row = only(f";cover;5;;{due.isoformat()};;")
    assert row.detail["due"] == int(due.timestamp()) * 1_000_000
