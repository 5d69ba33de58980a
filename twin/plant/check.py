"""Reading plant.toml: every fault at once, each as file, key, got and want."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from twin.errors import SchemaError
from twin.plant.plant import Machine, Plant, PlantFile
from twin.plant.sources import GatewaySource, ReplaySource, SimulatorSource

__all__ = ["check_plant", "faults", "json_schema", "load_plant"]

Location = tuple[int | str, ...]


def check_plant(path: Path) -> list[str]:
    """Every fault of a plant file as 'file: key: got …, want …', all at once; [] if none."""
    try:
        return [f"{path}: {fault}" for fault in faults(_document(path))]
    except SchemaError as error:
        return [str(error)]


def load_plant(path: Path) -> Plant:
    """Read and check plant.toml. Raises SchemaError: file, key, got and want of every fault."""
    document = _document(path)
    found = faults(document)
    if found:
        raise SchemaError("\n".join(f"{path}: {fault}" for fault in found))
    return Plant.model_validate(document)


def faults(document: dict[str, Any]) -> list[str]:
    """Every fault of a parsed plant file as 'key: got …, want …', all at once; [] if none.

    References are checked once the tables themselves are sound.
    """
    try:
        plant = PlantFile.model_validate(document)
    except ValidationError as error:
        return [_sentence(document, dict(e)) for e in error.errors(include_url=False)]
    return [*_repeated(plant), *_references(plant)]


def json_schema() -> dict[str, Any]:
    """JSON Schema of the plant file (TOML read as JSON), for editors; docs/plant.schema.json."""
    schema = PlantFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "plant.toml"
    return schema


def _document(path: Path) -> dict[str, Any]:
    """The file as TOML, or as JSON where it is named so."""
    kind = "JSON" if path.suffix == ".json" else "TOML"
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if kind == "JSON" else tomllib.loads(text)
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SchemaError(f"{path}: not {kind}: {error}") from error
    if not isinstance(document, dict):
        raise SchemaError(f"{path}: got {type(document).__name__}, want one object")
    return document


# --- sentences ----------------------------------------------------------------------------------
def _sentence(document: dict[str, Any], error: dict[str, Any]) -> str:
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


# --- references ---------------------------------------------------------------------------------
def _repeated(plant: PlantFile) -> list[str]:
    found = []
    for key, ids in {
        "line": [x.id for x in plant.lines],
        "machine": [m.id for m in plant.machines],
    }.items():
        twice = sorted({i for i in ids if ids.count(i) > 1})
        found += [f"{key}: got id {i!r} {ids.count(i)} times, want it once" for i in twice]
    return found


def _references(plant: PlantFile) -> list[str]:
    found: list[str] = []
    for n, machine in enumerate(plant.machines):
        found += _machine_faults(plant, f"machine[{n}] ({machine.id})", machine)
    keepers = [n for n, s in plant.sources.items() if not isinstance(s, GatewaySource)]
    if len(keepers) > 1:
        found.append(
            f"source: got {len(keepers)} that keep the plant's clock ({', '.join(keepers)}), "
            "want at most one simulator or replay"
        )
    known = {lane for c in plant.classes.values() for lane in c.lane_ids}
    ids = {m.id for m in plant.machines}
    for name, source in plant.sources.items():
        if isinstance(source, ReplaySource):
            for table, given, want in (
                ("columns", source.columns, known),
                ("machines", source.machines, ids),
            ):
                found += [
                    f"source.{name}.{table}.{column}: got {to!r}, want one of {_some(want)}"
                    for column, to in given.items()
                    if to not in want
                ]
    return found


def _machine_faults(plant: PlantFile, where: str, machine: Machine) -> list[str]:
    found = []
    lines = {line.id for line in plant.lines}
    if machine.line not in lines:
        found.append(f"{where}.line: got {machine.line!r}, want one of {_some(lines)}")
    if machine.class_id not in plant.classes:
        want = _some(set(plant.classes))
        return [*found, f"{where}.class: got {machine.class_id!r}, want one of {want}"]
    known = set(plant.classes[machine.class_id].sensor_ids)
    for sensor in sorted(set(machine.overrides.sensor) - known):
        found.append(f"{where}.overrides.sensor: got {sensor!r}, want one of {_some(known)}")
    return found


def _some(ids: set[str]) -> str:
    listed = ", ".join(sorted(ids)[:12])
    return f"{listed}, … ({len(ids)} in all)" if len(ids) > 12 else listed
