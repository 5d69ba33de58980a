"""Folders of classes that are being defined: a file of readings, what is said of it, its fit.

Whatever is written there is whole or not there, so that every web process can read it at any time;
a folder is forgotten after a day.
"""

import json
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from flask import abort

from twin.pipeline.define import Saved

__all__ = [
    "FIT_S",
    "document",
    "folder_of",
    "forget_saved",
    "is_under_way",
    "new_folder",
    "put",
    "run_fit",
    "saved_of",
    "stage_of",
    "write_saved",
]

KEPT_S = 86_400
N_FOLDERS_MAX = 20
FIT_S = 600
"""Longest fit; past it the process is ended and that is said."""
STATE, SAVED, BEFORE = "state.json", "saved.json", "before.toml"
ENDS = frozenset({"done", "failed"})


def new_folder(root: Path) -> Path:
    """An empty folder with a name that nobody guesses; old ones go."""
    _tidy(root)
    folder = root / secrets.token_hex(8)
    folder.mkdir(parents=True)
    return folder


def folder_of(root: Path, job: str) -> Path:
    """The folder of a file that was sent; 404 for any other name."""
    if not (job.isalnum() and (root / job).is_dir()):
        abort(404)
    return root / job


def document(folder: Path, name: str) -> Any:
    """A JSON file of the folder; 404 where it is not there (yet)."""
    try:
        return json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        abort(404)


def put(folder: Path, name: str, value: Any) -> None:
    """Write a JSON file, whole or not at all."""
    part = folder / f"{name}.part"
    part.write_text(json.dumps(value))
    part.replace(folder / name)


# --- the fit ----------------------------------------------------------------------------------
def stage_of(folder: Path) -> dict[str, Any]:
    """How far the fit is; one whose web process ended before it has failed."""
    state: dict[str, Any] = document(folder, STATE)
    age_s = time.time() - (folder / STATE).stat().st_mtime
    if state["stage"] not in ENDS and age_s > FIT_S + 60:
        return {"stage": "failed", "why": "broken off: fit it again"}
    return state


def is_under_way(folder: Path) -> bool:
    """Whether a fit writes into the folder now."""
    return (folder / STATE).is_file() and stage_of(folder)["stage"] not in ENDS


def run_fit(folder: Path) -> None:
    """Run the fit, and see to it that its end is written down however it came."""
    command = [sys.executable, "-m", "twin.pipeline.define.preview", str(folder)]
    try:
        done = subprocess.run(command, timeout=FIT_S, capture_output=True, check=False)
        if document(folder, STATE)["stage"] not in ENDS:
            _fail(folder, done.stderr.decode(errors="replace")[-300:] or "was ended from outside")
    except subprocess.TimeoutExpired:
        _fail(folder, f"not done after {FIT_S} s: send a shorter file")


def _fail(folder: Path, why: str) -> None:
    put(folder, STATE, {"stage": "failed", "why": why})


# --- what was saved ---------------------------------------------------------------------------
def write_saved(folder: Path, saved: Saved, token: str) -> None:
    """Keep what taking a class back needs, and the token of the action that saved it."""
    (folder / BEFORE).write_bytes(saved.before)
    kept = {"plant": str(saved.plant), "model": str(saved.model), "digest": saved.digest}
    put(folder, SAVED, kept | {"machines": saved.machines, "token": token})


def saved_of(folder: Path) -> tuple[Saved, str] | None:
    """What was saved out of this folder, and its token; None: nothing, or it was taken back."""
    if not (folder / SAVED).is_file():
        return None
    kept, before = document(folder, SAVED), (folder / BEFORE).read_bytes()
    plant, model = Path(kept["plant"]), Path(kept["model"])
    return Saved(plant, model, before, kept["digest"], kept["machines"]), kept["token"]


def forget_saved(folder: Path) -> None:
    """It was taken back."""
    (folder / SAVED).unlink(missing_ok=True)


def _tidy(root: Path) -> None:
    """Forget folders that are a day old, and the oldest of too many."""
    folders = sorted(root.glob("*"), key=lambda f: f.stat().st_mtime) if root.is_dir() else []
    for n, folder in enumerate(folders):
        is_old = time.time() - folder.stat().st_mtime > KEPT_S
        if is_old or n <= len(folders) - N_FOLDERS_MAX:
            shutil.rmtree(folder, ignore_errors=True)
