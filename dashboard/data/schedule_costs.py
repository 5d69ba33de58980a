"""What a move by hand costs, asked of the planner's checker; the plan in force stays as it is."""

import threading
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.snapshot import Snapshot
from twin.errors import SchemaError
from twin.pipeline.planning.whatif import WhatIf, try_change
from twin.pipeline.site import load_site
from twin.plant import Plant
from twin.stores.base import Store

__all__ = ["Costing", "Move", "parse_move"]

MOVES_SHOWN = 300

Name = Annotated[str, Field(min_length=1, max_length=80)]
Time = Annotated[int, Field(ge=0, le=7_258_118_400_000_000)]
"""µs UTC."""


class Move(BaseModel):
    """An operation or a service somewhere else; the rest of the plan stays where it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["operation", "service"]
    start: Time
    machine: Name
    order: Name | None = None
    step: Annotated[int, Field(ge=0, le=1000)] | None = None
    service: Name | None = None
    crew: Name | None = None


def parse_move(body: bytes) -> Move:
    """Raises SchemaError: what was sent says no move."""
    try:
        move = Move.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "move"
        raise SchemaError(f"{where}: got {str(first['input'])[:40]!r}, {first['msg']}") from error
    if move.kind == "operation" and (move.order is None or move.step is None):
        raise SchemaError("move: got an operation without order or step, want both")
    if move.kind == "service" and move.service is None:
        raise SchemaError("move: got a service without its id, want one")
    return move


class Costing:
    """Prices moves by hand, against the plan in force as it stands now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._tried: tuple[Plant, WhatIf] | None = None

    def answer(self, snapshot: Snapshot, move: Move) -> dict[str, Any]:
        """{"ok", "faults", "exact", "start", "end": where it would be, µs, "delta", "late_h",
        "orders": [{order, hours}], "moves": [{order, step, machine, start, end}]}.

        exact False: it cannot be where it was put, and `start` is the first time at which it can.
        Raises SchemaError: there is no such thing to move; PlanningError, StoreError.
        """
        return _said(try_change(self._whatif(snapshot.plant), _change(move)), move)

    def _whatif(self, plant: Plant) -> WhatIf:
        """One for as long as the plant file stays as it is."""
        with self._lock:
            if self._tried is None or self._tried[0] is not plant:
                self._tried = plant, WhatIf(self._store, load_site(self._store, plant))
            return self._tried[1]


def _change(move: Move) -> dict[str, Any]:
    if move.kind == "service":
        return {"kind": "service", "id": move.service, "start": move.start, "crew": move.crew}
    kept = move.model_dump(include={"kind", "order", "step", "machine", "start"})
    return dict(kept)


def _said(found: Mapping[str, Any], move: Move) -> dict[str, Any]:
    """What a screen needs of the answer: not the whole plan, only what moves in it."""
    plan = found["plan"] or {"operations": [], "services": []}
    bars = {(o["order"], o["step"]): o for o in plan["operations"]}
    placed: Any = bars.get((move.order or "", move.step or 0))
    if move.kind == "service":
        placed = next((s for s in plan["services"] if s["id"] == move.service), None)
    moved = [bars[key] for m in found["moves"] if (key := (m["order"], m["step"])) in bars]
    kept = ("order", "step", "machine", "start", "end")
    return {
        "ok": not found["faults"] and placed is not None,
        "faults": found["faults"],
        "exact": found["is_exact"],
        "start": placed and placed["start"],
        "end": placed and placed["end"],
        "delta": found["delta"],
        "late_h": _later(found["terms_before"], found["terms_after"]),
        "orders": found["delays"],
        "n_moves": sum(bar is not placed for bar in moved),
        "moves": [{k: b[k] for k in kept} for b in moved if b is not placed][:MOVES_SHOWN],
    }


def _later(before: Mapping[str, float] | None, after: Mapping[str, float] | None) -> float | None:
    """Hours of lateness more, all orders together."""
    return None if before is None or after is None else round(after["late_h"] - before["late_h"], 2)
