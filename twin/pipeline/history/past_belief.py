"""What was believed of a machine at a moment of its past: nothing that came later is in it."""

import numpy as np
from numpy.typing import NDArray

from twin.core.layout import TIME, header
from twin.core.rows import RESET
from twin.core.trend import new_state, trace
from twin.core.view import NEVER
from twin.errors import DataError
from twin.pipeline.history.archive import Piece
from twin.pipeline.history.explore import Explorer, Subject
from twin.pipeline.history.history import with_lanes_of_now
from twin.stores.base import Span

__all__ = ["NoFanError", "belief_at"]

Array = NDArray[np.float64]

BACK = (1, 4, 16, 64)
"""How many chunks to go back for a belief that this version of the model held."""


class NoFanError(DataError):
    """There is no forecast from that moment; reason: 'no_past' or 'no_sample'."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def belief_at(explorer: Explorer, subject: Subject, at: int) -> tuple[Array, bool]:
    """State row (1, W) of a machine as of a moment, and whether it had to begin from the prior.

    Raises DataError where the twin's past is not kept, or nothing had come by then.
    """
    trend, catalogue = subject.trend, subject.catalogue
    if trend is None:
        raise NoFanError("no_past", "fan: this family of models keeps no past")
    spans = [s for s in explorer.archive.spans(catalogue, subject.machine.id) if s.start <= at]
    for n in BACK:
        first = spans[-n].number if len(spans) >= n else -1
        pieces = _pieces(explorer, subject, first, at)
        known = [i for i, piece in enumerate(pieces) if _is_known(subject, piece, at)]
        if known or first < 0:
            break
    begin = known[-1] if known else 0
    state = new_state(trend, np.array([_born(pieces, at)]))
    if known:
        state = pieces[begin].data.belief.reshape(1, -1).copy()
    for piece in pieces[begin:]:
        data = piece.data
        class_id = subject.machine.class_id
        rows = with_lanes_of_now(catalogue, class_id, data.lane_version, data.rows)
        rows = rows[rows["time"] <= at].copy()
        rows["slot"] &= RESET
        trace(trend, state, rows)
    if header(state, TIME)[0] == NEVER:
        raise NoFanError("no_sample", "fan: got a moment before the first sample that is held")
    return state, not known


def _pieces(explorer: Explorer, subject: Subject, first: int, at: int) -> list[Piece]:
    def is_wanted(span: Span) -> bool:
        return span.number >= first and span.start <= at

    return explorer.archive.pieces(subject.catalogue, subject.machine.id, is_wanted)


def _is_known(subject: Subject, piece: Piece, at: int) -> bool:
    """Whether the belief before a piece is of the model and lanes of now, and not after `at`."""
    data, trend = piece.data, subject.trend
    if trend is None or len(data.belief) != trend.layout.width:
        return False
    now = subject.model.version, subject.catalogue.lane_version(subject.machine.class_id)
    if (data.model_version, data.lane_version) != now:
        return False
    time = int(header(data.belief.reshape(1, -1), TIME)[0])
    return time == NEVER or time <= at


def _born(pieces: list[Piece], at: int) -> int:
    """When the machine was born or reset, as far as the pieces tell."""
    for piece in pieces:
        rows = piece.data.rows
        if len(rows):
            return int(rows["time"].min())
    return at
