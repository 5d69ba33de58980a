"""Folders of published job shop instances, with the best makespans known beside them.

What is an instance is decided file by file: one that cannot be read as such is passed over with
its reason, and takes no other away.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from twin.errors import DataError
from twin.evaluation.jobshop_formats import Instance, parse_instance

__all__ = ["MEANS", "Say", "instances_in"]

Say = Callable[[str], None]
"""Told of each file or value that is passed over, and why."""
OTHERS = {".json", ".md", ".rst", ".pdf", ".html", ".py", ".zip", ".gz", ".png", ".svg", ".bak"}
"""Suffixes of what may lie beside instances."""
ABOUT = {"readme", "license", "licence", "notice", "sources", "copying", "authors", "changelog"}
"""Stems likewise."""
BEST_KNOWN = "best_known.json"
MEANS = "mean_gap"
"""No instance may be called so: it is where the means stand."""


class _File(NamedTuple):
    path: Path
    instance: Instance


def instances_in(folder: Path, say: Say) -> list[Instance]:
    """Every instance in a folder and below, by name; one name twice is told apart by its folder.

    Best known makespans come from `best_known.json` (name → value) beside a file or, where there
    is none, in the nearest folder above. Raises DataError if there is no instance.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: got no such folder, want one with job shop instances")
    paths = sorted(path for path in folder.rglob("*") if _may_be_instance(path, folder))
    files = [file for path in paths if (file := _read(path, say)) is not None]
    if not files:
        raise DataError(f"{folder}: got no instance, want files of the classic or flexible format")
    known = {parent: _best_known(parent, folder, say) for parent in {f.path.parent for f in files}}
    found = []
    for (path, instance), name in zip(files, _names([f.path for f in files], folder), strict=True):
        if name == MEANS:
            say(f"{path}: got an instance called {MEANS}, want another name: the means are there")
            continue
        found.append(instance._replace(name=name, best_known=_makespan(known, path, say)))
    if not found:
        raise DataError(f"{folder}: got no instance but {MEANS}, want another name")
    return found


def _read(path: Path, say: Say) -> _File | None:
    """What cannot be decoded stands in comments, or is no number and so no instance's."""
    try:
        text = path.read_bytes().decode(encoding="utf-8", errors="replace")
        return _File(path, parse_instance(text, str(path)))
    except (OSError, DataError) as error:
        say(f"passed over: {error}")
        return None


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
    about = path.stem.lower() in ABOUT or path.name.endswith("~")
    return path.is_file() and not hidden and not about and path.suffix.lower() not in OTHERS


def _best_known(parent: Path, folder: Path, say: Say) -> dict[str, Any]:
    """Name, also in small letters → value, as the nearest `best_known.json` has it."""
    above = [each for each in (parent, *parent.parents) if each.is_relative_to(folder)]
    there = [each / BEST_KNOWN for each in above if (each / BEST_KNOWN).is_file()]
    if not there:
        return {}
    beside = there[0]
    try:
        values = json.loads(beside.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        say(f"{beside}: got {error}, want JSON: no best known makespan there")
        return {}
    if not isinstance(values, dict):
        say(f"{beside}: got {type(values).__name__}, want an object: name → makespan")
        return {}
    return {name.casefold(): value for name, value in values.items()} | values


def _makespan(known: dict[Path, dict[str, Any]], path: Path, say: Say) -> int | None:
    """Of the instance by its file's name, whatever the letters' case; None: nobody says."""
    values = known[path.parent]
    value = values.get(path.stem, values.get(path.stem.casefold()))
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 1 <= value < 2**53 or value % 1:
        say(f"{BEST_KNOWN} of {path.stem}: got {value!r}, want a makespan")
        return None
    return int(value)
