"""What documents of the store are held against when they are read, and how a slip is told."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

__all__ = ["Loose", "Step", "Time", "Told", "shape_fault"]

Time = Annotated[int, Field(ge=0, le=250_000_000_000_000_000)]
"""µs UTC, of a year that calendars know."""
Told = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]
"""µs UTC as somebody's clock had it: the desk heals those that cannot be."""
Step = Annotated[int, Field(ge=0, le=10_000)]
"""Of an order, from 0."""


class Loose(BaseModel):
    """More than is asked for may stand there."""

    model_config = ConfigDict(extra="ignore", strict=True)


def shape_fault(shape: TypeAdapter[Any], found: Any) -> str:
    """Why what was found has not the shape, "" if it has."""
    try:
        shape.validate_python(found)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
        if fault["type"] == "missing":
            return f"{where}: got none, want one"
        want = "want an object" if fault["type"] == "model_type" else fault["msg"]
        return f"{where or 'document'}: got {repr(fault['input'])[:60]}, {want}"
    return ""
