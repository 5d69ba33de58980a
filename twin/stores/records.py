"""Forecasts issued: what the twin said of machines at a time, kept until it can be scored."""

from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.core.view import HORIZONS
from twin.errors import WireError

__all__ = ["ISSUED", "Issued", "pack_issued", "unpack_issued"]

ISSUED = np.dtype([("slot", "<u4"), ("pad", "V4"), ("time", "<i8"), ("p", "<f4", (len(HORIZONS),))])
"""Slot of the machine in its class, source time (µs) of the belief, P of failure a horizon."""


class Issued(NamedTuple):
    """Forecasts of one class's machines by one version of its model."""

    class_id: str
    model_version: int
    horizons_h: list[float]
    rows: NDArray[np.void]
    """(N,) of ISSUED"""


def pack_issued(issued: Issued) -> bytes:
    """One record: a line of JSON, then the rows."""
    head = [issued.class_id, issued.model_version, issued.horizons_h]
    return orjson.dumps(head) + b"\n" + issued.rows.astype(ISSUED).tobytes()


def unpack_issued(record: bytes) -> Issued:
    """What pack_issued made. Raises WireError."""
    try:
        head, _, blob = record.partition(b"\n")
        class_id, version, horizons_h = orjson.loads(head)
        return Issued(class_id, version, horizons_h, np.frombuffer(blob, dtype=ISSUED))
    except ValueError as error:
        raise WireError(f"forecast record: {error}") from error
