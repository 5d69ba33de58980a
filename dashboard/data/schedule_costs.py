"""What a move by hand costs, asked of the planner's checker; the plan in force stays as it is."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.snapshot import Snapshot
from twin.errors import PlanningError, SchemaError
from twin.stores.base import Store

__all__ = ["Move", "cost_of", "parse_move"]

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


def cost_of(store: Store, snapshot: Snapshot, move: Move) -> Mapping[str, Any]:
    """What the plan would cost with the move. Raises PlanningError where nobody can say."""
    raise PlanningError(f"{move.kind}: no planner answers at {snapshot.plant_us}, {store}")
