"""Building stones of the plant file's tables."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Key", "Strict", "Text"]

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Text = str | dict[Literal["en", "zh"], str]
"""A name as it is, or one a language."""


class Strict(BaseModel):
    """A table in which an unknown key is a fault, because it is usually a misspelt one.

    Numbers are finite: TOML's nan and inf are faults.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
