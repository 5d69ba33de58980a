"""Fields of the checkpoint's and the seal's hash, to the server and back."""

from collections.abc import Mapping
from typing import Any, TypeVar

__all__ = ["CLASS", "flat", "meta_of", "present"]

K = TypeVar("K")
CLASS = "class:"
"""Fields of the checkpoint's and the seal's hash that name a class; the rest is meta."""


def flat(fields: Mapping[str, Any]) -> list[Any]:
    """A dictionary as name, value, name, value, …"""
    return [part for pair in fields.items() for part in pair]


def meta_of(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    """The fields that are neither of a class nor the stream id."""
    own = (CLASS.encode(), b"last_id")
    return {k.decode(): v.decode() for k, v in fields.items() if not k.startswith(own)}


def present(held: Mapping[K, bytes | None]) -> dict[K, bytes]:
    """Without the keys that the server does not hold."""
    return {key: data for key, data in held.items() if data is not None}
