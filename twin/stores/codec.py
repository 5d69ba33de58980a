"""Wire entries: what lies in a partition's stream, and a batch of them decoded at once.

An entry of readings has the fields  k=r  c=class id  v=version of its lane list  n=rows  b=rows,
packed as twin.core.rows; short names, because Redis keeps them once a node, and small integers in
a byte or two. Control entries have their place in the same order:  k=m  c=class id  v=model version
and  k=c  c=  v=catalogue version. Decoding joins the blobs of a class and looks at them with one
frombuffer; an entry costs one turn of a short loop.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import row_dtype
from twin.stores.base import FIRST_ID, Entry, WireEntry

__all__ = [
    "Batch",
    "Control",
    "Readings",
    "Reject",
    "catalogue_entry",
    "decode",
    "model_entry",
    "readings_entry",
]

READINGS, MODEL, CATALOGUE = b"r", b"m", b"c"


class Readings(NamedTuple):
    """Rows of one class in stream order, with the lanes of that version of its lane list
    (Catalogue.lane_version)."""

    class_id: str
    catalogue_version: int
    rows: NDArray[np.void]


class Control(NamedTuple):
    """From here on another model or catalogue holds."""

    kind: str
    """'model' or 'catalogue'."""
    class_id: str
    version: int


class Reject(NamedTuple):
    """An entry that cannot be read, and why."""

    id: bytes
    reason: str
    fields: list[bytes]


class Batch(NamedTuple):
    """Decoded entries: parts are to be applied in their order."""

    parts: list[Readings | Control]
    rejects: list[Reject]
    last_id: bytes


def readings_entry(class_id: str, catalogue_version: int, rows: NDArray[np.void]) -> WireEntry:
    """Rows (R,) of row_dtype(lanes of the class), in the order in which they are to be applied."""
    blob = np.ascontiguousarray(rows).tobytes()
    return [
        *(b"k", READINGS, b"c", class_id.encode(), b"v", b"%d" % catalogue_version),
        *(b"n", b"%d" % len(rows), b"b", blob),
    ]


def model_entry(class_id: str, version: int) -> WireEntry:
    """Says that the class has another model; it is in the store under keys.model."""
    return [b"k", MODEL, b"c", class_id.encode(), b"v", b"%d" % version]


def catalogue_entry(version: int) -> WireEntry:
    """Says that the catalogue has changed: machines, classes or lanes."""
    return [b"k", CATALOGUE, b"c", b"", b"v", b"%d" % version]


def decode(
    entries: Sequence[Entry], n_lanes: Callable[[str, int], int | None], after: bytes = FIRST_ID
) -> Batch:
    """Entries in stream order as parts to apply; n_lanes(class, catalogue version) or None.

    Consecutive readings of a class come as one part; readings of different classes between two
    controls change places freely, since no machine is in two classes. What cannot be read is set
    aside in rejects. `after` is the last id of an empty batch.
    """
    reader = _Reader(n_lanes)
    take = reader.take
    for entry_id, fields in entries:
        if fields is not None:
            take(entry_id, fields)
    reader.flush()
    last_id = entries[-1][0] if entries else after
    return Batch(reader.parts, reader.rejects, last_id)


class _Reader:
    """Gathers blobs by class until a control, or another version of a class's lanes, ends it."""

    def __init__(self, n_lanes: Callable[[str, int], int | None]) -> None:
        self.n_lanes = n_lanes
        self.parts: list[Readings | Control] = []
        self.rejects: list[Reject] = []
        self._open: dict[tuple[bytes, bytes], tuple[int, list[bytes]]] = {}
        self._version: dict[bytes, bytes] = {}

    def take(self, entry_id: bytes, fields: list[bytes]) -> None:
        try:
            _, kind, _, name, _, version, _, n, _, blob = fields
            key = name, version
            size, blobs = self._open.get(key) or self._begin(key)
            if kind != READINGS or len(blob) != int(n) * size:
                raise ValueError(
                    f"kind {kind[:9]!r}, {len(blob)} bytes in {n[:9]!r} rows of {size}"
                )
            blobs.append(blob)
        except ValueError as error:
            self._control(entry_id, fields, str(error))

    def flush(self) -> None:
        """Close the parts under way."""
        for (name, version), (size, blobs) in self._open.items():
            if blobs:
                dtype = row_dtype((size - 16) // 4)
                rows = np.frombuffer(b"".join(blobs), dtype=dtype)
                self.parts.append(Readings(name.decode(), int(version), rows))
        self._open.clear()
        self._version.clear()

    def _begin(self, key: tuple[bytes, bytes]) -> tuple[int, list[bytes]]:
        """A new part for a class and a version of its lanes. Raises ValueError if unknown."""
        name, version = key
        lanes = self.n_lanes(name.decode(), int(version))
        if lanes is None:
            raise ValueError(f"class {name[:64]!r} unknown in catalogue version {version[:9]!r}")
        if self._version.setdefault(name, version) != version:
            self.flush()
            self._version[name] = version
        self._open[key] = (row_dtype(lanes).itemsize, [])
        return self._open[key]

    def _control(self, entry_id: bytes, fields: list[bytes], reason: str) -> None:
        """A control entry, or else a reject for the reason that it is no entry of readings."""
        kinds = {MODEL: "model", CATALOGUE: "catalogue"}
        if len(fields) == 6 and fields[1] in kinds:
            try:
                control = Control(kinds[fields[1]], fields[3].decode(), int(fields[5]))
            except ValueError as error:
                reason = str(error)
            else:
                self.flush()
                self.parts.append(control)
                return
        self.rejects.append(Reject(entry_id, reason, fields))
