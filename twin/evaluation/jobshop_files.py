"""Folders of published job shop instances, with the best makespans known beside them."""

import json
from pathlib import Path

from twin.errors import DataError
from twin.evaluation.jobshop_formats import Instance, parse_instance

__all__ = ["instances_in"]

OTHERS = {".json", ".md", ".rst", ".pdf", ".html", ".csv", ".py", ".zip", ".gz"}
"""Suffixes of what may lie beside instances."""


def instances_in(folder: Path) -> list[Instance]:
    """Every instance in a folder and below, by name; one name twice is told apart by its folder.

    Best known makespans come from `best_known.json` (name → value) beside a file, where present.
    Raises DataError if there is none, or naming file and line where one is malformed.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: got no such folder, want one with job shop instances")
    files = sorted(path for path in folder.rglob("*") if _may_be_instance(path, folder))
    if not files:
        raise DataError(f"{folder}: got no instance, want files of the classic or flexible format")
    return [
        parse_instance(_text(path), str(path))._replace(name=name, best_known=_best_known(path))
        for path, name in zip(files, _names(files, folder), strict=True)
    ]


def _names(files: list[Path], folder: Path) -> list[str]:
    """Of each file its stem where no other has it, else with its folder, else the whole path."""
    whole = [path.relative_to(folder) for path in files]
    stems, paths = [path.stem for path in files], [p.with_suffix("").as_posix() for p in whole]
    choices = zip(stems, paths, [path.as_posix() for path in whole], strict=True)
    return [
        stem if stems.count(stem) == 1 else path if paths.count(path) == 1 else full
        for stem, path, full in choices
    ]


def _may_be_instance(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    about = path.stem.upper() in {"README", "LICENSE"}
    return path.is_file() and not hidden and not about and path.suffix.lower() not in OTHERS


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: got {error}, want a readable text file") from error


def _best_known(path: Path) -> int | None:
    """Of the instance by its file's name, in small letters too; None: nobody says."""
    beside = path.parent / "best_known.json"
    if not beside.is_file():
        return None
    try:
        values = json.loads(_text(beside))
    except ValueError as error:
        raise DataError(f"{beside}: got {error}, want JSON") from error
    if not isinstance(values, dict):
        raise DataError(f"{beside}: got {type(values).__name__}, want an object: name → makespan")
    value = values.get(path.stem, values.get(path.stem.lower()))
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise DataError(f"{beside}: {path.stem}: got {value!r}, want a makespan or null")
    return value
