"""Forecasts issued: what the twin said of machines at a time, kept until it can be scored."""

from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.core.view import HORIZONS
from twin.errors import WireError

__all__ = ["ISSUED", "ISSUED_1", "Issued", "pack_issued", "unpack_issued"]

H = len(HORIZONS)
LAYOUT = 2
ISSUED_1 = np.dtype([("slot", "<u4"), ("pad", "V4"), ("time", "<i8"), ("p", "<f4", (H,))])
"""Layout of records whose head does not name one: probabilities alone."""
ISSUED = np.dtype(
    [
        ("slot", "<u4"),
        ("pad", "V4"),
        ("time", "<i8"),
        ("p", "<f4", (H,)),
        ("p_lo", "<f4", (H,)),
        ("p_hi", "<f4", (H,)),
        ("life_h", "<f4", (3,)),
    ]
)
"""Slot of the machine in its class, source time (µs) of the belief, P of failure a horizon and its
80 % interval, 10, 50 and 90 % quantiles of the remaining life in hours (inf: beyond the model's
horizon; NaN: not recorded)."""


class Issued(NamedTuple):
    """Forecasts of one class's machines by one version of its model."""

    class_id: str
    model_version: int
    horizons_h: list[float]
    rows: NDArray[np.void]
    """(N,) of ISSUED"""


def pack_issued(issued: Issued) -> bytes:
    """One record: a line of JSON, then the rows."""
    head = [issued.class_id, issued.model_version, issued.horizons_h, LAYOUT]
    return orjson.dumps(head) + b"\n" + issued.rows.astype(ISSUED).tobytes()


def unpack_issued(record: bytes) -> Issued:
    """What pack_issued made, now or before rows held intervals. Raises WireError."""
    try:
        head, _, blob = record.partition(b"\n")
        class_id, version, horizons_h, *layout = orjson.loads(head)
        if layout in ([], [1]):
            rows = _upgraded(np.frombuffer(blob, dtype=ISSUED_1))
        elif layout == [LAYOUT]:
            rows = np.frombuffer(blob, dtype=ISSUED)
        else:
            raise WireError(f"forecast record: got layout {layout}, want 1 or {LAYOUT}")
        return Issued(class_id, version, horizons_h, rows)
    except (ValueError, TypeError) as error:
        raise WireError(f"forecast record: {error}") from error


def _upgraded(old: NDArray[np.void]) -> NDArray[np.void]:
    rows = np.zeros(len(old), dtype=ISSUED)
    for name in ("p_lo", "p_hi", "life_h"):
        rows[name] = np.nan
    for name in ("slot", "time", "p"):
        rows[name] = old[name]
    return rows
