"""C-MAPSS engines as lives of a plant's class, and their model: what `twin evaluate cmapss`
scores is what `twin replay --format cmapss` serves."""

from collections.abc import Callable, Sequence
from typing import Any

from twin.modelfile import ClassModel
from twin.pipeline.learning.fit_class import fit_lives
from twin.pipeline.learning.lives import Life
from twin.plant import MachineClass
from twin.sources.cmapss import CLASS_ID, EPOCH_US, Engine, cmapss_plant, engine_rows

__all__ = ["HORIZON", "engine_class", "engine_lives", "fit_engines"]

HORIZON = 125.0
"""Cycles: the cap on the truth that the literature agrees on, and the longest lead time learnt."""


def engine_class() -> MachineClass:
    """The turbofan as a machine class: 21 sensors, 3 inputs, one cycle a step."""
    return cmapss_plant("FD001", [1]).classes[CLASS_ID]


def engine_lives(engines: Sequence[Engine], failed: bool) -> list[Life]:
    """One life an engine, born at cycle 0; failed: it ended with the last cycle, else cut off."""
    rows = [engine_rows([engine]) for engine in engines]
    cause = 0 if failed else -1
    return [Life(i, EPOCH_US, int(r["time"][-1]), cause, r) for i, r in enumerate(rows)]


def fit_engines(
    engines: Sequence[Engine], progress: Callable[[str], None] | None = None, **options: Any
) -> ClassModel:
    """Learn the turbofan from engines that ran to failure; options as in `fit_lives`."""
    lives = engine_lives(engines, failed=True)
    return fit_lives(CLASS_ID, engine_class(), lives, horizon=HORIZON, progress=progress, **options)
