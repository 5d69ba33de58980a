"""The starts of an operation on a machine, in as few groups as CP-SAT must tell apart.

In each group the elapsed time is constant and the energy linear in the start, so that nothing is
rounded to buckets: pieces of the calendar (`calendar`) that are alike in both are one group.
"""

from collections.abc import Sequence
from typing import NamedTuple

from twin.scheduling.cpsat.calendar import Piece
from twin.scheduling.cpsat.model import Model
from twin.scheduling.problem import Alternative, Pin

__all__ = ["Group", "groups_of"]


class Group(NamedTuple):
    """Pieces between which the model need not tell."""

    elapsed: int
    offset: int
    """Start less open ticks before it."""
    energy: float
    """Of the first start."""
    slope: float
    starts: tuple[tuple[int, int], ...]


def groups_of(
    model: Model, alternative: Alternative, first: int, last: int, pin: Pin | None
) -> list[Group]:
    """Pieces by what the model needs to tell of them."""
    machine = model.problem.machines[alternative.machine]
    latest = last - alternative.duration if pin is None or pin.start is None else pin.start
    found = model.pieces.of(machine.calendar, alternative.duration, first, latest)
    money = alternative.power_kw * model.problem.tick_h * ("energy" in model.needed)
    groups: dict[tuple[int, int, float, float, int], list[tuple[int, int]]] = {}
    for piece in found:
        stop = min(piece.last, last - piece.elapsed)
        if stop >= piece.first:
            key = _key(piece, alternative.machine in model.counted, money)
            groups.setdefault(key, []).append((piece.first, stop))
    return [Group(*key[:4], tuple(_joined(starts))) for key, starts in groups.items()]


def _key(piece: Piece, counted: bool, money: float) -> tuple[int, int, float, float, int]:
    """Elapsed, offset, energy, slope; pieces on a slope each have their own."""
    offset, slope = piece.first - piece.worked if counted else 0, piece.slope * money
    own = piece.first if slope else -1
    return piece.elapsed, offset, piece.energy * money, slope, own


def _joined(starts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for a, b in starts:
        if joined and a == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return joined
