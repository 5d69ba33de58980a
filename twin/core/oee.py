"""Overall equipment effectiveness in the terms of ISO 22400-2.

    availability   A = APT / PBT             actual production time / planned busy time
    effectiveness  E = PRI · PQ / APT        run time that the quantity needs at its nominal rate,
                                             of the actual production time ("performance")
    quality ratio  Q = GQ / PQ               good quantity / produced quantity
    OEE              = A · E · Q
    setup ratio      = AUST / AUPT           actual unit setup time / actual unit processing time,
                                             AUPT = APT + AUST, where operations are reported

Where actual starts and ends of operations are known, APT lies between them and PRI · PQ is the
planned run time of what was made. Where they are not, nobody counts pieces: a rate that is measured
now and then stands for the time since the look before, so PRI · PQ = ∫ rate / nominal rate dt while
the machine produces. GQ is the part of it that was made within tolerance. Time of which nothing is
known is in none of the sums, and said. Rates above the nominal one count as nominal: an index above
100 % means a wrong nominal rate.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["EMPTY", "Looks", "Oee", "Tally", "indices", "tally", "total"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Looks(NamedTuple):
    """What was seen of N machines, each look standing for dt_s seconds, all (N,)."""

    dt_s: Floats
    planned: Mask
    """Whether the machine was to produce: not in a planned service, not out of working hours."""
    failed: Mask
    rate: Floats
    """Of the nominal rate; NaN: not known."""
    running: Mask
    """Whether it produces."""
    good: Floats
    """1 within tolerance, 0 outside, NaN: not measured."""


class Tally(NamedTuple):
    """Sums over machines and time, seconds; made_s, graded_s, good_s at nominal rate."""

    busy_s: float = 0.0
    """Planned busy time of which it is known whether the machine produced."""
    producing_s: float = 0.0
    made_s: float = 0.0
    graded_s: float = 0.0
    """The part of made_s whose quality was measured."""
    good_s: float = 0.0
    unknown_s: float = 0.0
    """Planned busy time of which nothing is known."""
    ran_s: float = 0.0
    """The part of producing_s between reported starts and ends of operations."""
    setup_s: float = 0.0
    """Setting up, as it is reported: AUST."""


EMPTY = Tally()


class Oee(NamedTuple):
    """Shares, 0 to 1; None: not known."""

    availability: float | None
    performance: float | None
    quality: float | None
    oee: float | None
    is_most: bool
    """OEE is an upper bound: not all that was made had its quality measured."""
    unknown: float | None
    """Share of the planned busy time of which nothing is known."""
    setup_ratio: float | None = None
    """None where no setup was reported: nobody knows whether there was any."""


def tally(looks: Looks) -> Tally:
    """Sums of one look at N machines.

    A failed machine is known to stand, whatever it sends; else a machine without a rate is
    unknown. What is not planned is in no sum.
    """
    dt = np.where(looks.planned, np.maximum(looks.dt_s, 0.0), 0.0)
    known = looks.failed | ~np.isnan(looks.rate)
    produces = known & ~looks.failed & looks.running
    made = np.where(produces, np.clip(np.nan_to_num(looks.rate), 0.0, 1.0), 0.0) * dt
    graded = np.where(np.isnan(looks.good), 0.0, made)
    return Tally(
        busy_s=float(dt[known].sum()),
        producing_s=float(dt[produces].sum()),
        made_s=float(made.sum()),
        graded_s=float(graded.sum()),
        good_s=float((graded * np.nan_to_num(looks.good)).sum()),
        unknown_s=float(dt[~known].sum()),
    )


def total(tallies: list[Tally]) -> Tally:
    """Sums of sums: machines of a line, hours of a day."""
    return Tally(*(float(sum(parts)) for parts in zip(*tallies, strict=True))) if tallies else EMPTY


def indices(sums: Tally, *, all_graded: bool = True) -> Oee:
    """The indices of a tally. all_graded: whether every machine in it has its quality measured.

    Without any measured quality Q is unknown and A · E is the most that OEE can be.
    """
    a = _share(sums.producing_s, sums.busy_s)
    e = _share(sums.made_s, sums.producing_s)
    q = _share(sums.good_s, sums.graded_s)
    # A plant that stood all the time it was to produce has an index of nought, not none.
    stood = sums.busy_s > 0 and sums.producing_s == 0
    index = 0.0 if stood else None if a is None or e is None else a * e * (1.0 if q is None else q)
    is_most = index is not None and not stood and (q is None or not all_graded)
    unknown = _share(sums.unknown_s, sums.busy_s + sums.unknown_s)
    setup = _share(sums.setup_s, sums.ran_s + sums.setup_s) if sums.setup_s > 0 else None
    return Oee(a, e, q, index, is_most, unknown, setup)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
