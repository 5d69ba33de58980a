"""Faults in the words of the plant file: its keys, list items with their ids, got and want."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from twin.plant.plant import PlantFile
from twin.plant.sources import GatewaySource, ReplaySource, SimulatorSource

__all__ = ["sentence"]

Location = tuple[int | str, ...]


def sentence(document: dict[str, Any], error: dict[str, Any]) -> str:
    """One of pydantic's errors in the words of the plant file."""
    loc: Location = error["loc"]
    kind, got = error["type"], error["input"]
    if kind == "extra_forbidden":
        want = _known_keys(loc[:-1])
        near = get_close_matches(str(loc[-1]), want, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        listed = f"want one of {', '.join(want)}" if want else "want no such key here"
        return f"{_where(document, loc[:-1])}: got key {loc[-1]!r}{hint}, {listed}"
    if kind == "missing":
        return f"{_where(document, loc)}: got nothing, want a value: the key is missing"
    if kind == "union_tag_not_found":
        return f"{_where(document, loc)}.type: got nothing, want one of {_tags(error)}"
    if kind == "union_tag_invalid":
        return f"{_where(document, loc)}.type: got {got.get('type')!r}, want one of {_tags(error)}"
    message = error["msg"].removeprefix("Value error, ")
    if kind == "value_error" and message.startswith("got "):
        return f"{_where(document, loc)}: {message}"
    return f"{_where(document, loc)}: got {_short(got)}, want: {_want(message)}"


def _where(document: Any, loc: Location) -> str:
    """'class.mill.sensor[2] (spindle_temp).normal': TOML's own words, list items with their id."""
    text, here = "", document
    for part in loc:
        inner = _inside(here, part)
        if inner is None and isinstance(here, Mapping) and part == here.get("type"):
            continue  # pydantic names the branch of the union, the file does not
        if isinstance(part, int):
            named = inner.get("id") if isinstance(inner, Mapping) else None
            text += f"[{part}]" + (f" ({named})" if isinstance(named, str) else "")
        else:
            text += f".{part}" if text else str(part)
        here = inner
    return text or "file"


def _inside(here: Any, part: int | str) -> Any:
    try:
        return here[part]
    except (KeyError, IndexError, TypeError):
        return None


def _short(got: object) -> str:
    try:
        text = json.dumps(got, ensure_ascii=False, default=str)
    except ValueError:
        text = repr(got)
    return text if len(text) <= 80 else text[:77] + "…"


def _want(message: str) -> str:
    text = message.removeprefix("Input should be ").removeprefix("a valid ")
    return text[:1].lower() + text[1:]


def _tags(error: dict[str, Any]) -> str:
    tags = error.get("ctx", {}).get("expected_tags")
    return str(tags) if tags else "'simulator', 'replay', 'gateway'"


def _known_keys(loc: Location) -> list[str]:
    """Keys that the table at this place may have, from the models."""
    model: Any = PlantFile
    for part in loc:
        model = next((m for m in _step(model, part) if m is not None), None)
        if model is None:
            return []
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [f.alias or name for name, f in model.model_fields.items()]


def _step(model: Any, part: int | str) -> Iterator[Any]:
    """Where one step down the location leads in the types."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if part in {name, field.alias}:
                yield field.annotation
        return
    for inner in get_args(model):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            tag = inner.model_fields.get("type")
            if tag is None or part in get_args(tag.annotation) or not isinstance(part, str):
                yield inner
            elif not any(part in get_args(m.model_fields["type"].annotation) for m in _sources()):
                yield model
                return
        elif get_args(inner):
            yield from _step(inner, part)


def _sources() -> tuple[type[BaseModel], ...]:
    return (SimulatorSource, ReplaySource, GatewaySource)
