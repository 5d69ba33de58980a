"""Reading plant.toml: every fault at once, each as file, key, got and want."""

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin.errors import SchemaError
from twin.plant.plant import Machine, Plant, PlantFile
from twin.plant.references import order_faults, some
from twin.plant.sentences import sentence
from twin.plant.sources import GatewaySource, ReplaySource

__all__ = ["check_plant", "faults", "json_schema", "load_plant"]


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
    """Every fault of a parsed plant file as 'key: got …, want …', all at once; [] if none."""
    try:
        plant = PlantFile.model_validate(document)
    except ValidationError as error:
        found = [sentence(document, dict(e)) for e in error.errors(include_url=False)]
        return [*found, *_loose_references(document)]
    return [*_repeated(plant), *_references(plant), *order_faults(plant)]


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


def _repeated(plant: PlantFile) -> list[str]:
    tables: dict[str, list[Any]] = {
        "line": plant.lines,
        "machine": plant.machines,
        "site": plant.sites,
        "product": plant.products,
        "crew": plant.crews,
        "part": plant.parts,
    }
    return [fault for key, rows in tables.items() for fault in _twice(key, [x.id for x in rows])]


def _twice(key: str, ids: list[str]) -> list[str]:
    twice = sorted({i for i in ids if ids.count(i) > 1})
    return [f"{key}: got id {i!r} {ids.count(i)} times, want it once" for i in twice]


def _loose_references(document: dict[str, Any]) -> list[str]:
    """Repeated ids, and lines and classes that machines name in vain, of tables with faults."""
    lines, machines = _tables(document, "line"), _tables(document, "machine")
    known = {"line": {x["id"] for x in lines}, "class": set(document.get("class", {}))}
    found = _twice("line", [x["id"] for x in lines])
    found += _twice("machine", [m["id"] for m in machines])
    for n, machine in enumerate(machines):
        for key, want in known.items():
            got = machine.get(key)
            if isinstance(got, str) and got not in want:
                where = f"machine[{n}] ({machine['id']}).{key}"
                found.append(f"{where}: got {got!r}, want one of {some(want)}")
    return found


def _tables(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Those tables of an array that are tables with an id."""
    rows = document.get(key)
    rows = rows if isinstance(rows, list) else []
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]


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
                    f"source.{name}.{table}.{column}: got {to!r}, want one of {some(want)}"
                    for column, to in given.items()
                    if to not in want
                ]
    return found


def _machine_faults(plant: PlantFile, where: str, machine: Machine) -> list[str]:
    found = []
    lines = {line.id for line in plant.lines}
    if machine.line not in lines:
        found.append(f"{where}.line: got {machine.line!r}, want one of {some(lines)}")
    if machine.class_id not in plant.classes:
        want = some(set(plant.classes))
        return [*found, f"{where}.class: got {machine.class_id!r}, want one of {want}"]
    known = set(plant.classes[machine.class_id].sensor_ids)
    for sensor in sorted(set(machine.overrides.sensor) - known):
        found.append(f"{where}.overrides.sensor: got {sensor!r}, want one of {some(known)}")
    return found
