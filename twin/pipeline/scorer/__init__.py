"""The scorer: every forecast issued is held against what happened once its horizon has passed.

It follows two streams: events, for what happened, and forecasts, for what was said. Each horizon
has a place of its own in the forecasts' stream and moves on when a forecast's horizon, and a grace
for labels that come late, have passed: so no forecast waits in memory, and a scorer that died goes
on from its places, which are written together with the sums they stand for.
"""

from twin.pipeline.scorer.run import run_scorer, start_scorer
from twin.pipeline.scorer.scorer import Scorer

__all__ = ["Scorer", "run_scorer", "start_scorer"]
