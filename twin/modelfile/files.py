"""Model files read and written; what does not fit is a ModelError naming file, key, got, want."""

from pathlib import Path

from pydantic import ValidationError

from twin.errors import ModelError
from twin.modelfile.model import ClassModel

__all__ = ["load_model", "parse_model", "save_model"]


def parse_model(text: str | bytes, source: str = "model") -> ClassModel:
    """A model from JSON. Raises ModelError: source, key, got and want of every fault."""
    try:
        return ClassModel.model_validate_json(text)
    except ValidationError as error:
        raise ModelError("\n".join(f"{source}: {line}" for line in _faults(error))) from error


def load_model(path: Path) -> ClassModel:
    """Read and check a model file. Raises ModelError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_model(text, str(path))


def save_model(model: ClassModel, path: Path) -> None:
    """Write a model file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(model.model_dump_json(by_alias=True) + "\n", encoding="utf-8")
    part.replace(path)


def _faults(error: ValidationError) -> list[str]:
    return [_sentence(e["loc"], e["type"], e["msg"], e["input"]) for e in error.errors()]


def _sentence(loc: tuple[int | str, ...], kind: str, message: str, got: object) -> str:
    where = ".".join(str(part) for part in loc) or "file"
    if kind in {"missing", "extra_forbidden", "value_error"}:
        return f"{where}: {message.removeprefix('Value error, ')}"
    return f"{where}: got {str(got)[:60]!r}, want: {message}"
