"""Routes of the guide that makes a class of machines out of a file of its readings.

A file stays in a folder of its own under the data directory for a day; the fit runs as a process
beside the web server and writes what it reached into that folder, where every web process finds it.
"""

import json
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from dashboard.access.person import current_person, may
from dashboard.data import Reader
from dashboard.times import isos_local
from twin.actions import Action, pack_action
from twin.config import Settings
from twin.errors import TwinError
from twin.modelfile import load_model
from twin.pipeline.define import (
    Saved,
    add_class,
    fragment,
    parse_definition,
    profile_of,
    take_back,
)
from twin.pipeline.define.profile import MAX_BYTES
from twin.pipeline.site import models_folder

__all__ = ["FIT_S", "register"]

VERB = "class.define"
KEPT_S = 86_400
FIT_S = 600
"""Longest fit; past it the process is ended and that is said."""
N_FOLDERS_MAX = 20


def register(server: Flask, reader: Reader, settings: Settings) -> None:
    """Add /define/…: upload, fit, save, undo and the two downloads."""
    root = settings.data_dir / "definitions"

    def posted(path: str, answer: Callable[..., Any]) -> None:
        """A route for engineers whose own errors come back as words."""

        def guarded(**names: str) -> Any:
            if not may(current_person(), VERB):
                return jsonify(error="needs_role", role="engineer"), 403
            if answer in {save, undo} and current_person().needs_name:
                return jsonify(error="needs_name"), 428
            try:
                return answer(**names)
            except TwinError as error:
                return jsonify(error=str(error)), 422

        server.add_url_rule(path, f"define{path}", guarded, methods=["POST"])

    def upload() -> Any:
        if (request.content_length or 0) > MAX_BYTES:
            return jsonify(error=f"want at most {MAX_BYTES >> 20} MB"), 413
        _tidy(root)
        folder = root / secrets.token_hex(8)
        folder.mkdir(parents=True)
        (folder / "readings.csv").write_bytes(request.get_data(cache=False))
        zone = reader.plant.plant.timezone
        return jsonify(job=folder.name, profile=profile_of(folder / "readings.csv", zone))

    def fit(job: str) -> Any:
        folder = _folder(root, job)
        definition = parse_definition(request.get_json())
        definition.machine_class()
        if definition.class_id in reader.plant.classes:
            return jsonify(error=f"class_id: the plant has a class {definition.class_id!r}"), 422
        said = {"definition": request.get_json(), "zone": reader.plant.plant.timezone}
        (folder / "definition.json").write_text(json.dumps(said))
        for stale in ("preview.json", "model.json"):
            (folder / stale).unlink(missing_ok=True)
        (folder / "state.json").write_text(json.dumps({"stage": "start"}))
        threading.Thread(target=_fit, args=(folder,), name="define", daemon=True).start()
        return jsonify(started=True)

    def save(job: str) -> Any:
        folder = _folder(root, job)
        said = json.loads((folder / "definition.json").read_text())["definition"]
        definition = parse_definition(said | {"line": request.get_json().get("line") or None})
        preview = json.loads((folder / "preview.json").read_text())
        machines = sorted(preview["machines"])
        model = load_model(folder / "model.json")
        saved = add_class(settings.plant, models_folder(settings), definition, model, machines)
        _keep(folder, saved)
        _record(reader, definition.class_id, folder.name)
        return jsonify(saved=str(saved.plant), machines=saved.machines)

    def undo(job: str) -> Any:
        take_back(_kept(_folder(root, job)))
        return jsonify(undone=True)

    posted("/define/upload", upload)
    posted("/define/<job>/fit", fit)
    posted("/define/<job>/save", save)
    posted("/define/<job>/undo", undo)

    @server.get("/define/<job>")
    def progress(job: str) -> Any:
        """Stage of the fit; once it is done, the preview with times of the plant."""
        folder = _folder(root, job)
        state = json.loads((folder / "state.json").read_text())
        if state["stage"] == "done":
            preview = json.loads((folder / "preview.json").read_text())
            for sensor in preview["sensors"]:
                sensor["time"] = isos_local(sensor["time"], reader.plant.zone)
            state["preview"] = preview
        return jsonify(state)

    @server.get("/define/<job>/<name>")
    def download(job: str, name: str) -> Response:
        """plant.toml's tables or the model, for a plant file that is written elsewhere."""
        folder = _folder(root, job)
        if name == "model.json" and (folder / name).is_file():
            return _attached((folder / name).read_bytes(), name, "application/json")
        if name == "class.toml" and (folder / "definition.json").is_file():
            said = json.loads((folder / "definition.json").read_text())["definition"]
            text = fragment(parse_definition(said), [])
            return _attached(text.encode(), name, "application/toml")
        return abort(404)


def _attached(body: bytes, name: str, kind: str) -> Response:
    response = Response(body, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _folder(root: Path, job: str) -> Path:
    """The folder of a file that was sent; 404 for any other name."""
    if not (job.isalnum() and (root / job).is_dir()):
        abort(404)
    return root / job


def _fit(folder: Path) -> None:
    """Run the fit, and see to it that its end is written down however it came."""
    command = [sys.executable, "-m", "twin.pipeline.define.preview", str(folder)]
    try:
        done = subprocess.run(command, timeout=FIT_S, capture_output=True, check=False)
        if done.returncode and '"failed"' not in (folder / "state.json").read_text():
            _failed(folder, done.stderr.decode(errors="replace")[-300:])
    except subprocess.TimeoutExpired:
        _failed(folder, f"not done after {FIT_S} s: send a shorter file")


def _failed(folder: Path, why: str) -> None:
    (folder / "state.json").write_text(json.dumps({"stage": "failed", "why": why}))


def _keep(folder: Path, saved: Saved) -> None:
    (folder / "before.toml").write_bytes(saved.before)
    kept = {"plant": str(saved.plant), "model": str(saved.model), "digest": saved.digest}
    (folder / "saved.json").write_text(json.dumps(kept | {"machines": saved.machines}))


def _kept(folder: Path) -> Saved:
    if not (folder / "saved.json").is_file():
        abort(404)
    kept = json.loads((folder / "saved.json").read_text())
    before = (folder / "before.toml").read_bytes()
    plant, model = Path(kept["plant"]), Path(kept["model"])
    return Saved(plant, model, before, kept["digest"], kept["machines"])


def _record(reader: Reader, class_id: str, token: str) -> None:
    """Say in the stream of actions who did it."""
    person, wall = current_person(), time.time_ns() // 1000
    time_us = reader.store.clock().plant_now(wall)
    detail = {"class_id": class_id}
    action = Action(VERB, None, time_us, wall, person.name, person.role, detail, token)
    reader.store.add_action(pack_action(action))


def _tidy(root: Path) -> None:
    """Forget files that are a day old, and the oldest of too many."""
    folders = sorted(root.glob("*"), key=lambda f: f.stat().st_mtime) if root.is_dir() else []
    for n, folder in enumerate(folders):
        is_old = time.time() - folder.stat().st_mtime > KEPT_S
        if is_old or n <= len(folders) - N_FOLDERS_MAX:
            shutil.rmtree(folder, ignore_errors=True)
