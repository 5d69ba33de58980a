"""Routes of the guide that makes a class of machines out of a file of its readings.

A file stays in a folder of its own under the data directory for a day; the fit runs as a process
beside the web server and writes what it reached into that folder, where every web process finds it.
"""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from dashboard.access import check, t
from dashboard.access.person import current_person, may
from dashboard.data import Reader
from dashboard.routes import define_folders as folders
from dashboard.snapshot import Snapshot
from dashboard.times import isos_local
from twin.actions import Action, pack_action
from twin.config import Settings
from twin.errors import DataError, StoreError, TwinError
from twin.modelfile import load_model
from twin.pipeline.define import (
    Saved,
    add_class,
    fragment,
    is_in_force,
    parse_definition,
    profile_of,
    take_back,
)
from twin.pipeline.define.profile import NoNumbersError, NoTimesError
from twin.pipeline.define.table import MAX_BYTES, NoTableError
from twin.pipeline.site import models_folder

__all__ = ["register"]

DEFINE, WITHDRAW = "class.define", "class.withdraw"
BODY_MAX = 256 << 10
"""Bytes of a request without a file."""


def register(server: Flask, reader: Reader, settings: Settings) -> None:
    """Add /define/…: upload, fit, save, undo, progress and the two downloads, for engineers."""
    guide = Guide(reader, settings)

    def add(method: str, path: str, answer: Callable[..., Any], writes: bool = False) -> None:
        """A route for engineers whose own errors come back as words."""

        def guarded(**names: str) -> Any:
            if not may(current_person(), DEFINE):
                return jsonify(error="needs_role", role="engineer"), 403
            if writes and current_person().needs_name:
                return jsonify(error="needs_name"), 428
            try:
                return answer(**names)
            except StoreError as error:
                return jsonify(error=str(error)), 503
            except TwinError as error:
                return jsonify(error=str(error)), 422

        server.add_url_rule(path, f"{method}{path}", guarded, methods=[method])

    add("POST", "/define/upload", guide.upload)
    add("POST", "/define/<job>/fit", guide.fit)
    add("POST", "/define/<job>/save", guide.save, writes=True)
    add("POST", "/define/<job>/undo", guide.undo, writes=True)
    add("GET", "/define/<job>", guide.progress)
    add("GET", "/define/<job>/<name>", guide.download)


class Guide:
    """What each address does; people's rights to it are looked at before."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader, self._settings = reader, settings
        self._root = settings.data_dir / "definitions"

    def upload(self) -> Any:
        """Keep the file that is sent; what it seems to hold."""
        if (request.content_length or 0) > MAX_BYTES:
            return jsonify(error=f"want at most {MAX_BYTES >> 20} MB"), 413
        request.max_content_length = MAX_BYTES  # also of what does not say its length
        folder = folders.new_folder(self._root)
        (folder / "readings.csv").write_bytes(request.get_data(cache=False))
        zone = self._reader.plant.plant.timezone
        try:
            profile = profile_of(folder / "readings.csv", zone)
        except DataError as error:
            return jsonify(error=_words(error)), 422
        return jsonify(job=folder.name, profile=profile)

    def fit(self, job: str) -> Any:
        """Begin to fit what is said of the file."""
        folder, plant = folders.folder_of(self._root, job), self._reader.plant
        said = _body()
        definition = parse_definition(said)
        definition.machine_class()
        if definition.class_id in plant.classes:
            return jsonify(error=f"class_id: the plant has a class {definition.class_id!r}"), 422
        if folders.is_under_way(folder):  # its model would be saved under another definition
            return jsonify(error="got another fit of this file, which is not done yet"), 409
        folders.put(folder, "state.json", {"stage": "start"})
        for stale in ("preview.json", "model.json"):
            (folder / stale).unlink(missing_ok=True)
        zone = plant.plant.timezone
        folders.put(folder, "definition.json", {"definition": said, "zone": zone})
        threading.Thread(target=folders.run_fit, args=(folder,), name="define", daemon=True).start()
        return jsonify(started=True)

    def save(self, job: str) -> Any:
        """Put the class into the plant file; asked again, only what is missing is done."""
        folder = folders.folder_of(self._root, job)
        said = folders.document(folder, "definition.json")["definition"]
        definition = parse_definition(said | {"line": _body().get("line") or None})
        kept = folders.saved_of(folder)
        if kept is None or not is_in_force(kept[0]):
            machines = sorted(folders.document(folder, "preview.json")["machines"])
            model = load_model(folder / "model.json")
            plant, models = self._settings.plant, models_folder(self._settings)
            saved = add_class(plant, models, definition, model, machines)
            kept = saved, secrets.token_hex(8)
            folders.write_saved(folder, *kept)
        saved, token = kept
        self._record(DEFINE, definition.class_id, token)
        return jsonify(saved=str(saved.plant), machines=saved.machines)

    def undo(self, job: str) -> Any:
        """The plant file as it was before."""
        folder = folders.folder_of(self._root, job)
        kept: tuple[Saved, str] | None = folders.saved_of(folder)
        if kept is None:
            abort(404)
        saved, token = kept
        take_back(saved)
        said = folders.document(folder, "definition.json")["definition"]
        self._record(WITHDRAW, parse_definition(said).class_id, f"{token}-undone")
        folders.forget_saved(folder)
        return jsonify(undone=True)

    def progress(self, job: str) -> Any:
        """Stage of the fit; once it is done, the preview with times of the plant."""
        folder = folders.folder_of(self._root, job)
        state = folders.stage_of(folder)
        if state["stage"] == "done":
            preview = folders.document(folder, "preview.json")
            for sensor in preview["sensors"]:
                sensor["time"] = isos_local(sensor["time"], self._reader.plant.zone)
            state["preview"] = preview
        return jsonify(state)

    def download(self, job: str, name: str) -> Response:
        """plant.toml's tables or the model, for a plant file that is written elsewhere."""
        folder = folders.folder_of(self._root, job)
        if name == "model.json" and (folder / name).is_file():
            return _attached((folder / name).read_bytes(), name, "application/json")
        if name == "class.toml":
            said = folders.document(folder, "definition.json")["definition"]
            text = fragment(parse_definition(said), [])
            return _attached(text.encode(), name, "application/toml")
        return abort(404)

    def _record(self, verb: str, class_id: str, token: str) -> None:
        """Say in the stream of actions who did it; the same token again is the same action."""
        person, wall = current_person(), time.time_ns() // 1000
        store = self._reader.store
        time_us = store.clock().plant_now(wall)
        detail = {"class_id": class_id}
        action = Action(verb, None, time_us, wall, person.name, person.role, detail, token)
        store.add_action(pack_action(action))


@check(DEFINE)
@check(WITHDRAW)
def _by_the_guide_alone(*_: Snapshot | str | dict[str, Any] | None) -> str | None:
    """Said of itself, such an action would be a line of the journal that nothing had followed."""
    return t("There is no such action")


def _body() -> dict[str, Any]:
    """The request's JSON object; 400 for anything else."""
    request.max_content_length = BODY_MAX
    body = request.get_json()
    if not isinstance(body, dict):
        abort(400)
    return body


def _attached(body: bytes, name: str, kind: str) -> Response:
    response = Response(body, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _words(error: DataError) -> str:
    """Why a file cannot be used, in the reader's language."""
    if isinstance(error, NoTableError):
        return t("This is no table: want a line of names, then lines with a time and readings.")
    if isinstance(error, NoTimesError):
        return t(
            "No column holds times: want one of times, ISO 8601 such as 2026-03-01T06:00:00 "
            "or seconds since 1970."
        )
    if isinstance(error, NoNumbersError):
        return t("No column holds numbers: want at least one of readings.")
    return str(error)
