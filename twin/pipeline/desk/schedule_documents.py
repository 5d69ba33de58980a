"""What people have decided about the plan, as the desk reads and writes it: kind "schedule".

The desk writes decisions, in_force and in_force_before; all else of the kind is the planner's.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from twin.pipeline.desk.effects import Context
from twin.pipeline.planning.written import KIND, parsed
from twin.stores.base import Documents

__all__ = [
    "KIND",
    "Record",
    "decisions_of",
    "decisions_with",
    "document",
    "suggestion_of",
]

KEPT_MAX = 500
"""Vetoes, locks and accepted suggestions that are kept, the newest of each."""
NAMES = ("vetoes", "locks", "accepted")
Record = dict[str, Any]


def document(context: Context, name: str) -> Any:
    """A document of the plan; None where there is none or it cannot be read. Raises StoreError."""
    return parsed(name, context.documents(KIND).get(name))[0]


def suggestion_of(context: Context, suggestion_id: str) -> Record | None:
    """A suggestion as the planner made it."""
    known = document(context, "suggestions") or []
    return next((s for s in known if s["id"] == suggestion_id), None)


def decisions_of(context: Context) -> dict[str, list[Record]]:
    """All that stands."""
    held = document(context, "decisions") or {}
    return {name: list(held.get(name, ())) for name in NAMES}


def decisions_with(decided: Mapping[str, list[Record]], context: Context) -> dict[str, Documents]:
    """The documents that keep them; vetoes that have run out are dropped."""
    standing = [v for v in decided["vetoes"] if v["until"] > context.now_us]
    kept = {**decided, "vetoes": standing}
    text = orjson.dumps({name: kept[name][-KEPT_MAX:] for name in NAMES})
    return {KIND: {"decisions": text}}
