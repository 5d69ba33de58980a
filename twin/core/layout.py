"""State rows of the trend family: what a twin remembers of a machine, as 8-byte words.

A row is a header of 16 words, then blocks of `lanes` words, one word a sensor, then the inputs
last known. `lanes` is the number of sensors rounded up to a multiple of 8: blocks then start on
cache lines, and a compiled loop over sensors has a trip count that is known and needs no tail.
Lanes beyond the sensors hold a belief that is certain of nothing and never changes.

Header words are int64 (times are µs UTC, sets are bit masks, a sensor a bit) except NIS and
HEALTH; the words of blocks and inputs are float64. Counters in blocks are whole float64 numbers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "APPLIED",
    "BLOCKS",
    "HEADER",
    "LATE",
    "RESET_DONE",
    "UNKNOWN",
    "Layout",
    "header",
    "layout_of",
]

LANE_WORDS = 8

HEADER = 16
TIME = 0  # newest source time applied, NEVER if none
BORN = 1  # commissioning or last reset
FIRST = 2  # first sample applied since then, NEVER if none: the frozen twin's zero hour
N_APPLIED = 3
N_LATE = 4
N_GATED = 5
REGIME = 6  # operating regime of the newest sample, -1 before the first
CHANGED = 7  # samples for which the machine still counts as changed
BAD = 8  # sensors judged broken: predicted, not used
BEYOND = 9  # sensors outside an alarm limit
PENDING = 10  # sensors whose alarm delay is running
RUNNING = 11  # sensors whose last reading was rejected
REPEATING = 12  # sensors whose last reading equalled the one before it
LEARNING = 13  # sensors whose commissioning level is still being learnt
NIS = 14
HEALTH = 15

BLOCKS = 15
LEVEL, SLOPE, P11, P12, P22 = range(5)
LAST = 5  # newest reading, in the plant's unit
UP, DOWN = 6, 7  # CUSUM of standardised innovations (Page, 1954)
FROZEN = 8  # level as commissioned
SEEN = 9  # readings averaged into FROZEN
RUN = 10  # rejections in a row; for a bad sensor readings in a row that fit
SAME = 11  # readings in a row that equal the one before
CALM = 12  # for a bad sensor: readings in a row that agree with the one before
SINCE = 13  # time at which the alarm delay of a PENDING sensor began
BEFORE = 14  # for a bad sensor: its newest reading in model units

APPLIED, LATE, RESET_DONE, UNKNOWN = range(4)
"""What became of a row; UNKNOWN: its slot is not in the state."""


class Layout(NamedTuple):
    """Where things are in a row of `width` words for m sensors and k inputs."""

    n_sensors: int
    n_inputs: int
    lanes: int
    width: int

    def block(self, state: NDArray[np.float64], number: int) -> NDArray[np.float64]:
        """One block of all machines (N, m), a view into state (N, width)."""
        start = HEADER + number * self.lanes
        return state[:, start : start + self.n_sensors]

    def inputs(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inputs last known (N, k), NaN where none came yet; a view."""
        start = HEADER + BLOCKS * self.lanes
        return state[:, start : start + self.n_inputs]

    def level(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Levels (N, m) in model units; a view."""
        return self.block(state, LEVEL)

    def slope(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Slopes per step (N, m) in model units; a view."""
        return self.block(state, SLOPE)

    def covariance(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariances of (level, slope) as (3, N, m): p11, p12, p22; a copy."""
        return np.stack([self.block(state, b) for b in (P11, P12, P22)])


def header(state: NDArray[np.float64], word: int) -> NDArray[np.int64]:
    """One integer header word of all machines (N,), a view into state."""
    return state.view(np.int64)[:, word]


def layout_of(n_sensors: int, n_inputs: int) -> Layout:
    """Layout for m sensors and k inputs."""
    lanes = -(-n_sensors // LANE_WORDS) * LANE_WORDS
    tail = -(-n_inputs // LANE_WORDS) * LANE_WORDS
    return Layout(n_sensors, n_inputs, lanes, HEADER + BLOCKS * lanes + tail)
