"""Published data sets and their protocols: how good the predictions are, honestly."""

from pathlib import Path
from typing import Any

__all__ = ["evaluate_dataset"]


def evaluate_dataset(dataset: str, data: Path, subset: str | None = None) -> dict[str, Any]:
    """Score a data set by name, with progress on standard error. Raises DataError, SchemaError."""
    from tqdm import tqdm

    from twin.errors import SchemaError
    from twin.evaluation.cmapss import FOLDS, evaluate
    from twin.sources.cmapss import SUBSETS, subsets_in

    if dataset != "cmapss":
        raise SchemaError(f"dataset: got {dataset!r}, want 'cmapss'")
    if subset is not None and subset not in SUBSETS:
        raise SchemaError(f"--subset: got {subset!r}, want one of {', '.join(SUBSETS)}")
    stages = (FOLDS + 2) * (1 if subset else len(subsets_in(data)))
    with tqdm(total=stages, unit="stage", desc=dataset) as bar:

        def told(stage: str) -> None:
            bar.set_postfix_str(stage)
            bar.update()

        return evaluate(data, subset, told)
