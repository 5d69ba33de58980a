"""A new class into the plant file, whole or not at all, and out again."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import tomli_w

from twin.errors import SchemaError
from twin.modelfile import ClassModel, save_model
from twin.pipeline.define.definition import Definition
from twin.plant import SimulatorSource, check_plant, load_plant

__all__ = ["Saved", "add_class", "fragment", "is_in_force", "take_back"]


class Saved(NamedTuple):
    """What was written, and what it takes to take it back."""

    plant: Path
    model: Path
    before: bytes
    digest: str
    """Of the plant file as it was left."""
    machines: list[str]


def fragment(definition: Definition, machine_ids: list[str]) -> str:
    """The plant file's tables of a class, and of its machines on the line that it names."""
    written = definition.machine_class().model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude_none=True
    )
    text = tomli_w.dumps({"class": {definition.class_id: written}})
    machines = [
        {"id": machine, "class": definition.class_id, "line": definition.line, "position": n}
        for n, machine in enumerate(machine_ids, start=1)
    ]
    for machine in machines if definition.line else []:
        text += "\n[[machine]]\n" + tomli_w.dumps(machine)
    return text


def add_class(
    plant_file: Path,
    models: Path,
    definition: Definition,
    model: ClassModel,
    machine_ids: list[str],
) -> Saved:
    """Append a class to the plant file and put its model beside the others.

    Raises SchemaError: the class or a machine is there already, or the file would have faults.
    """
    plant = load_plant(plant_file)
    if plant_file.suffix != ".toml":
        raise SchemaError(f"{plant_file}: got {plant_file.suffix}, want a .toml to add a class to")
    if definition.line and any(isinstance(s, SimulatorSource) for s in plant.sources.values()):
        raise SchemaError("line: this plant is simulated, and nobody simulates the new machines")
    if definition.class_id in plant.classes:
        raise SchemaError(f"class_id: got {definition.class_id!r}, which the plant has already")
    before = plant_file.read_bytes()
    added = "\n" + fragment(definition, machine_ids)
    part = plant_file.with_name(plant_file.name + ".part.toml")
    try:
        part.write_bytes(before + added.encode())
        faults = check_plant(part)
        if faults:
            raise SchemaError("; ".join(f.removeprefix(f"{part}: ") for f in faults))
        path = models / f"{definition.class_id}.json"
        save_model(model, path)  # first: a class that is taken up finds its model
        part.replace(plant_file)
    except OSError as error:
        raise SchemaError(f"{plant_file}: cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    digest = _digest(before + added.encode())
    return Saved(plant_file, path, before, digest, machine_ids if definition.line else [])


def is_in_force(saved: Saved) -> bool:
    """Whether the plant file is as it was left then."""
    return saved.plant.is_file() and _digest(saved.plant.read_bytes()) == saved.digest


def take_back(saved: Saved) -> None:
    """The plant file as it was before, if it is not yet.

    Raises SchemaError if somebody changed it since.
    """
    if not (saved.plant.is_file() and saved.plant.read_bytes() == saved.before):
        if not is_in_force(saved):
            raise SchemaError(f"{saved.plant}: was changed since; take the class out by hand")
        part = saved.plant.with_name(saved.plant.name + ".part")
        part.write_bytes(saved.before)
        part.replace(saved.plant)
    saved.model.unlink(missing_ok=True)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
