"""Tables written as a file piece by piece: memory stays small however long the file."""

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from dashboard.exports import BOM

__all__ = ["csv_pieces", "parquet_pieces"]


def csv_pieces(found: Iterator[pa.Table]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark; the header once."""
    yield BOM.encode()
    with_header = True
    for table in found:
        sink = io.BytesIO()
        options = pa_csv.WriteOptions(include_header=with_header, quoting_style="needed")
        pa_csv.write_csv(table, sink, options)
        yield sink.getvalue()
        with_header = False


def parquet_pieces(found: Iterator[pa.Table]) -> Iterator[bytes]:
    """One row group a part."""
    sink = _Sink()
    writer: pq.ParquetWriter | None = None
    for table in found:
        writer = writer or pq.ParquetWriter(sink, table.schema, compression="zstd")
        writer.write_table(table)
        yield sink.taken()
    if writer is not None:
        writer.close()
        yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that is only ever written on, and gives away what it has."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
