"""The model file: what was learnt of a class of machines, one small versioned JSON.

    model = load_model(path)                     ClassModel, checked
    trend = model.trend(machine_class)           limits, delays and gate come from the plant file
    hazard = model.hazard()                      None: no failure model was fitted

A file that does not fit is answered with ModelError naming file, key, got and want.
"""

from twin.modelfile.files import load_model, parse_model, save_model
from twin.modelfile.model import FORMAT, ClassModel, default_model, model_of
from twin.modelfile.recalibrate import FIT_VERSION, recalibrated_model, with_recalibration
from twin.modelfile.schema import HazardModel, ModeModel, Recalibration, TrendModel

__all__ = [
    "FIT_VERSION",
    "FORMAT",
    "ClassModel",
    "HazardModel",
    "ModeModel",
    "Recalibration",
    "TrendModel",
    "default_model",
    "load_model",
    "model_of",
    "parse_model",
    "recalibrated_model",
    "save_model",
    "with_recalibration",
]
