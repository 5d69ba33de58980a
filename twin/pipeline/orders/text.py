"""The text of orders.csv and its records: encodings, separators, quotes as programs write them."""

import csv
import io
from collections.abc import Callable
from typing import NamedTuple

from twin.errors import DataError

__all__ = ["NotTextError", "Record", "records_of", "text_of"]

SEPARATORS = (";", ",", "\t")
CODE_PAGES = ("cp1252", "gb18030")
"""What spreadsheets write where it is not UTF-8: of the west and of China."""
RARE = 0xD8
"""First byte of GB 2312's rare characters, which are most that accents side by side look like."""
Known = Callable[[str], bool]
"""Whether a heading is of a column that we know."""


class NotTextError(DataError):
    """The file is no text that can be read."""


class Record(NamedTuple):
    number: int
    """As a spreadsheet counts rows."""
    cells: list[str]
    is_open: bool = False
    """Its last quote never ends."""


def text_of(body: bytes, is_known: Known) -> str:
    """UTF-8 or UTF-16; else the code page in which most of the headings are known, and where they
    are plain letters the Chinese one if the other bytes are of its pairs, most of them common."""
    is_wide = body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    found = _decoded(body, "utf-16" if is_wide else "utf-8-sig")
    if found is None:
        pages = CODE_PAGES[::-1] if _looks_chinese(body) else CODE_PAGES
        texts = [text for page in pages if (text := _decoded(body, page)) is not None]
        if is_wide or not texts:
            raise NotTextError("orders.csv: not UTF-8, nor a code page of a spreadsheet")
        found = max(texts, key=lambda text: _n_known(*_head(text), is_known))
    if "\0" in found:
        raise NotTextError("orders.csv: got bytes of no text, want UTF-8")
    return found


def records_of(text: str, is_known: Known) -> list[Record]:
    """Rows that are not empty; the separator is the one that the file names in a first line
    `sep=;`, or else the one that makes most of the headings known."""
    line, told = _head(text)
    try:
        own = [told] if told else SEPARATORS
        separator = max(own, key=lambda s: _n_known(line, s, is_known))
        found = _parsed(text, separator)
    except csv.Error as error:
        raise NotTextError(f"orders.csv: not a table: {error}") from error
    full = [record for record in found if any(cell.strip() for cell in record.cells)]
    return full[1:] if told else full


def _looks_chinese(body: bytes) -> bool:
    """Accents of the west seldom come in pairs; where they do, as in "größer", it is no word."""
    text = _decoded(body, "gb2312") or ""
    firsts = "".join(c for c in text if not c.isascii()).encode("gb2312")[::2]
    return 2 * sum(first < RARE for first in firsts) > len(firsts)


def _decoded(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _head(text: str) -> tuple[str, str]:
    """The line of the headings, and the separator that a line before it names, or ""."""
    blank = "".join(SEPARATORS) + '" '
    lines = (line for line in io.StringIO(text, newline=None) if line.strip(blank + "\n"))
    first = next(lines, "")
    named = first.strip().strip('"')
    if named[:4].casefold() == "sep=" and len(named.rstrip("\n")) <= 5:
        return next(lines, ""), named[4:] or "\t"
    return first, ""


def _n_known(line: str, separator: str, is_known: Known) -> int:
    """Headings that are known; without a separator, with the best."""
    if not separator:
        return max(_n_known(line, s, is_known) for s in SEPARATORS)
    header: list[str] = next(csv.reader([line], delimiter=separator), [])
    return sum(is_known(name) for name in header)


def _parsed(text: str, separator: str) -> list[Record]:
    """Rows of the text, read twice at most. One whose quote never ends takes no row below it along:
    every line below it would go on within the quote, so each is a row of its own, and one that
    begins another quote has none that ends it either."""
    lines = [*io.StringIO(text, newline="").readlines(), ""]
    found: list[Record] = []
    begin = at = 0
    reader = csv.reader(lines, delimiter=separator)
    for cells in reader:
        begin, at = at, reader.line_num
        found.append(Record(len(found) + 1, cells))
    found.pop()  # of the empty line, or of the open quote that took it along
    for line in lines[begin:-1]:
        rows = list(csv.reader([line, ""], delimiter=separator))
        found.append(Record(len(found) + 1, rows[0], is_open=len(rows) == 1))
    return found
