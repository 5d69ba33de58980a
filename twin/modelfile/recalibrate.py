"""A model's probabilities brought in line with what happened, as another version of the model."""

from typing import Any

from twin.errors import ModelError
from twin.modelfile.model import ClassModel
from twin.modelfile.schema import Recalibration

__all__ = ["FIT_VERSION", "recalibrated_model", "with_recalibration"]

FIT_VERSION = "fit_version"
"""In a model's report: version of the fit that was recalibrated. A later fit replaces it."""


def recalibrated_model(model: ClassModel, version: int, a: float, b: float) -> ClassModel:
    """The next version, whose logit P' = a + b·logit P with P as this version says it.

    version: that for which a and b were worked out. Raises ModelError where the model has moved on
    since, or has no failure model.
    """
    if model.version != version:
        raise ModelError(
            f"model of class {model.class_id!r}: version {model.version}, not {version}"
        )
    if model.hazard_model is None:
        raise ModelError(f"model of class {model.class_id!r}: has no failure model")
    before = model.hazard_model.recalibration or Recalibration(a=0.0, b=1.0)
    return with_recalibration(model, Recalibration(a=a + b * before.a, b=b * before.b))


def with_recalibration(model: ClassModel, line: Recalibration | None) -> ClassModel:
    """The next version, with this line in place of the model's own; None: as it was fitted."""
    if model.hazard_model is None:
        raise ModelError(f"model of class {model.class_id!r}: has no failure model")
    fitted: dict[str, Any] = {FIT_VERSION: model.version, **model.fitted}
    fitted["recalibrated"] = None if line is None else [line.a, line.b]
    return model.model_copy(
        update={
            "version": model.version + 1,
            "hazard_model": model.hazard_model.model_copy(update={"recalibration": line}),
            "fitted": fitted,
        }
    )
