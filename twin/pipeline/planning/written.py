"""What is written in the store about the plan, taken for what it is: what cannot be read counts as
none, and is named. So a slip of whoever wrote it stops neither planner nor desk, shop floor or
screens.

What people have decided nobody makes again: there only the rows that cannot be read count as none.
"""

from typing import Any

import orjson

from twin.pipeline.planning.written_shapes import ROWS, SHAPES
from twin.pipeline.shapes import shape_fault
from twin.stores.base import Store

__all__ = ["FRONT_PLANS", "FRONT_WISH", "KIND", "faults_of", "parsed", "read_written"]

KIND, FRONT_WISH = "schedule", "front_wish"
FRONT_PLANS = "front-plans"
"""Kind of the documents that hold the plans of a front's points, apart: only who adopts one reads
it."""


def parsed(name: str, text: bytes | None) -> tuple[Any, str]:
    """A document of the plan, None where there is none or it cannot be read; and why not, "" if
    nothing is wrong with it. Past plans and those of a front have the shape of in_force."""
    found, faults = _looked_at(name, text)
    return found, "; ".join(f"{where}: {fault}" if where else fault for where, fault in faults)


def faults_of(name: str, text: bytes | None) -> dict[str, str]:
    """What of a document counts as none, and why: all of it, or rows like decisions.locks.0."""
    faults = _looked_at(name, text)[1]
    return {f"{name}.{where}" if where else name: fault for where, fault in faults}


def read_written(store: Store, name: str) -> Any:
    """A document of the plan; None where there is none or it cannot be read. Raises StoreError."""
    return parsed(name, store.document(KIND, name))[0]


def _looked_at(name: str, text: bytes | None) -> tuple[Any, list[tuple[str, str]]]:
    """What can be read, and what cannot: where ("" for all of it) and why."""
    if text is None:
        return None, []
    try:
        found, shape = orjson.loads(text), SHAPES.get(name)
    except orjson.JSONDecodeError as error:
        return None, [("", f"got no JSON: {error}")]
    fault = shape_fault(shape, found) if shape is not None else ""
    if fault:
        return None, [("", fault)]
    return _good_rows(found) if name == "decisions" else (found, [])


def _good_rows(found: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    good: dict[str, list[Any]] = {}
    bad = []
    for field, shape in ROWS.items():
        rows = found.get(field, [])
        if not isinstance(rows, list):
            bad.append((field, f"got {repr(rows)[:60]}, want a list"))
            rows = []
        faults = [shape_fault(shape, row) for row in rows]
        good[field] = [row for row, fault in zip(rows, faults, strict=True) if not fault]
        bad += [(f"{field}.{n}", fault) for n, fault in enumerate(faults) if fault]
    return found | good, bad
