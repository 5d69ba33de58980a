"""Wall displays as they are kept: what each shows, for which distance, and whether its link holds.

Pure: documents in, documents out. The link itself is made by who serves it; it names a display
and a generation, so that a renewed or revoked one no longer opens anything.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.errors import SchemaError

__all__ = ["KIND", "Kiosk", "KioskSettings", "created", "kiosk_of", "renewed", "revoked"]

KIND = "kiosks"
"""Kind of the documents in the store."""
Area = Annotated[tuple[str, ...], Field(max_length=64)]
"""Ids of lines; none: the whole plant."""


class KioskSettings(BaseModel):
    """What a person chooses; unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    areas: Annotated[tuple[Area, ...], Field(min_length=1, max_length=32)] = ((),)
    """Shown in turn."""
    every_s: Annotated[int, Field(ge=5, le=3600)] = 20
    """How long each area stays, where there are several."""
    distance_m: Annotated[float, Field(ge=0.5, le=30)] = 5.0
    """Of the furthest reader."""
    diagonal_inch: Annotated[float, Field(ge=5, le=200)] = 55.0
    language: Literal["en", "zh"] = "en"
    theme: Literal["dark", "light"] = "dark"


class Kiosk(KioskSettings):
    """A display and its link."""

    id: str
    name: str
    generation: int = 1
    """Counts the links given out; only the last one opens."""
    is_revoked: bool = False
    made_by: str = ""
    made_us: int = 0


def kiosk_of(text: bytes) -> Kiosk:
    """What the store holds of a display. Raises SchemaError."""
    try:
        return Kiosk.model_validate_json(text)
    except ValidationError as error:
        raise SchemaError(f"kiosk: not readable: {_faults(error)}") from error


def created(kiosk_id: str, detail: Mapping[str, Any], who: str, wall_us: int) -> dict[str, bytes]:
    """The document of a new display from kiosk.create's name and document. Raises SchemaError."""
    try:
        settings = KioskSettings.model_validate(detail["document"])
    except ValidationError as error:
        raise SchemaError(f"kiosk: {_faults(error)}") from error
    made = Kiosk(
        **settings.model_dump(), id=kiosk_id, name=detail["name"], made_by=who, made_us=wall_us
    )
    return {kiosk_id: _text(made)}


def renewed(kiosk: Kiosk) -> dict[str, bytes]:
    """A new link: the old one opens nothing from now on; a revoked display opens again."""
    changes = {"generation": kiosk.generation + 1, "is_revoked": False}
    return {kiosk.id: _text(kiosk.model_copy(update=changes))}


def revoked(kiosk: Kiosk) -> dict[str, bytes]:
    """No link of this display opens anything from now on."""
    return {kiosk.id: _text(kiosk.model_copy(update={"is_revoked": True}))}


def _text(kiosk: Kiosk) -> bytes:
    return orjson.dumps(kiosk.model_dump())


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, e['loc']))}: got {str(e['input'])[:60]!r}, want: {e['msg']}"
        for e in error.errors()
    )
